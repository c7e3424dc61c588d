"""What ``mlops log`` returns."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from mlops_jupyter.results import Result
from mlops_jupyter.tracking.run_parts import Artifact


class Logged(Result):
    """What ``mlops log`` wrote, and to which run.

    Attributes
    ----------
    run_id, name : str
        The run.
    metrics : dict
        Name -> value; in JSON null for what is no number.
    step : int or None
        The step they belong to, if one was given.
    artifacts : list of Artifact
        The files that were added.
    not_logged : list of str
        What was left out, with the reason.
    """

    kind: ClassVar[str] = "logged"

    run_id: str
    name: str
    metrics: dict[str, float | None] = Field(default_factory=dict)
    step: int | None = None
    artifacts: list[Artifact] = Field(default_factory=list)
    not_logged: list[str] = Field(default_factory=list)

    def to_text(self) -> str:
        """Return one line, and one more for what was not logged."""
        from mlops_jupyter.tracking.log import view

        return view.logged_text(self)

    def to_html(self) -> str:
        """Return the same as HTML."""
        from mlops_jupyter.tracking.log import view

        return view.logged_html(self)

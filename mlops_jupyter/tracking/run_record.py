"""One run with everything that made it, as a Result."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field

from mlops_jupyter.results import Charted, Record, Result
from mlops_jupyter.tracking.records import RunSummary, Status
from mlops_jupyter.tracking.run_parts import Artifact, Code, DataInput, DataOutput, KeptDrift


class Model(Record):
    """A model a run logged; ``uri`` is what ``mlflow.pyfunc.load_model`` takes."""

    name: str
    uri: str
    flavor: str | None = None


class Relative(Record):
    """A run beside another one; ``value`` is its main metric's."""

    run_id: str
    name: str
    status: Status
    started: datetime
    attempt: int | None = None
    metric: str | None = None
    value: float | None = None


class Run(Result, Charted):
    """One run with what made it.

    Attributes
    ----------
    environment, packages : dict
        What is of note, and all distributions with their versions.
    attempt : int or None
        Which attempt of its cell it is; `attempts` are all that are known, newest first.
    children, best_child : list of Relative, str or None
        The runs that belong to it, and the id of the best by its main metric.
    drift : list of KeptDrift
        The drift reports that were kept with it, the first one first.
    missing : list of str
        What could not be read or is left out here, and why.
    page : str or None
        The file that ``--html`` wrote.
    """

    kind: ClassVar[str] = "run"

    summary: RunSummary
    note: str | None = None
    code: Code = Code()
    inputs: list[DataInput] = Field(default_factory=list)
    outputs: list[DataOutput] = Field(default_factory=list)
    models: list[Model] = Field(default_factory=list)
    artifacts: list[Artifact] = Field(default_factory=list)
    drift: list[KeptDrift] = Field(default_factory=list)
    environment: dict[str, str] = Field(default_factory=dict)
    packages: dict[str, str] = Field(default_factory=dict)
    attempt: int | None = None
    attempts: list[Relative] = Field(default_factory=list)
    parent: Relative | None = None
    children: list[Relative] = Field(default_factory=list)
    best_child: str | None = None
    tags: dict[str, str] = Field(default_factory=dict)
    error: str | None = None
    missing: list[str] = Field(default_factory=list)
    page: str | None = None
    store: str

    def to_text(self) -> str:
        """Return the run for the terminal."""
        from mlops_jupyter.tracking import run_view

        return run_view.run_text(self)

    def to_html(self) -> str:
        """Return the run for the notebook, with static pictures."""
        from mlops_jupyter.tracking import run_view

        return run_view.run_html(self)

    def chart_outputs(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Return data and metadata of one notebook output for each chart."""
        from mlops_jupyter.tracking import run_view

        return run_view.chart_outputs(self.charts)

"""What the verbs of the project as a whole return."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from mlops_jupyter.data.restoring.records import Restored
from mlops_jupyter.notebooks.records import NotebookRun
from mlops_jupyter.results import Record, Result
from mlops_jupyter.tracking.records import RunSummary
from mlops_jupyter.tracking.run_parts import Code


class Initialised(Result):
    """What ``mlops init`` found and did.

    Attributes
    ----------
    root : str
        The workspace folder.
    store, store_reason : str
        Where runs go, and why there.
    done : list of str
        What was done; empty when all was there.
    """

    kind: ClassVar[str] = "initialised"

    root: str
    store: str
    store_reason: str
    done: list[str]

    def to_text(self) -> str:
        """Return a few lines for the terminal."""
        from mlops_jupyter.project import view

        return view.initialised_text(self)

    def to_html(self) -> str:
        """Return the same as a card."""
        from mlops_jupyter.project import view

        return view.initialised_html(self)


class ProjectStatus(Result):
    """Where code, data and model stand.

    Attributes
    ----------
    code : Code
        Commit, branch and changed files.
    code_problem : str
        Why git could not be asked; empty otherwise.
    data : list of str
        The newest version of each dataset.
    changed_data : list of str
        Those whose file in the workspace differs from it.
    absent_data : list of str
        Those whose file is not in the workspace, as after `data pull` or in a clone.
    model : RunSummary or None
        The newest run that trained a model.
    newer_data : list of str
        Newer versions of what that model was trained on.
    model_problem : str
        Why the store could not be asked; empty otherwise.
    waiting : int
        How many runs wait here for the tracking server.
    """

    kind: ClassVar[str] = "status"

    root: str
    code: Code
    code_problem: str = ""
    data: list[str] = Field(default_factory=list)
    changed_data: list[str] = Field(default_factory=list)
    absent_data: list[str] = Field(default_factory=list)
    model: RunSummary | None = None
    newer_data: list[str] = Field(default_factory=list)
    model_problem: str = ""
    waiting: int = 0

    def to_text(self) -> str:
        """Return three lines."""
        from mlops_jupyter.project import view

        return view.status_text(self)

    def to_html(self) -> str:
        """Return the same as a card."""
        from mlops_jupyter.project import view

        return view.status_html(self)


class RestoredInputs(Result):
    """The data of a run, brought back.

    Attributes
    ----------
    run : str
        The run.
    restored : tuple of Restored
        What is back, each with its place.
    not_kept : tuple of str
        What it read as well, and of which there is no copy.
    """

    kind: ClassVar[str] = "restored_inputs"

    run: str
    restored: tuple[Restored, ...] = ()
    not_kept: tuple[str, ...] = ()

    def to_text(self) -> str:
        """Return a line for each."""
        from mlops_jupyter.project import view

        return view.inputs_text(self)

    def to_html(self) -> str:
        """Return the same as a card."""
        from mlops_jupyter.project import view

        return view.inputs_html(self)


class Check(Record):
    """One thing the doctor looked at.

    Attributes
    ----------
    name : str
        What was looked at.
    state : {"ok", "note", "bad"}
        Well; worth knowing; broken.
    found : str
        What was found.
    mend : str
        What to do about it; empty when it is well.
    """

    name: str
    state: Literal["ok", "note", "bad"]
    found: str
    mend: str = ""


class Diagnosis(Result):
    """What the doctor found; ``healthy`` when nothing is bad."""

    kind: ClassVar[str] = "diagnosis"

    healthy: bool
    checks: list[Check]

    def to_text(self) -> str:
        """Return a line for each check, and one below it that mends it."""
        from mlops_jupyter.project import view

        return view.diagnosis_text(self)

    def to_html(self) -> str:
        """Return a table."""
        from mlops_jupyter.project import view

        return view.diagnosis_html(self)


class Demo(Result):
    """What the demo did, and what to open next.

    Attributes
    ----------
    folder, notebook : str
        The workspace, and the example in it.
    run : NotebookRun or None
        What running it came to; None where it was not run.
    shown : list of dict
        The Results that the executed notebook shows, in order.
    next_steps : list of [command, what it shows]
        What to try now.
    """

    kind: ClassVar[str] = "demo"

    folder: str
    notebook: str
    run: NotebookRun | None = None
    shown: list[dict[str, Any]] = Field(default_factory=list)
    next_steps: list[tuple[str, str]] = Field(default_factory=list)

    def to_text(self) -> str:
        """Return a dozen lines."""
        from mlops_jupyter.project import view

        return view.demo_text(self)

    def to_html(self) -> str:
        """Return the same as a card."""
        from mlops_jupyter.project import view

        return view.demo_html(self)

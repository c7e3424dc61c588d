"""``mlops doctor``: what works, what does not, and the command that mends each."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from mlops_jupyter.errors import MlopsError
from mlops_jupyter.project import checkup
from mlops_jupyter.project.checkup import Check
from mlops_jupyter.render import html, text
from mlops_jupyter.render.table import Cell, Column, Table
from mlops_jupyter.results import Result
from mlops_jupyter.workspace import Workspace

_MARKS = {"ok": "✓", "note": "!", "bad": "✗"}
_TONES = {"ok": "good", "note": "warn", "bad": "bad"}


class Diagnosis(Result):
    """What the doctor found; ``healthy`` when nothing is bad."""

    kind: ClassVar[str] = "diagnosis"

    healthy: bool
    checks: list[Check]

    def to_text(self) -> str:
        """Return a line for each check, and one below it that mends it."""
        lines = []
        for check in self.checks:
            lines.append(f"{_MARKS[check.state]} {check.name:<14} {text.clean(check.found)}")
            if check.mend:
                lines.append(f"  {'':<14} → {text.clean(check.mend)}")
        return "\n".join(lines)

    def to_html(self) -> str:
        """Return a table."""
        rows: list[list[str | Cell]] = [
            [
                Cell(_MARKS[check.state], html.badge(_MARKS[check.state], _TONES[check.state])),
                check.name,
                check.found,
                check.mend,
            ]
            for check in self.checks
        ]
        table = Table([Column(""), Column("what"), Column("found"), Column("what to do")], rows)
        verdict = "all is well" if self.healthy else "something needs mending"
        return str(html.card("Doctor", table.to_html(), note=verdict))


def doctor(
    workspace: Workspace | None = None,
    *,
    fix: bool = False,
    store: str | None = None,
    namespace: dict[str, object] | None = None,
) -> Diagnosis:
    """Look at everything that fails silently elsewhere.

    Parameters
    ----------
    workspace : Workspace, optional
        The one of the current folder by default; that there is none is a finding.
    fix : bool
        Mend what can be mended without asking: artifact paths of a workspace that was moved.
    store : str, optional
        Tracking URI that wins over environment and settings.
    namespace : dict, optional
        The notebook's variables, for finding the notebook.

    Returns
    -------
    Diagnosis
        Each check with what was found and what to do.
    """
    checks = [checkup.packages(), *checkup.panel(), checkup.notebook(namespace)]
    try:
        here = workspace or Workspace.find(store=store)
    except MlopsError as error:
        found = Check(name="workspace", state="bad", found=error.message, mend=error.hint)
        return _diagnosis([found, *checks])
    steps: list[Callable[[Workspace], Check]] = [
        checkup.workspace,
        checkup.file_system,
        checkup.tracking_store,
        lambda ws: checkup.artifact_paths(ws, fix=fix),
        checkup.git_state,
        checkup.dvc_state,
    ]
    return _diagnosis([*(step(here) for step in steps), *checks])


def _diagnosis(checks: list[Check]) -> Diagnosis:
    return Diagnosis(healthy=all(check.state != "bad" for check in checks), checks=checks)

"""``mlops status``: in three lines, where code, data and model stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from mlops_jupyter import git
from mlops_jupyter.data.history import versions
from mlops_jupyter.errors import StoreUnavailable
from mlops_jupyter.render import html, text
from mlops_jupyter.render.table import Cell, Column, Table
from mlops_jupyter.results import Result
from mlops_jupyter.tracking.queries import newest_trained
from mlops_jupyter.tracking.records import Code, RunSummary

if TYPE_CHECKING:
    from mlops_jupyter.data.records import DataVersion
    from mlops_jupyter.workspace import Workspace


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
        Those whose file in the workspace differs from it, or is gone.
    model : RunSummary or None
        The newest run that trained a model.
    newer_data : list of str
        Newer versions of what that model was trained on.
    model_problem : str
        Why the store could not be asked; empty otherwise.
    """

    kind: ClassVar[str] = "status"

    root: str
    code: Code
    code_problem: str = ""
    data: list[str] = Field(default_factory=list)
    changed_data: list[str] = Field(default_factory=list)
    model: RunSummary | None = None
    newer_data: list[str] = Field(default_factory=list)
    model_problem: str = ""

    def to_text(self) -> str:
        """Return three lines."""
        return "\n".join(f"{name:<6} {text.clean(line)}" for name, line, _ in _lines(self))

    def to_html(self) -> str:
        """Return the same as a card."""
        rows = [
            [name, Cell(line, html.join(html.badge("!", tone), " ", line)) if tone else line]
            for name, line, tone in _lines(self)
        ]
        table = Table([Column("what"), Column("where it stands")], rows)
        return str(html.card("Status", table.to_html(), note=self.root))


def status(workspace: Workspace) -> ProjectStatus:
    """Say where code, data and model stand.

    Parameters
    ----------
    workspace : Workspace
        The workspace.

    Examples
    --------
    >>> import mlops_jupyter as mlops
    >>> print(mlops.status(mlops.Workspace.find()))  # doctest: +SKIP
    code   main at 3f2a91c0d, 2 changed files
    data   flights v2; changed since: flights
    model  HistGradientBoostingClassifier (run forest), test_auc 0.69, trained on data:flights@v1
    """
    code = git.code_state(workspace.root)
    newest = _newest_of_each(versions(workspace).versions)
    model, problem = None, ""
    try:
        model = newest_trained(workspace)
    except StoreUnavailable as error:
        problem = error.message
    return ProjectStatus(
        root=str(workspace.root),
        code=Code(commit=code.commit, branch=code.branch, changed=list(code.changed)),
        code_problem=code.problem,
        data=[version.ref for version in newest],
        changed_data=[v.ref for v in newest if v.file_now in ("changed", "missing")],
        model=model,
        newer_data=_newer(model.data, newest) if model else [],
        model_problem=problem,
    )


def _newest_of_each(newest_first: tuple[DataVersion, ...]) -> list[DataVersion]:
    found: dict[str, DataVersion] = {}
    for version in newest_first:
        found.setdefault(version.name, version)
    return list(found.values())


def _newer(trained_on: list[str], newest: list[DataVersion]) -> list[str]:
    """Return newer versions of the data a model was trained on."""
    names = {reference.rpartition("@")[0] for reference in trained_on if "@" in reference}
    return [v.ref for v in newest if f"data:{v.name}" in names and v.ref not in trained_on]


def _lines(status: ProjectStatus) -> list[tuple[str, str, str]]:
    """Return name, sentence and tone of each line."""
    return [("code", *_code(status)), ("data", *_data(status)), ("model", *_model(status))]


def _code(status: ProjectStatus) -> tuple[str, str]:
    code = status.code
    if status.code_problem:
        return status.code_problem, "bad"
    where = code.branch or ("no branch" if code.commit else "not in git")
    commit = f" at {code.commit[:9]}" if code.commit else ", no commit yet"
    if not code.changed:
        return f"{where}{commit}, clean", ""
    return f"{where}{commit}, {text.plural(len(code.changed), 'changed file')}", "warn"


def _data(status: ProjectStatus) -> tuple[str, str]:
    if not status.data:
        return "no versions yet: `mlops data snapshot PATH`", ""
    shown = ", ".join(status.data)
    if status.changed_data:
        return f"{shown}; the file differs now: {', '.join(status.changed_data)}", "warn"
    return shown, ""


def _model(status: ProjectStatus) -> tuple[str, str]:
    model = status.model
    if status.model_problem:
        return status.model_problem, "bad"
    if model is None:
        return "none trained yet: `%mlops track NAME`, then train something", ""
    parts = [f"{model.model} (run {model.name}, {text.when(model.started)})"]
    if model.main_metric:
        parts.append(f"{model.main_metric} {text.number(model.metrics.get(model.main_metric))}")
    if model.data:
        parts.append(f"trained on {', '.join(model.data)}")
    if status.newer_data:
        return f"{', '.join(parts)}; newer data: {', '.join(status.newer_data)}", "warn"
    return ", ".join(parts), ""

"""``mlops ci report``: what a build has come to, against the base it started from."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter import git, own_files
from mlops_jupyter.ci.plan import REPORT
from mlops_jupyter.ci.records import (
    BuildReport,
    DataDelta,
    DriftDelta,
    MetricDelta,
    NotebookDelta,
)
from mlops_jupyter.errors import BadInput, MlopsError, NotFound, ToolFailed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlops_jupyter.drift.report import DriftReport
    from mlops_jupyter.tracking.history.compare_records import Comparison, DataDifference
    from mlops_jupyter.tracking.records import RunSummary
    from mlops_jupyter.workspace import Workspace

FILE = "report.md"
_FURTHEST = 500  # commits that are looked back
_AT_ONCE = 50  # commits of one question to the store
_LARGEST = 20_000_000  # bytes of a drift report that is read


def report(
    workspace: Workspace, *, base: str = "main", to: str | os.PathLike[str] = REPORT
) -> BuildReport:
    """Say what this commit's runs have come to, against those of a base.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    base : str
        A branch, tag or commit. Of each notebook the newest finished run of it, or of the commits
        before it, is what the run here is held against.
    to : path
        The folder for ``report.md`` and the pictures; what drift gates wrote there
        (``drift-*.json``) is read.

    Returns
    -------
    BuildReport
        Metric and data deltas for each notebook, and what the drift gates have found.

    Raises
    ------
    NotFound
        There is no such base.
    BadInput
        The folder cannot be made.
    ToolFailed
        The workspace is no git repository.

    Examples
    --------
    >>> print(report(ws, base="HEAD", to="mlops-report"))
    Build of ... against HEAD
    ...
    """
    top = git.find_top(workspace.root)
    if top is None:
        raise ToolFailed("this workspace is no git repository", "git init")
    folder = Path(os.path.abspath(to))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{to} cannot be made: {error.strerror}", "choose another --to") from None
    here = git.run(top, "rev-parse", "HEAD")
    notes: list[str] = []
    notebooks = _notebooks(workspace, here, _before(top, base), notes)
    drift = [_drift(each, notes) for each in sorted(folder.glob("drift-*.json"))]
    made = BuildReport(
        commit=here,
        base=base,
        notebooks=notebooks,
        drift=[each for each in drift if each is not None],
        notes=notes,
        path=os.path.relpath(folder / FILE),
    )
    from mlops_jupyter.ci.view.markdown import markdown

    own_files.write(folder / FILE, markdown(made).encode())
    return made


def _before(top: Path, base: str) -> list[str]:
    """Return the commits of a base, the newest first."""
    for name in (base, f"origin/{base}"):  # a clone of one branch has the others there
        if git.succeeds(
            top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"
        ):
            found = git.run(
                top, "rev-list", f"--max-count={_FURTHEST}", "--end-of-options", name, "--"
            )
            return found.split()
    raise NotFound(f"git knows no {base!r}", "fetch it: a checkout of CI may have one commit alone")


def _notebooks(
    workspace: Workspace, here: str, before: Sequence[str], notes: list[str]
) -> list[NotebookDelta]:
    from mlops_jupyter.tracking.history.compare import compare

    mine = _newest(_runs(workspace, [here]))
    if not mine:
        notes.append("no notebook ran at this commit: nothing had changed, or the work failed")
    theirs = _newest_finished(workspace, [c for c in before if c != here], set(mine))
    found = []
    for notebook, run in mine.items():
        commit, earlier = theirs.get(notebook, (None, None))
        if earlier is None:
            found.append(_alone(notebook, run))
            continue
        compared = compare(workspace, [f"run:{earlier.run_id}", f"run:{run.run_id}"])
        found.append(
            NotebookDelta(
                notebook=notebook,
                status=run.status,
                run_id=run.run_id,
                base_run_id=earlier.run_id,
                base_commit=commit,
                metrics=_metrics(compared),
                data=[delta for each in compared.data if (delta := _data(each)) is not None],
            )
        )
    return found


def _alone(notebook: str, run: RunSummary) -> NotebookDelta:
    """Return a notebook that the base has no run of."""
    metrics = [MetricDelta(metric=name, here=value) for name, value in run.metrics.items()]
    return NotebookDelta(notebook=notebook, status=run.status, run_id=run.run_id, metrics=metrics)


def _runs(workspace: Workspace, commits: Iterable[str]) -> list[RunSummary]:
    """Return the runs of whole notebooks at some commits, the newest first."""
    from mlops_jupyter.tracking import tags
    from mlops_jupyter.tracking.history.listing import runs

    listed = ", ".join(f"'{commit}'" for commit in commits)
    where = f"tag.`{tags.KIND}` = 'notebook' and tag.`{tags.GIT_COMMIT}` in ({listed})"
    return list(runs(workspace, where=where, all=True, flat=True).runs)


def _newest(found: Iterable[RunSummary]) -> dict[str, RunSummary]:
    newest: dict[str, RunSummary] = {}
    for run in found:
        if run.notebook is not None:
            newest.setdefault(run.notebook, run)
    return dict(sorted(newest.items()))


def _newest_finished(
    workspace: Workspace, commits: Sequence[str], wanted: set[str]
) -> dict[str, tuple[str, RunSummary]]:
    """Return the run of the nearest commit, for each notebook that is wanted."""
    found: dict[str, tuple[str, RunSummary]] = {}
    for start in range(0, len(commits), _AT_ONCE):
        if not wanted - found.keys():
            break
        some = commits[start : start + _AT_ONCE]
        if not _runs(workspace, some):
            continue
        for commit in some:
            finished = [run for run in _runs(workspace, [commit]) if run.status == "FINISHED"]
            for name, run in _newest(finished).items():
                if name in wanted:
                    found.setdefault(name, (commit, run))
    return found


def _metrics(compared: Comparison) -> list[MetricDelta]:
    return [
        MetricDelta(
            metric=each.metric,
            base=each.values[0],
            here=each.values[1],
            delta=each.deltas[1],
            verdict=each.verdicts[1],
        )
        for each in compared.metrics
        if each.of == "last"
    ]


def _data(difference: DataDifference) -> DataDelta | None:
    base, here = (
        None if each is None else each.version or each.digest or "?" for each in difference.inputs
    )
    if base == here and not any(difference.columns):
        return None
    return DataDelta(name=difference.name, base=base, here=here)


def _drift(path: Path, notes: list[str]) -> DriftDelta | None:
    """Read what a drift gate wrote, and draw it."""
    from mlops_jupyter.ci.view.strip import svg
    from mlops_jupyter.drift.report import DriftReport

    try:
        if path.stat().st_size > _LARGEST:
            raise BadInput("it is too large")
        found = DriftReport.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, AttributeError, MlopsError) as error:
        said = error.message if isinstance(error, MlopsError) else type(error).__name__
        notes.append(f"{path.name} is no drift report: {said}")
        return None
    picture = path.with_suffix(".svg")
    own_files.write(picture, svg(found).encode())
    return _of_report(found, picture)


def _of_report(found: DriftReport, picture: Path) -> DriftDelta:
    return DriftDelta(
        reference=found.reference.label,
        current=found.current.label,
        drifted=found.drifted,
        columns=sum(each.drifted for each in found.columns),
        of=len(found.columns),
        picture=picture.name,
    )

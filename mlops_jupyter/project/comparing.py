"""``mlops compare``: runs with runs, data with data, drift reports with drift reports."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from mlops_jupyter import references as grammar
from mlops_jupyter.data.catalog.guessing import did_you_mean
from mlops_jupyter.data.reading.tables import format_of
from mlops_jupyter.errors import NotFound, UsageError

if TYPE_CHECKING:
    from mlops_jupyter.data.comparing.records import DataComparison
    from mlops_jupyter.drift.comparing import DriftComparison
    from mlops_jupyter.tracking.history.compare_records import Comparison
    from mlops_jupyter.workspace import Workspace

Name = str | os.PathLike[str]


def compare(
    workspace: Workspace,
    references: Sequence[Name],
    *,
    everything: bool = False,
    key: Sequence[str] = (),
) -> Comparison | DataComparison | DriftComparison:
    """Say what runs differ in, what changed in data, or what moved between drift reports.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    references : sequence of str or path
        Runs, as `mlops_jupyter.show` takes them: two to a hundred, of which the first is what the
        others are held against. Or data, old and new: versions (``data:NAME@vN``) or paths to
        tables; one alone is held against what was before. A path is what is there and has a
        slash, or ends as tables do: anything else is a run. Or two drift reports, the earlier one
        first: ``drift:RUN@N``, or files that ``mlops drift --json`` wrote.
    everything : bool
        Of runs, list also what is equal.
    key : sequence of str
        Of data, the columns that name a row: without them no row counts as changed.

    Raises
    ------
    NotFound
        No such run, version, report, file or column.
    BadInput
        A file cannot be read as a table, or as a report.
    UsageError
        Too few or too many, one of them twice, kinds mixed, or a reference that several runs
        match.

    Examples
    --------
    >>> with mlops.track("trees", name="again"):
    ...     fitted = model.set_params(n_estimators=7).fit(X, y)
    >>> found = compare(ws, ["forest", "again"])
    >>> [(each.name, each.values) for each in found.parameters]
    [('n_estimators', ['5', '7'])]
    >>> june.tail(150).to_csv("data/later.csv")
    >>> print(compare(ws, ["data:flights", "data/later.csv"]).headline)
    50 rows removed, none added; ...
    """
    named = [references] if isinstance(references, str | os.PathLike) else list(references)
    reports = [each for each in named if _is_report(each)]
    if reports:
        if everything or key:
            option, kind = ("--everything", "runs") if everything else ("--key", "data")
            raise UsageError(f"{option} is for {kind}", f"leave it out: {reports[0]} is a report")
        return _compare_reports(workspace, named, reports)
    data = [each for each in named if _is_data(each)]
    if data and len(data) < len(named):
        other = next(each for each in named if each not in data)
        raise UsageError(
            f"{data[0]} is data and {other} is a run: what is compared is of one kind",
            did_you_mean(workspace, str(other))
            or "two runs or more, or two versions of data or paths to tables",
        )
    if data:
        if everything:
            raise UsageError("--everything is for runs", f"leave it out: {data[0]} is data")
        from mlops_jupyter.data.comparing.comparison import compare as compare_data

        return compare_data(workspace, named, key=key)
    if key:
        raise UsageError("--key is for data", f"leave it out: {named[0]} is a run" if named else "")
    from mlops_jupyter.tracking.history.compare import compare as compare_runs

    runs = [str(each) for each in named]
    try:
        return compare_runs(workspace, runs, everything=everything)
    except NotFound as error:
        missing = [each for each in runs if error.message == f"no run {each!r}"]
        meant = filter(None, (did_you_mean(workspace, each) for each in missing))
        raise NotFound(error.message, next(meant, error.hint)) from None


def _compare_reports(
    workspace: Workspace, named: Sequence[Name], reports: Sequence[Name]
) -> DriftComparison:
    if len(named) != 2 or len(reports) < len(named):
        other = next((each for each in named if each not in reports), None)
        message = (
            f"{reports[0]} is a drift report and {other} is none: what is compared is of one kind"
            if other is not None
            else f"two drift reports are compared, and {len(named)} given"
        )
        raise UsageError(message, "the earlier one and the later one: drift:RUN@1 drift:RUN@2")
    if named[0] == named[1]:
        raise UsageError(f"{named[0]} and {named[1]} are the same", "name the earlier one first")
    from mlops_jupyter.drift.comparing import compare as compare_reports
    from mlops_jupyter.drift.keeping import load

    before, after = (load(workspace, os.fspath(each)) for each in named)
    return compare_reports(before, after, labels=[os.fspath(each) for each in named])


def _is_report(name: Name) -> bool:
    """Whether something names a drift report: tables and runs are named otherwise."""
    if isinstance(name, str) and name.startswith("drift:"):
        return True
    path = Path(name).expanduser()
    if path.suffix.lower() != ".json" or not path.is_file():
        return False
    from mlops_jupyter.drift.keeping.stored import is_report

    return is_report(path)


def _is_data(name: Name) -> bool:
    """Whether something names data rather than a run, which has any name a person may give."""
    if not isinstance(name, str):
        return True
    prefix = name.partition(":")[0]
    if prefix in ("run", "model"):
        return False
    if prefix == "data":
        return grammar.parse(name).kind == "data"
    if format_of([PurePath(name).name]):
        return True
    return bool({"/", os.sep} & {*name}) and Path(name).expanduser().exists()

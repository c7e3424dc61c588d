"""The verb `drift`: reference against current."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from mlops_jupyter.drift.columns import pairs
from mlops_jupyter.drift.engines import evidently as engine
from mlops_jupyter.drift.engines.verdicts import SHARE_THRESHOLD
from mlops_jupyter.drift.inputs import Source, read
from mlops_jupyter.drift.memory.plain import plain, without_infinities
from mlops_jupyter.drift.memory.tables import FrameColumns, MemoryTables
from mlops_jupyter.drift.pairs import Both, text
from mlops_jupyter.drift.report import ColumnDrift, DriftReport, Finding, FindingKind, Side
from mlops_jupyter.drift.summary import about_values, describe
from mlops_jupyter.errors import BadInput, Conflict, GateFailed, NotFound
from mlops_jupyter.results import Event, Events, ignore_events

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    import pandas as pd

    from mlops_jupyter.workspace import Workspace

_FEW_ROWS = 30
_KINDS = get_args(FindingKind)


def detect(
    workspace: Workspace,
    reference: object,
    current: object,
    *,
    columns: Sequence[str] | None = None,
    html: str | os.PathLike[str] | None = None,
    fail_on_drift: bool = False,
    labels: Sequence[str] = ("", ""),
    events: Events = ignore_events,
) -> DriftReport:
    """Say for each column whether `current` still looks like `reference`.

    Methods and thresholds are Evidently's defaults, by type and size of the column; the data set
    drifted when at least half of the compared columns did.

    Parameters
    ----------
    workspace : Workspace
        Where ``data:`` versions are looked up.
    reference, current : str, path, pandas.DataFrame or object with ``to_pandas()``
        A file (csv, csv.gz, parquet, feather, JSON lines), ``data:NAME@vN``, or a live frame.
    columns : sequence of str, optional
        The columns to compare; by default all that both sides have.
    html : path, optional
        Also write Evidently's own full report here (megabytes, with scripts).
    fail_on_drift : bool
        Raise `GateFailed` when the data set drifted.
    labels : two str
        What to call the sides; where empty, by file, version or kind of object.
    events : callable
        Takes the progress.

    Returns
    -------
    DriftReport
        Verdicts per column and overall, and findings: every column is in one or the other.

    Raises
    ------
    NotFound
        No such file, version or column, or no folder for `html`.
    BadInput
        A side is empty or not a table, or no column can be compared.
    Conflict
        `html` names an existing file of another kind.
    GateFailed
        With `fail_on_drift`: it drifted. Carries the report.

    Examples
    --------
    >>> report = detect(ws, "data/june.parquet", "data/july.parquet")
    >>> [column.column for column in report.columns if column.drifted]
    ['temp', 'humid']
    """
    target = None if html is None else _free_place(Path(html).expanduser())
    sides = []
    sources = (("reference", reference), ("current", current))
    for (name, source), label in zip(sources, labels, strict=True):
        events(Event(f"reading {name}"))
        side = read(workspace, source, name)
        sides.append(replace(side, label=label) if label else side)
    before, after = sides
    verdicts, findings = _compare(before, after, columns, events)
    if target is not None:
        events(Event(f"writing Evidently's full report to {target}"))
        names = [verdict.column for verdict in verdicts]
        engine.save_report(_only(before.frame, names), _only(after.frame, names), target)
    share = sum(verdict.drifted for verdict in verdicts) / len(verdicts)
    report = DriftReport(
        drifted=share >= SHARE_THRESHOLD,
        share=share,
        share_threshold=SHARE_THRESHOLD,
        columns=verdicts,
        findings=findings,
        reference=_side(before),
        current=_side(after),
        engine=engine.version(),
        full_report=None if target is None else str(html),
    )
    if fail_on_drift and report.drifted:
        drifted = ", ".join(verdict.column for verdict in verdicts if verdict.drifted)
        raise GateFailed(report.headline, f"drifted: {drifted}", result=report)
    return report


def _compare(
    before: Source, after: Source, columns: Sequence[str] | None, events: Events
) -> tuple[list[ColumnDrift], list[Finding]]:
    verdicts: list[ColumnDrift] = []
    findings = list(_about_size(before, after))
    events(Event(f"comparing {len(before.frame):,} with {len(after.frame):,} rows"))
    tables = MemoryTables(Both(FrameColumns(before.frame), FrameColumns(after.frame)))
    for item in pairs(tables, columns):
        if isinstance(item, Finding):
            findings.append(item)
            continue
        outcome = engine.compare(item)
        if isinstance(outcome, Finding):
            findings.append(outcome)
            continue
        findings += about_values(item, outcome.type)
        if outcome.score is None:
            message = f"{outcome.column}: {outcome.method} has no answer for these values"
            findings.append(Finding(kind="no_score", column=outcome.column, message=message))
        reference, current, histogram = describe(item, outcome.type)
        verdicts.append(
            ColumnDrift(**vars(outcome), reference=reference, current=current, histogram=histogram)
        )
    if not verdicts:
        reasons = "; ".join(finding.message for finding in findings[:5])
        raise BadInput(f"no column of reference and current can be compared: {reasons}")
    return verdicts, sorted(findings, key=lambda finding: _KINDS.index(finding.kind))


def _about_size(before: Source, after: Source) -> list[Finding]:
    small = [
        f"{source.side} has {len(source.frame)} row{'s' if len(source.frame) != 1 else ''}"
        for source in (before, after)
        if len(source.frame) < _FEW_ROWS
    ]
    if not small:
        return []
    return [Finding(kind="few_rows", message=f"{', '.join(small)}: the verdicts say little")]


def _side(source: Source) -> Side:
    return Side(label=source.label, rows=len(source.frame), columns=len(source.frame.columns))


def _only(frame: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return the compared columns as the engine's own report can take them."""
    import pandas as pd

    by_name: dict[str, Any] = {text(name): place for place, name in enumerate(frame.columns)}
    return pd.DataFrame(
        {name: without_infinities(plain(frame.iloc[:, by_name[name]]))[0] for name in names}
    )


def _free_place(path: Path) -> Path:
    """Check before anything is computed that the full report can be written."""
    if not path.parent.is_dir():
        raise NotFound(f"no folder {path.parent} to write {path.name} into", "make it first")
    if path.is_dir():
        raise Conflict(f"{path} is a folder", "name a file in it, such as drift.html")
    if path.exists() and path.suffix.lower() not in (".html", ".htm"):
        raise Conflict(
            f"{path} exists and is not an HTML file: not overwritten",
            "choose a name that ends in .html",
        )
    return path

"""Holding one drift report against another."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, get_args

from mlops_jupyter.drift.comparing.records import (
    Change,
    ColumnChange,
    DriftComparison,
    Judged,
    Report,
)
from mlops_jupyter.drift.severity import severity
from mlops_jupyter.drift.view import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlops_jupyter.drift.report import ColumnDrift, DriftReport, Finding

# A fifth of the way to drift, or of what it was, is a move.
_MOVED = 0.2
_ORDER = get_args(Change)


def compare(
    before: DriftReport, after: DriftReport, *, labels: Sequence[str] = ("", "")
) -> DriftComparison:
    """Say what moved from one drift report to another.

    Parameters
    ----------
    before, after : DriftReport
        The reports, such as last month's and this month's.
    labels : two str
        What to call them; where empty, by what their current data is called.

    Returns
    -------
    DriftComparison
        Every column of either, the findings that came and went, and what else differs.

    Examples
    --------
    >>> june, july = "data/june.parquet", "data/july.parquet"
    >>> found = compare(drift.detect(ws, june, july), drift.detect(ws, june, june))
    >>> [(each.column, each.change) for each in found.columns][:2]
    [('temp', 'drifts no longer'), ('humid', 'drifts no longer')]
    """
    first, second = _by_name(before), _by_name(after)
    changes = [
        _change(name, first.get(name), second.get(name))
        for name in dict.fromkeys([*second, *first])
    ]
    return DriftComparison(
        before=_report(before, labels[0]),
        after=_report(after, labels[1]),
        columns=sorted(changes, key=_weight),
        came=_only_in(after.findings, before.findings),
        went=_only_in(before.findings, after.findings),
        caveats=list(_caveats(before, after)),
    )


def _by_name(report: DriftReport) -> dict[str, ColumnDrift]:
    return {column.column: column for column in report.columns}


def _report(report: DriftReport, label: str) -> Report:
    counted = [column.drifted for column in report.columns if column.of is None]
    return Report(
        label=label or report.current.label,
        drifted=report.drifted,
        share=report.share,
        share_threshold=report.share_threshold,
        columns=len(counted),
        columns_drifted=sum(counted),
        reference=report.reference,
        current=report.current,
        engine=report.engine,
        error=report.performance.verdict if report.performance else None,
    )


def _change(name: str, before: ColumnDrift | None, after: ColumnDrift | None) -> ColumnChange:
    first, second = _judged(before), _judged(after)
    return ColumnChange(column=name, change=_what_became(first, second), before=first, after=second)


def _judged(column: ColumnDrift | None) -> Judged | None:
    if column is None:
        return None
    towards = severity(column) if column.score is not None else None
    return Judged(
        type=column.type,
        method=column.method,
        score=column.score,
        threshold=column.threshold,
        drifted=column.drifted,
        severity=towards if towards is None or math.isfinite(towards) else None,
        by=words.method(column),
        said=words.change(column),
    )


def _what_became(before: Judged | None, after: Judged | None) -> Change:
    if before is None or after is None:
        return "compared now" if before is None else "compared no longer"
    if before.drifted != after.drifted:
        return "drifts now" if after.drifted else "drifts no longer"
    if (before.method, before.type) != (after.method, after.type):
        return "judged otherwise"
    if before.severity is None or after.severity is None:
        return "about the same" if before.severity == after.severity else "judged otherwise"
    moved = after.severity - before.severity
    if abs(moved) < _MOVED * max(1.0, before.severity):
        return "about the same"
    return "closer to drift" if moved > 0 else "further from drift"


def _weight(change: ColumnChange) -> tuple[int, float]:
    found = [each.severity or 0.0 for each in (change.before, change.after) if each is not None]
    moved = abs(found[-1] - found[0]) if len(found) == 2 else found[0]
    # Rounded: the last digits of a score may change from one run of an engine to the next.
    return _ORDER.index(change.change), -float(f"{moved:.6g}")


def _only_in(findings: Sequence[Finding], others: Sequence[Finding]) -> list[Finding]:
    """Return findings of a kind that the others have not of the same column."""
    known = {(other.kind, other.column) for other in others}
    return [each for each in findings if (each.kind, each.column) not in known]


def _caveats(before: DriftReport, after: DriftReport) -> Iterator[str]:
    first, second = before.reference, after.reference
    if first != second:
        yield (
            f"the references differ: {first.label} ({first.rows:,} rows), then {second.label} "
            f"({second.rows:,} rows); what moved may be the reference"
        )
    if before.engine != after.engine and before.columns and after.columns:
        yield f"the engines differ: {before.engine}, then {after.engine}"
    if before.correction != after.correction:
        told = (each or "none" for each in (before.correction, after.correction))
        yield f"p-values were corrected otherwise: {', then '.join(told)}"
    if (before.sample is None) != (after.sample is None):
        which = "first" if before.sample else "second"
        yield f"the {which} report is of a sample of its rows"
    theirs = _by_name(before)
    moved = [
        column.column
        for column in after.columns
        if (known := theirs.get(column.column)) is not None
        and known.method == column.method
        and known.threshold != column.threshold
    ]
    if moved:
        listed = ", ".join(moved[:5]) + (f" and {len(moved) - 5:,} more" if moved[5:] else "")
        yield f"drift begins at another threshold for {listed}"
    if before.share_threshold != after.share_threshold:
        yield (
            "the share of columns that makes the whole drift differs: "
            f"{before.share_threshold:g}, then {after.share_threshold:g}"
        )

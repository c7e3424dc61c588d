"""The verb `drift`: reference against current."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, get_args

from mlops_jupyter.drift import full_report, keeping, of_model, periods
from mlops_jupyter.drift.emptiness import about_empty, about_few, nothing_judged
from mlops_jupyter.drift.engines.choosing import Asked, label
from mlops_jupyter.drift.engines.verdicts import SHARE_THRESHOLD
from mlops_jupyter.drift.judging import How, all_judged
from mlops_jupyter.drift.pairs import Both
from mlops_jupyter.drift.performance.sides import of_sides, segments_of
from mlops_jupyter.drift.report import DriftReport, Finding, FindingKind, Sample, Side
from mlops_jupyter.drift.sides import read, tables_of, zones_between
from mlops_jupyter.errors import BadInput, GateFailed
from mlops_jupyter.results import Event, Events, ignore_events

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence

    from mlops_jupyter.drift.periods_record import Against
    from mlops_jupyter.drift.report import ColumnDrift
    from mlops_jupyter.drift.sides import Source
    from mlops_jupyter.workspace import Workspace

_REASONS = 5  # findings that are told where the gate has nothing else to say
_KINDS = get_args(FindingKind)
_SIDES = ("reference", "current")


def detect(
    workspace: Workspace,
    reference: object,
    current: object,
    *,
    columns: Sequence[str] | None = None,
    by: str | None = None,
    time: str | None = None,
    against: Against = "reference",
    target: str | None = None,
    prediction: str | None = None,
    probability: str | Sequence[str] | Mapping[object, str] = (),
    segments: Sequence[str] | None = None,
    model: str | None = None,
    method: str | Sequence[str] = (),
    threshold: float | str | Sequence[str] = (),
    correct: str | None = None,
    sample: float | str | None = None,
    seed: int = 0,
    engine: Asked = "auto",
    html: str | os.PathLike[str] | None = None,
    log_to: str | None = None,
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
        Where versions, runs and models are looked up.
    reference, current : str, path or table
        A file, folder or pattern (csv, parquet, feather, JSON lines), ``data:NAME@vN``,
        ``run:ID`` or ``model:NAME@VERSION`` for the data that trained it, SQL, a frame of pandas,
        polars, Arrow or Spark, or a table of Ibis.
    columns : sequence of str, optional
        The columns to compare; by default all that both sides have.
    by : str, optional
        Also hold each period of current against the reference: ``month``, ``week`` …; or each
        value of a column.
    time : str, optional
        The column that says when; found where it is the only one.
    against : {"reference", "previous"}
        What each period is held against.
    target, prediction : str, optional
        The columns with what was true and what a model said; by default those of these names.
        With both, the report says whether the model is still as good.
    probability : str, sequence of str or mapping, optional
        The column with the probability of the second of two classes, or ``CLASS=COLUMN`` for each.
    segments : sequence of str, optional
        Where the model got worse is looked for by these columns; by default by all categories.
    model : str, optional
        ``run:ID`` or ``model:NAME@VERSION``: columns are sorted by what it builds on. By default
        the one whose data is the reference, where that is known.
    method : str or sequence of str
        Another method, by Evidently's short name: for all columns that it is for, or
        ``COLUMN=METHOD``.
    threshold : float or sequence of str
        Another threshold, or ``COLUMN=THRESHOLD``.
    correct : str, optional
        Correct p-values for their number: ``holm``, ``bonferroni``, ``benjamini-hochberg`` or
        ``benjamini-yekutieli``.
    sample : float or str, optional
        Judge by so many rows of either side, or (below 1) by this share of them.
    seed : int
        Draws the same sample again.
    engine : {"auto", "columnar", "evidently"}
        What does the statistics; `auto` is columnar where it has the method.
    html : path, optional
        Also write Evidently's own full report here (megabytes, with scripts).
    log_to : str, optional
        Keep the report with this run or model: ``run:ID``, ``model:NAME@VERSION``.
    fail_on_drift : bool
        Raise `GateFailed` when the data set drifted, the model got worse, or nothing could be
        compared.
    labels : two str
        What to call the sides; where empty, by file, version or kind of object.
    events : callable
        Takes the progress.

    Returns
    -------
    DriftReport
        Verdicts per column and overall, and findings: every column is in one or the other, unless
        a side is empty, which is a finding too.

    Raises
    ------
    NotFound
        No such file, version, run or column, or no folder for `html`.
    BadInput
        A side is not a table, or an option says nothing.
    Conflict
        `html` names an existing file of another kind.
    GateFailed
        With `fail_on_drift`. Carries the report.

    Examples
    --------
    >>> report = detect(ws, "data/june.parquet", "data/july.parquet")
    >>> [column.column for column in report.columns if column.drifted]
    ['temp', 'humid']
    """
    page = None if html is None else full_report.free_place(html)
    how = How.parse(
        engine=engine,
        method=method,
        threshold=threshold,
        correct=correct,
        sample=sample,
        seed=seed,
    )
    if time is not None and by is None:
        raise BadInput(
            f"the time {time!r} says nothing where nothing is cut",
            "say how to cut as well: --by month (in Python: by='month')",
        )
    weighing = of_model.weights(workspace, model, reference)
    place = None if log_to is None else keeping.place(workspace, log_to)
    chances = of_model.probabilities(probability)
    sides = Both(
        *(
            _read(workspace, source, side, named, events)
            for side, source, named in zip(_SIDES, (reference, current), labels, strict=True)
        )
    )
    rows = sides.map(lambda side: side.rows)
    names = list(dict.fromkeys([*sides.reference.names, *sides.current.names]))
    empty = about_empty(sides)
    sliced, backend = None, "in memory"
    if empty:
        found = nothing_judged(sides, how, columns)
    else:
        sliced = None if by is None else _sliced(sides, by, time, columns, events)
        tables = tables_of(*sides)
        backend = tables.backend
        events(Event(f"comparing {rows.reference:,} with {rows.current:,} rows"))
        found = all_judged(tables, how, columns)
    asked = prediction is not None or bool(chances)
    target = of_model.target_of(names, target, weighing, asked=asked)
    # Where there is no column at all, none of those that are named can be right.
    unjudged = of_model.unjudged(names, target, prediction, chances, segments) if names else []
    verdicts, notes = of_model.told(found.columns, (target, prediction, chances), weighing)
    errors, about_errors = None, list[Finding]()
    if not empty:
        errors, about_errors = of_sides(
            sides,
            target=target,
            prediction=prediction,
            probabilities=chances,
            segments=segments_of(verdicts) if segments is None else segments,
            seed=seed,
        )
    over_time = None
    if sliced is not None and verdicts:
        over_time = periods.over_time(sliced, how, against=against, events=events)
        if isinstance(over_time, Finding):
            notes, over_time = [*notes, over_time], None
    share = share_of(verdicts)
    report = DriftReport(
        drifted=None if share is None else share >= SHARE_THRESHOLD,
        share=share,
        share_threshold=SHARE_THRESHOLD,
        columns=verdicts,
        findings=_in_order(
            [
                *(empty or about_few(sides)),
                *_notes(sides),
                *found.findings,
                *about_errors,
                *(notes if verdicts else []),
                *unjudged,
            ]
        ),
        reference=_side(sides.reference),
        current=_side(sides.current),
        engine=label(found.engines),
        backend=backend,
        correction=correct,
        sample=None if empty else _sample(how, rows),
        model=of_model.label(weighing, verdicts),
        performance=errors,
        periods=over_time,
        full_report=None if page is None else str(html),
    )
    if page is not None:
        events(Event(f"writing Evidently's full report to {page}"))
        why_not = full_report.write(sides, verdicts, page, seed)
        if why_not is not None:
            report = _without_page(report, why_not)
    if place is not None:
        report = report.model_copy(update={"kept_as": keeping.keep(workspace, report, place)})
    if fail_on_drift:
        _gate(report)
    return report


def share_of(columns: Sequence[ColumnDrift]) -> float | None:
    """Return the share of columns that drifted; None where there is no column.

    What describes a text column is none.
    """
    counted = [column.drifted for column in columns if column.of is None]
    return sum(counted) / len(counted) if counted else None


def _read(workspace: Workspace, source: object, side: str, named: str, events: Events) -> Source:
    events(Event(f"reading {side}"))
    found = read(workspace, source, side)
    return replace(found, label=named) if named else found


def _sliced(
    sides: Both[Source],
    by: str,
    time: str | None,
    columns: Sequence[str] | None,
    events: Events,
) -> periods.Sliced:
    """Cut current up before anything is compared: what cannot be cut is told at once."""
    cut = periods.chosen(sides.current, by, time)
    events(Event("cutting current into periods"))
    return periods.Sliced(sides.reference, sides.current, cut, columns)


def _without_page(report: DriftReport, why: str) -> DriftReport:
    finding = Finding(
        kind="no_full_report", message=f"Evidently's own report is not written: {why}"
    )
    findings = _in_order([*report.findings, finding])
    return report.model_copy(update={"full_report": None, "findings": findings})


def _gate(report: DriftReport) -> None:
    reasons = []
    if report.drifted is None:
        why = "; ".join(finding.message for finding in report.findings[:_REASONS])
        reasons.append(f"nothing could be compared, so drift is not ruled out: {why}")
    if report.drifted:
        drifted = (column.column for column in report.columns if column.drifted)
        reasons.append(f"drifted: {', '.join(drifted)}")
    if report.performance is not None and report.performance.drifted:
        reasons.append(f"the model got worse at {report.performance.target}")
    if reasons:
        raise GateFailed(report.headline, "; ".join(reasons), result=report)


def _notes(sides: Both[Source]) -> list[Finding]:
    return [*(note for source in sides for note in source.notes), *zones_between(*sides)]


def _in_order(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: _KINDS.index(finding.kind))


def _side(source: Source) -> Side:
    return Side(label=source.label, rows=source.rows, columns=len(source.names))


def _sample(how: How, rows: Both[int]) -> Sample | None:
    if how.sampling is None:
        return None
    looked_at = rows.map(how.sampling.of)
    return Sample(reference=looked_at.reference, current=looked_at.current, seed=how.seed)

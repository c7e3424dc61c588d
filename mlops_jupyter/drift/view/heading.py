"""What stands above the columns: which ones tell most, and what was compared how."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.drift.view import words
from mlops_jupyter.drift.view.order import ordered
from mlops_jupyter.render.text import clean, shorten

if TYPE_CHECKING:
    from mlops_jupyter.drift.report import ColumnDrift, DriftReport

_TELLING = 3  # columns named at the top
_NAME, _GIST = 30, 70
_LISTED = 5
_SOURCE = 100
_MEMORY = "in memory"
_CORRECTIONS = {
    "holm": "Holm",
    "bonferroni": "Bonferroni",
    "benjamini-hochberg": "Benjamini and Hochberg",
    "benjamini-yekutieli": "Benjamini and Yekutieli",
}
_NOT_COMPARED = {
    "only_in_reference",
    "only_in_current",
    "type_changed",
    "dates_as_text",
    "mixed_time_zones",
    "all_missing",
    "not_compared",
    "duplicate_name",
}


def telling(report: DriftReport) -> tuple[str, list[tuple[str, str]]]:
    """Return how the sentence on the most telling columns begins, and each with what moved.

    Where none drifted, it is the one that is nearest to it.
    """
    columns = ordered(report.columns)
    drifted = [column for column in columns if column.drifted]
    if drifted:
        begins = "Mostly" if len(drifted) > _TELLING else "Drifted"
        return begins, [_told(column) for column in drifted[:_TELLING]]
    scored = [column for column in columns if column.score is not None]
    return ("Nearest to drift", [_told(scored[0])]) if len(columns) > 1 and scored else ("", [])


def left_out(report: DriftReport) -> str:
    """Name the columns that were not compared; nothing where all were, or none at all."""
    if not report.columns:
        return ""  # the verdict says so
    compared = {column.column for column in report.columns}
    names = dict.fromkeys(
        finding.column
        for finding in report.findings
        if finding.kind in _NOT_COMPARED and finding.column not in (None, *compared)
    )
    if not names:
        return ""
    shown = ", ".join(shorten(clean(each), _NAME) or "(no name)" for each in [*names][:_LISTED])
    more = f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else ""
    return f"Not compared: {shown}{more}"


def how(report: DriftReport) -> list[tuple[str, str]]:
    """Return what compared the sides, in what way: pairs of a word and what it was."""
    if not report.columns:
        return []
    held = report.backend
    where = "" if held in ("", _MEMORY) else f", {shorten(clean(held), _SOURCE)}"
    facts = [("engine", f"{shorten(clean(report.engine), _SOURCE)}{where}")]
    if report.correction:
        name = _CORRECTIONS.get(report.correction, shorten(clean(report.correction), _SOURCE))
        facts.append(("p-values", f"corrected for their number by {name}"))
    if report.sample:
        facts.append(("sample", words.sample(report.sample, report.reference, report.current)))
    if report.model and any(column.importance is not None for column in report.columns):
        model = shorten(clean(report.model), _SOURCE)
        facts.append(("order", f"by drift and importance in {model}"))
    return facts


def meanings(report: DriftReport) -> list[str]:
    """Say what the scores mean, for each method that was used."""
    used = dict.fromkeys(words.method(column) for column in ordered(report.columns))
    return [f"{name}: {words.MEANINGS[name]}" for name in used if name in words.MEANINGS]


def files(report: DriftReport) -> list[str]:
    """Say where more is: the engine's own report, and where this one is kept."""
    said = []
    if report.full_report:
        said.append(f"Evidently's full report: {clean(report.full_report)}")
    if report.kept_as:
        said.append(f"Kept as {clean(report.kept_as)}")
    return said


def _told(column: ColumnDrift) -> tuple[str, str]:
    role = f" ({column.role})" if column.role else ""
    return f"{shorten(words.name(column), _NAME)}{role}", shorten(words.gist(column), _GIST)

"""How a comparison of two drift reports looks, as text and as a card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.drift.view import words
from mlops_jupyter.render import html
from mlops_jupyter.render.html import badge, card, element, join
from mlops_jupyter.render.table import Cell, Column, Table
from mlops_jupyter.render.text import clean, number, plural, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops_jupyter.drift.comparing.records import (
        Change,
        ColumnChange,
        DriftComparison,
        Report,
    )
    from mlops_jupyter.drift.report import Finding

_MAX_ROWS = 60
_NAMED = 5
_MAX_FINDINGS = 30
_LABEL = 80
_MESSAGE = 300
_SAME = "about the same"
_TONES = {
    "drifts now": "bad",
    "drifts no longer": "good",
    "closer to drift": "warn",
    "further from drift": "good",
}
# Of one column, and of several.
_COUNTED: tuple[tuple[Change, str, str], ...] = (
    ("drifts now", "drifts now", "drift now"),
    ("drifts no longer", "drifts no longer", "drift no longer"),
)
_COMPARED: tuple[tuple[Change, str, str], ...] = (
    ("compared now", "is compared now", "are compared now"),
    ("compared no longer", "is compared no longer", "are compared no longer"),
)
_VERDICTS = {True: "Dataset drift", False: "No dataset drift", None: "Nothing compared"}


def headline(found: DriftComparison) -> str:
    """Return what became of the verdict, and which columns did."""
    known = None not in (found.before.drifted, found.after.drifted)
    parts = []
    for change, one, several in _COUNTED if known else _COMPARED:
        names = [each.column for each in found.columns if each.change == change]
        if names:
            said = one if len(names) == 1 else several
            parts.append(f"{plural(len(names), 'column')} {said} ({_listed(names)})")
    if not parts and (found.before.columns or found.after.columns):
        parts = ["no column changed its verdict"]
    error = found.after.error
    if error is not None and error != found.before.error:
        parts.append(f"the model's error: {found.before.error or 'not looked at'} → {error}")
    return f"{_verdict(found)}: {'; '.join(parts)}" if parts else _verdict(found)


def _verdict(found: DriftComparison) -> str:
    """Return the verdict on the whole, and what it was before."""
    before, after = found.before.drifted, found.after.drifted
    if before == after:
        return f"{_VERDICTS[after]}, as before"
    if before is None:
        return f"{_VERDICTS[after]}, where nothing was compared before"
    if after is None:
        return f"{_VERDICTS[after]}, where there was {_VERDICTS[before].lower()} before"
    was = "which was not there before" if after else "where there was before"
    return f"{_VERDICTS[after]}, {was}"


def comparison_text(found: DriftComparison) -> str:
    """Return what moved, for the terminal."""
    lines = [clean(headline(found)), *(f"  {line}" for line in _reports(found))]
    lines += [f"  ! {line}" for line in _caveats(found)]
    shown, rest = _split(found.columns)
    if shown:
        lines += ["", _table(shown).to_text()]
    lines += ["", rest] if rest else []
    for title, findings in _findings(found):
        lines += ["", title, *(f"  {_message(each)}" for each in findings[:_MAX_FINDINGS])]
        lines += _more(findings)
    return "\n".join(lines)


def comparison_html(found: DriftComparison) -> str:
    """Return what moved, as a card."""
    tone = {True: "bad", False: "good", None: "warn"}[found.after.drifted]
    verdict, _, said = headline(found).partition(", ")
    body: list[object] = [
        element("div", line, style=f"color:{html.MUTED}") for line in _reports(found)
    ]
    body += [element("div", line, style=f"color:{html.WARN}") for line in _caveats(found)]
    shown, rest = _split(found.columns)
    if shown:
        body.append(_table(shown).to_html())
    if rest:
        body.append(element("div", rest, style=f"color:{html.MUTED}"))
    for title, findings in _findings(found):
        items = [
            element("li", badge(each.kind.replace("_", " "), "warn"), " ", _message(each))
            for each in findings[:_MAX_FINDINGS]
        ]
        items += [element("li", line.strip()) for line in _more(findings)]
        body.append(element("div", title, element("ul", *items, style="margin:4px 0")))
    return str(card(join(badge(verdict, tone), " ", clean(said)), *body))


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(shorten(clean(name), words.NAME) for name in names[:_NAMED])
    return shown + (f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else "")


def _reports(found: DriftComparison) -> list[str]:
    return [f"before: {_report(found.before)}", f"after: {_report(found.after)}"]


def _report(report: Report) -> str:
    sides = " → ".join(words.side(each) for each in (report.reference, report.current))
    counted = "nothing compared"
    if report.share is not None:
        share = f"share {report.share:.2f}"
        counted = (
            f"{report.columns_drifted:,} of {plural(report.columns, 'column')} drifted ({share})"
        )
    label = shorten(clean(report.label), _LABEL)
    named = "" if report.label == report.current.label else f"{label}: "
    error = f"; model's error {report.error}" if report.error else ""
    return f"{named}{sides}: {counted}{error}"


def _caveats(found: DriftComparison) -> list[str]:
    return [shorten(clean(line), _MESSAGE) for line in found.caveats]


def _split(columns: Sequence[ColumnChange]) -> tuple[list[ColumnChange], str]:
    """Return the columns that are shown, and a line that names the others."""
    changed = [each for each in columns if each.change != _SAME]
    same = [each.column for each in columns if each.change == _SAME]
    lines = []
    if len(changed) > _MAX_ROWS:
        lines.append(f"{len(changed) - _MAX_ROWS:,} more changed: `--json` has all")
    if same:
        lines.append(f"about the same: {_listed(same)}")
    return changed[:_MAX_ROWS], "; ".join(lines)


def _table(changes: Sequence[ColumnChange]) -> Table:
    columns = [
        Column("column"),
        Column("verdict"),
        Column("score", "right"),
        Column("by"),
        Column("what moved"),
    ]
    rows: list[list[str | Cell]] = [
        [
            shorten(clean(each.column), words.NAME) or "(no name)",
            Cell(each.change, badge(each.change, _TONES.get(each.change, "muted"))),
            _scores(each),
            _method(each),
            _said(each),
        ]
        for each in changes
    ]
    return Table(columns, rows, row_headers=True)


def _scores(change: ColumnChange) -> str:
    return " → ".join(
        number(each.score, 3) if each is not None else "-" for each in (change.before, change.after)
    )


def _method(change: ColumnChange) -> str:
    told = [each.by for each in (change.before, change.after) if each is not None]
    return " → ".join(dict.fromkeys(told))


def _said(change: ColumnChange) -> str:
    return change.after.said if change.after is not None else ""


def _findings(found: DriftComparison) -> list[tuple[str, list[Finding]]]:
    listed = ((f"{plural(len(found.came), 'finding')} came", found.came),
              (f"{plural(len(found.went), 'finding')} went", found.went))  # fmt: skip
    return [(title, findings) for title, findings in listed if findings]


def _message(finding: Finding) -> str:
    return shorten(clean(finding.message), _MESSAGE)


def _more(findings: Sequence[Finding]) -> list[str]:
    rest = len(findings) - _MAX_FINDINGS
    return [f"  … and {rest:,} more"] if rest > 0 else []

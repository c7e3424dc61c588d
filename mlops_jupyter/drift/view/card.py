"""How a drift report is shown: a card in the notebook, a table in the terminal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mlops_jupyter.render import html
from mlops_jupyter.render.histogram import histogram
from mlops_jupyter.render.html import Markup, badge, card, element, join
from mlops_jupyter.render.table import Cell, Column, Table
from mlops_jupyter.render.text import clean, number, plural

if TYPE_CHECKING:
    from mlops_jupyter.drift.report import ColumnDrift, DriftReport, Histogram, Side, Summary

_PICTURES = 60  # of more columns, the least drifted are shown in words only
_METHODS = {
    "Wasserstein distance (normed)": "Wasserstein distance",
    "K-S p_value": "Kolmogorov-Smirnov p",
    "chi-square p_value": "chi-square p",
    "Z-test p_value": "Z-test p",
}
_BY_RANDOM = "Percentile text content drift"  # its score is not what its threshold limits


def report_text(report: DriftReport) -> str:
    """Return the verdicts as a table for the terminal."""
    columns = [
        Column("column"),
        Column("type"),
        Column("verdict"),
        Column("score", "right"),
        Column("threshold", "right"),
        Column("method"),
        Column("change"),
    ]
    rows = [
        [
            column.column,
            column.type,
            _verdict(column),
            number(column.score),
            number(column.threshold),
            _method(column),
            _change(column),
        ]
        for column in _by_weight(report.columns)
    ]
    lines = [
        report.headline,
        f"reference  {_side(report.reference)}",
        f"current    {_side(report.current)}",
        f"engine     {report.engine}",
        "",
        Table(columns, rows).to_text(),
    ]
    if report.findings:
        lines += ["", plural(len(report.findings), "finding")]
        lines += [f"  {clean(finding.message)}" for finding in report.findings]
    if report.full_report:
        lines += ["", f"Evidently's full report: {clean(report.full_report)}"]
    return "\n".join(lines)


def report_html(report: DriftReport) -> str:
    """Return the card for the notebook."""
    columns = [
        Column("column"),
        Column("verdict"),
        Column("reference and current"),
        Column("change"),
        Column("score", "right"),
    ]
    rows: list[list[str | Cell]] = [
        [
            _name(column),
            Cell(_verdict(column), badge(_verdict(column), "bad" if column.drifted else "good")),
            Cell("", _picture(column) if place < _PICTURES else Markup("")),
            clean(_change(column)).replace(" %", "\N{NO-BREAK SPACE}%"),
            _score(column),
        ]
        for place, column in enumerate(_by_weight(report.columns))
    ]
    return str(
        card(
            join(badge(report.verdict, "bad" if report.drifted else "good"), " ", report.count),
            _sides(report),
            Table(columns, rows, row_headers=True).to_html(),
            _findings(report),
            _full_report(report),
        )
    )


def _by_weight(columns: list[ColumnDrift]) -> list[ColumnDrift]:
    """Drifted ones first, then by how far the score is towards drift."""
    # Rounded: Evidently sums over a set, whose order changes the last digits from run to run.
    return sorted(columns, key=lambda column: (not column.drifted, -round(_weight(column), 9)))


def _weight(column: ColumnDrift) -> float:
    if column.score is None:
        return 0.0
    if column.low_is_drift:
        return column.threshold / column.score if column.score else math.inf
    return column.score / column.threshold


def _verdict(column: ColumnDrift) -> str:
    return "drift" if column.drifted else "no drift"


def _method(column: ColumnDrift) -> str:
    return _METHODS.get(column.method, column.method)


def _name(column: ColumnDrift) -> Cell:
    about: str = column.type
    if column.type == "categorical":
        about += f", {plural(column.reference.unique, 'value')}"
    name = element("strong", clean(column.column))
    return Cell(column.column, join(name, element("br"), _muted(about)))


def _score(column: ColumnDrift) -> Cell:
    if column.method == _BY_RANDOM:
        rule = f"drift if better than {column.threshold:.0%} of random guesses"
    else:
        sign = "below" if column.low_is_drift else "from"
        rule = f"drift {sign} {number(column.threshold)}"
    shown = number(column.score, 3)
    words = f"{_method(column)}, {rule}"
    return Cell(shown, join(shown, element("br"), _muted(words)))


def _muted(words: str) -> Markup:
    return element("span", words, style=f"color:{html.MUTED};font-size:85%")


def _side(side: Side) -> str:
    return f"{clean(side.label)} ({plural(side.rows, 'row')})"


def _sides(report: DriftReport) -> Markup:
    return element(
        "div",
        element("span", "▇", style="color:#8c96a3"),
        f" reference: {_side(report.reference)} · ",
        element("span", "━", style="color:#1f83d6"),
        f" current: {_side(report.current)} · {report.engine}",
        style=f"color:{html.MUTED}",
    )


def _findings(report: DriftReport) -> Markup:
    if not report.findings:
        return Markup("")
    items = (
        element("li", badge(finding.kind.replace("_", " "), "warn"), " ", clean(finding.message))
        for finding in report.findings
    )
    return element("div", plural(len(report.findings), "finding"), element("ul", *items))


def _full_report(report: DriftReport) -> Markup:
    if not report.full_report:
        return Markup("")
    return element("div", f"Evidently's full report: {clean(report.full_report)}")


def _picture(column: ColumnDrift) -> Markup:
    bins = column.histogram
    # The bar of all others would dwarf the ones with a name.
    shown = len(bins.labels) - 1 if bins.others else len(bins.reference)
    bars = list(zip(bins.labels, bins.reference, bins.current, strict=False))[:shown]
    start, end = _ends(column, bins)
    if bins.kind == "categories":
        span = ", ".join(f"{clean(name)} {_percent(a)} → {_percent(b)}" for name, a, b in bars)
    else:
        span = f"{'length' if bins.kind == 'lengths' else 'value'} from {start} to {end}"
    return histogram(
        bins.reference[:shown],
        bins.current[:shown],
        alt=f"Distribution of {clean(column.column)}, reference and current: {span}",
        ends=(start, end),
        labels=bins.labels[:shown],
    )


def _ends(column: ColumnDrift, bins: Histogram) -> tuple[str, str]:
    """Return what stands under the first and the last bin."""
    if not bins.edges:
        return "", ""
    lows = [s.min for s in (column.reference, column.current) if s.min is not None]
    highs = [s.max for s in (column.reference, column.current) if s.max is not None]
    start = f"< {number(bins.edges[1])}" if bins.below or not lows else number(min(lows))
    end = f"≥ {number(bins.edges[-2])}" if bins.above or not highs else number(max(highs))
    return start, end


def _change(column: ColumnDrift) -> str:
    """Say in plain words what moved."""
    before, after = column.reference, column.current
    words = [_shares(column)] if column.type == "categorical" else [_means(column)]
    if abs(before.missing - after.missing) >= 0.005:
        words.append(f"missing {_percent(before.missing)} → {_percent(after.missing)}")
    return "; ".join(word for word in words if word)


def _means(column: ColumnDrift) -> str:
    before, after = column.reference, column.current
    if before.mean is None or after.mean is None:
        return ""
    what = "mean length" if column.type == "text" else "mean"
    shown = number(before.mean, 3), number(after.mean, 3)
    words = f"same {what}, {shown[0]}" if shown[0] == shown[1] else f"{what} {' → '.join(shown)}"
    if moved := _in_sd(before, after):
        words += f" ({moved})"
    if before.std and after.std is not None and abs(after.std / before.std - 1) >= 0.1:
        words += f"; spread {number(before.std, 3)} → {number(after.std, 3)}"
    return words


def _in_sd(before: Summary, after: Summary) -> str:
    if not before.std or before.mean is None or after.mean is None:
        return ""
    moved = (after.mean - before.mean) / before.std
    return f"{moved:+.2f} sd" if abs(moved) >= 0.005 else ""


def _shares(column: ColumnDrift) -> str:
    """Say how much is new, and name the category whose share moved most."""
    unseen = column.current.unseen or 0.0
    words = [f"{_percent(unseen)} in values not seen before"] if unseen >= 0.0005 else []
    bins = column.histogram
    shares = list(zip(bins.labels, bins.reference, bins.current, strict=True))
    named = shares[:-1] if bins.others else shares
    label, before, after = max(named, key=lambda share: abs(share[2] - share[1]))
    shown = _percent(before), _percent(after)
    if abs(after - before) >= 0.005 and shown[0] != shown[1]:
        words.append(f"{label}: {' → '.join(shown)}")
    return "; ".join(words) or "about the same shares"


def _percent(share: float) -> str:
    """Return a share in per cent, with a digit where it is small.

    Examples
    --------
    >>> _percent(0.024), _percent(0.312), _percent(0), _percent(0.0004)
    ('2.4 %', '31 %', '0 %', '0.04 %')
    """
    if share == 0 or share >= 0.1:
        return f"{share * 100:.0f} %"
    return f"{share * 100:.2g} %"

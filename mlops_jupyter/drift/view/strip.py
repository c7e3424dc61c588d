"""Drift over time as a heat strip: a row for each column, a cell for each period.

A cell has the number in it, drift in bold: colour only repeats that. Ink and ground of a cell are
set together, so that they read on light and on dark. Sizes stand in each cell, as JupyterLab gives
cells wide ones of its own.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, cast

from mlops_jupyter.drift.view import strip_words, words
from mlops_jupyter.drift.view.banding import Band, Spot, bands, shown, spots
from mlops_jupyter.render import html
from mlops_jupyter.render.html import Markup, element
from mlops_jupyter.render.table import Cell, Column, Table
from mlops_jupyter.render.text import clean, plural, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlops_jupyter.drift.periods_record import ColumnOverTime, Periods
    from mlops_jupyter.drift.report import ColumnDrift

_CELL = "padding:2px 4px;text-align:center"
_SMALL = "padding:1px 3px"
_VALUE = 12  # characters of a value that is a period
_TITLED = 400  # cells up to which each says all that there is to say of it
_WIDE = 120  # characters of a terminal's line
_NUMBER = 6  # and of a number in it


def strip_html(periods: Periods) -> Markup:
    """Return the strip for the notebook.

    Parameters
    ----------
    periods : Periods
        Drift over time.
    """
    across = bands(periods)
    columns = shown(periods, len(across))
    rows = [spots(column, periods.periods, across) for column in columns]
    titled = len(columns) * len(across) <= _TITLED
    body = [
        _row(_header(column), [_cell(column, spot, periods, titled=titled) for spot in cells])
        for column, cells in zip(columns, rows, strict=True)
    ]
    table = element(
        "table",
        element("thead", *_heads(across)),
        element("tbody", *body, _shares(periods, across), _counts(periods, across)),
        style="border-collapse:collapse;margin:2px 0;overflow-wrap:normal;font-size:85%",
    )
    return element(
        "div",
        element("strong", "Over time"),
        " ",
        element("span", strip_words.title(periods), style=f"color:{html.MUTED}"),
        element("div", table, style="overflow-x:auto"),
        _legend(rows),
        html.notes(strip_words.notes(periods, across, columns)),
    )


def strip_text(periods: Periods) -> str:
    """Return the strip for the terminal: with numbers where there is room, with shades elsewhere.

    Parameters
    ----------
    periods : Periods
        Drift over time.

    Examples
    --------
    >>> from mlops_jupyter.drift.periods_record import ColumnOverTime, Period, Periods
    >>> late = ColumnOverTime(
    ...     column="late", type="numeric", method="PSI", threshold=0.1,
    ...     scores=[0.01, None, 0.25], severities=[0.1, None, 2.5])
    >>> months = [
    ...     Period(label="2013-01", rows=90, share=0.0, drifted=False),
    ...     Period(label="2013-02", rows=0),
    ...     Period(label="2013-03", rows=80, share=1.0, drifted=True)]
    >>> print(strip_text(Periods(by="month", time="at", periods=months, columns=[late])))
    over time: by month (at), each against the reference
                        2013 Jan  Feb    Mar
    late                     0.1         2.5
    columns that drift       0 %       100 %
    rows                      90    0     80
    1 is where drift begins; no number: no rows
    """
    across = bands(periods)
    columns = shown(periods, len(across))
    rows = [spots(column, periods.periods, across) for column in columns]
    names = [_name_of(column) for column in columns]
    room = max(map(len, names), default=0) + _NUMBER * len(across)
    draw = _numbers if room <= _WIDE else _shades
    return "\n".join(
        [
            f"over time: {strip_words.title(periods)}",
            *draw(periods, across, names, rows),
            "; ".join(strip_words.key(rows)),
            *(f"  {line}" for line in strip_words.notes(periods, across, columns)),
        ]
    )


def _heads(across: Sequence[Band]) -> Iterator[Markup]:
    """Yield the rows over the strip: years over months, where there are such."""
    named = any(band.group for band in across)
    corner = element("td", rowspan=2 if named else None)
    if named:
        groups = [(group, len(list(found))) for group, found in groupby(across, lambda b: b.group)]
        style = "padding:0 4px;text-align:left"
        years = (
            element("th", clean(group), scope="colgroup", colspan=width, style=style)
            for group, width in groups
        )
        yield element("tr", corner, *years)
    style = f"{_CELL};font-weight:normal"
    cells = (
        element("th", _short(band), scope="col", title=clean(band.label), style=style)
        for band in across
    )
    yield element("tr", *cells) if named else element("tr", corner, *cells)


def _short(band: Band) -> str:
    return shorten(clean(band.short), _VALUE) or "(empty)"


def _name_of(column: ColumnOverTime) -> str:
    return shorten(clean(column.column), strip_words.NAME) or "(no name)"


def _row(header: Markup, cells: Sequence[Markup]) -> Markup:
    return element("tr", header, *cells)


def _header(column: ColumnOverTime) -> Markup:
    # It has the fields of a column's verdict that these look at.
    like = cast("ColumnDrift", column)
    return _heading(_name_of(column), f"{column.type}, by {words.method(like)}, {words.rule(like)}")


def _heading(content: str, title: str | None = None) -> Markup:
    style = "padding:2px 8px 2px 0;text-align:left;font-weight:normal;white-space:nowrap"
    return element("th", content, scope="row", title=title, style=style)


def _cell(column: ColumnOverTime, spot: Spot, periods: Periods, *, titled: bool) -> Markup:
    if spot.state == "gap":
        return element("td", style=_SMALL)
    content: object = strip_words.figure(spot)
    style = _CELL if titled else _SMALL
    drift = spot.severity >= 1
    if drift:
        content = element("strong", content)
        if spot.state == "judged":
            ground, ink = strip_words.heat(spot.severity)
            style += f";background-color:{ground};color:{ink}"
    title = None
    if titled or drift or spot.notes:
        title = strip_words.of_spot(column, spot, periods, brief=not titled)
    return element("td", content, title=title, style=style)


def _shares(periods: Periods, across: Sequence[Band]) -> Markup:
    cells = [
        element(
            "td",
            element("strong", share) if drifted else share,
            title="the data set drifted" if drifted else None,
            style=_CELL,
        )
        for text, drifted in strip_words.shares(periods, across)
        for share in [text.replace(" ", "\N{NO-BREAK SPACE}")]
    ]
    return _row(_heading(strip_words.SHARES), cells)


def _counts(periods: Periods, across: Sequence[Band]) -> Markup:
    style = f"{_CELL};color:{html.MUTED}"
    cells = []
    for band in across:
        few = len(band.places) == 1 and periods.periods[band.places[0]].few
        title = plural(band.rows, "row") + (": few" if few else "")
        cells.append(element("td", strip_words.count(band.rows), title=title, style=style))
    return _row(_heading("rows"), cells)


def _legend(rows: Sequence[Sequence[Spot]]) -> Markup:
    first, *others = strip_words.key(rows)
    heats: list[object] = []
    for start, ground, ink, _ in reversed(strip_words.HEAT):
        style = f"background-color:{ground};color:{ink};padding:0 4px"
        words_ = "drift" if start == 1 else f"from {start:g} on"
        heats += [", " if heats else ": ", element("span", words_, style=style)]
    rest = "".join(f"; {line}" for line in others)
    return element("div", first, *heats, rest, style=f"color:{html.MUTED};font-size:85%")


def _numbers(
    periods: Periods,
    across: Sequence[Band],
    names: Sequence[str],
    rows: Sequence[Sequence[Spot]],
) -> list[str]:
    heads, last = [Column("")], ""
    for band in across:
        group = "" if band.group == last else f"{clean(band.group)} "
        heads.append(Column(group + _short(band), "right"))
        last = band.group
    table: list[list[str | Cell]] = [
        [name, *map(strip_words.figure, cells)] for name, cells in zip(names, rows, strict=True)
    ]
    table.append([strip_words.SHARES, *(share for share, _ in strip_words.shares(periods, across))])
    table.append(["rows", *(strip_words.count(band.rows) for band in across)])
    return Table(heads, table).to_text().split("\n")


def _shades(
    periods: Periods,
    across: Sequence[Band],
    names: Sequence[str],
    rows: Sequence[Sequence[Spot]],
) -> list[str]:
    table: list[list[str | Cell]] = [
        [name, "".join(map(_shade, cells))] for name, cells in zip(names, rows, strict=True)
    ]
    ends = f"{_short(across[0])} … {_short(across[-1])}"
    if across[0].group:
        ends = f"{clean(across[0].label)} … {clean(across[-1].label)}"
    lines = Table([Column(""), Column(ends)], table).to_text().split("\n")
    signs = ", ".join(f"{sign} from {start:g}" for start, _, _, sign in reversed(strip_words.HEAT))
    lines.append(f"thresholds: {signs}; · no drift")
    found = [(period.share, period.label) for period in periods.periods if period.share is not None]
    if found:
        share, label = max(found, key=lambda each: each[0])
        lines.append(f"at most {share * 100:.0f} % of columns drift: {clean(label)}")
    return lines


def _shade(spot: Spot) -> str:
    if spot.state in ("gap", "unknown"):
        return " " if spot.state == "gap" else "?"
    return next((s for start, _, _, s in strip_words.HEAT if spot.severity >= start), "·")

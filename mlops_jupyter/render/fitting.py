"""Tables that fit a terminal: columns that say nothing left out, long ones cut."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import replace

from mlops_jupyter.render import text
from mlops_jupyter.render.table import Cell, Table

# A terminal shows no more without breaking lines.
_WIDTH, _NARROWEST = 120, 40


def without_empty(table: Table, known: Sequence[str] = ()) -> Table:
    """Leave out columns in which no row has anything, or all have what is known."""
    kept = [
        place
        for place, column in enumerate(table.columns)
        if column.title not in known
        and (place == 0 or any(_plain(row[place]) for row in table.rows))
    ]
    return replace(
        table,
        columns=[table.columns[place] for place in kept],
        rows=[[row[place] for place in kept] for row in table.rows],
    )


def fitted(table: Table, titles: Sequence[str], shrink: Iterable[tuple[str, int]]) -> Table:
    """Cut columns, and leave some out, until a line fits a terminal.

    Parameters
    ----------
    table : Table
        The table.
    titles : sequence of str
        What its columns are called in `shrink`.
    shrink : iterable of (str, int)
        What is cut first, and to what width at least; 0 leaves it out.
    """
    if not table.rows:
        return table
    widths, room = _widths(table), _width()
    for title, wanted in shrink:
        over = sum(widths) + 2 * (sum(map(bool, widths)) - 1) - room
        if over > 0 and title in titles:
            place = titles.index(title)
            least = max(wanted, len(table.columns[place].title)) if wanted else 0
            widths[place] = min(widths[place], max(least, widths[place] - over)) if least else 0
    cut = replace(
        table,
        rows=[
            [_cut(value, width) for value, width in zip(row, widths, strict=True)]
            for row in table.rows
        ],
    )
    kept = [place for place, width in enumerate(widths) if width]
    return replace(
        cut,
        columns=[cut.columns[place] for place in kept],
        rows=[[row[place] for place in kept] for row in cut.rows],
    )


def _width() -> int:
    """Return how wide a line may be: as wide as the terminal, where there is one."""
    columns = shutil.get_terminal_size(fallback=(_WIDTH, 24)).columns
    return max(min(columns, _WIDTH), _NARROWEST)


def _widths(table: Table) -> list[int]:
    from rich.cells import cell_len

    return [
        max(cell_len(text.clean(_plain(each))) for each in (column.title, *values))
        for column, values in zip(table.columns, zip(*table.rows, strict=True), strict=True)
    ]


def _cut(value: str | Cell, width: int) -> str | Cell:
    from rich.cells import cell_len, set_cell_size

    plain = text.clean(_plain(value))
    if cell_len(plain) <= width:
        return value
    return f"{set_cell_size(plain, max(width - 1, 0)).rstrip()}…"


def _plain(value: str | Cell) -> str:
    return value.text if isinstance(value, Cell) else value

"""Many runs as tables: a row for each, and the values that some of them have in common."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mlops_jupyter.render import html, text
from mlops_jupyter.render.table import Cell, Column, Table
from mlops_jupyter.tracking.history.compare_columns import apart, pick

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops_jupyter.tracking.history.compare_records import (
        Comparison,
        Difference,
        MetricDifference,
    )

WIDTH = 108  # of a terminal's line
MAX_ROWS = 60
_MOST_COLUMNS = 12  # in HTML
_NOTHING, _UNKNOWN = "–", "?"


def row_each(found: Comparison, *, wide: bool) -> Table:
    """Return a row for each run, a column for what differs."""
    chosen, _ = _chosen(found, wide=wide)
    columns = [Column("run"), Column("id"), *(column for column, _ in chosen)]
    rows = [
        [text.shorten(run.name, 40 if wide else 18), run.run_id[:8], *(v[i] for _, v in chosen)]
        for i, run in enumerate(found.runs)
    ]
    return Table(columns, rows, row_headers=True)


def rows_title(found: Comparison, *, wide: bool) -> str:
    """Say what the table of `row_each` shows, and which differences it has no room for."""
    chosen, left = _chosen(found, wide=wide)
    if not left:
        return "runs"
    names = text.shorten(", ".join(text.clean(name) for name in left), 200 if wide else 60)
    return f"runs, and what {len(chosen)} of {len(chosen) + len(left)} differ in; also: {names}"


def grouped(found: Comparison, differences: Sequence[Difference], *, wide: bool) -> Table:
    """Return a row for each value that some of many runs have."""
    rows: list[list[str | Cell]] = []
    width = 80 if wide else 34
    for each in differences[:MAX_ROWS]:
        shown = shown_values(each)
        counted = Counter(shown).most_common(5)
        name = text.shorten(each.name, width)
        for value, (full, count) in zip(
            apart([v for v, _ in counted], width), counted, strict=True
        ):
            who = [run.label for run, own in zip(found.runs, shown, strict=True) if own == full]
            named = ", ".join(text.shorten(label, 16) for label in who[:2])
            more = f" … {count} runs" if count > 2 else ""
            rows.append([name, value, f"{named}{more}"])
            name = ""
        if (rest := len(set(shown)) - len(counted)) > 0:
            rows.append(["", f"… {rest} more values", ""])
    columns = [Column("name"), Column("value"), Column("runs")]
    return Table(columns, with_more(rows, len(rows)))


def shown_values(each: Difference) -> list[str]:
    """Return values as they are shown: also that there is none, or that nobody knows."""
    return [
        _UNKNOWN if place in each.unknown else _NOTHING if value is None else value
        for place, value in enumerate(each.values)
    ]


def with_more(rows: Sequence[Sequence[str | Cell]], count: int) -> list[Sequence[str | Cell]]:
    """Say in a last row how many there was no room for."""
    if not rows or count <= len(rows):
        return list(rows)
    return [*rows, [f"… {count - len(rows):,} more", *[""] * (len(rows[0]) - 1)]]


def _chosen(
    found: Comparison, *, wide: bool
) -> tuple[list[tuple[Column, list[str | Cell]]], list[str]]:
    """Return the columns that there is room for, and the names of the others."""
    columns: list[tuple[str, Column, list[str | Cell]]] = []
    for each in found.metrics:
        name = f"{each.metric} (best)" if each.of == "best" else each.metric
        title = text.shorten(name, 24 if wide else 14)
        columns.append((name, Column(title, "right", whole=True), _of_many(each)))
    for difference in sorted(found.parameters, key=_of_one_run):
        title = text.shorten(difference.name, 24 if wide else 14)
        values: list[str | Cell] = [*apart(shown_values(difference), 24 if wide else 12)]
        columns.append((difference.name, Column(title), values))
    # One metric, then all parameters, then the other metrics.
    lead = [each for each in columns if each[0] == found.main_metric][:1]
    own = columns[len(found.metrics) :]
    ordered = [*lead, *own, *(each for each in columns[: len(found.metrics)] if each not in lead)]
    widths = [_width(column, values) for _, column, values in ordered]
    count = min(_MOST_COLUMNS, len(ordered)) if wide else pick(widths, WIDTH - 30)
    left = [name for name, _, _ in ordered[count:]]
    return [(column, values) for _, column, values in ordered[:count]], left


def _of_one_run(each: Difference) -> bool:
    """Whether a parameter has but one value, in those runs that have it."""
    return len({*each.values} - {None}) < 2


def _of_many(each: MetricDifference) -> list[str | Cell]:
    """Return values; the best one is marked."""
    known = [value for value in each.values if value is not None and value == value]  # noqa: PLR0124 - not NaN
    best = None
    if each.direction is not None and known:
        best = (max if each.direction == "higher" else min)(known)
    shown: list[str | Cell] = []
    for value in each.values:
        number = text.number(value)
        if best is not None and value == best:
            strong = html.element("strong", f"{number} ★", style=f"color:{html.GOOD}")
            shown.append(Cell(f"{number} *", strong))
        else:
            shown.append(number)
    return shown


def _width(column: Column, values: Sequence[str | Cell]) -> int:
    shown = (value.text if isinstance(value, Cell) else value for value in values)
    return max([len(column.title), *map(len, shown)]) + 2

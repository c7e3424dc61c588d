"""Tables, as HTML and as text, from one description."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mlops_jupyter.render import html
from mlops_jupyter.render.html import Markup
from mlops_jupyter.render.text import clean


@dataclass(frozen=True)
class Column:
    """A table's column: its heading, and whether it holds numbers (set to the right)."""

    title: str
    align: Literal["left", "right"] = "left"
    whole: bool = False  # never broken into two lines


@dataclass(frozen=True)
class Cell:
    """A cell whose HTML is richer than its text."""

    text: str
    html: Markup


@dataclass(frozen=True)
class Table:
    """Rows under headings; each value is a string or a `Cell`.

    With `row_headers` the first cell of a row names it to a screen reader.

    Examples
    --------
    >>> print(Table([Column("run"), Column("auc", "right")], [["a", "0.7"]]).to_text())
    run  auc
    a    0.7
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[str | Cell]]
    empty: str = "nothing here yet"
    row_headers: bool = False

    def to_html(self) -> Markup:
        """Return an HTML table; everything that is not Markup is escaped."""
        if not self.rows:
            return html.element("div", self.empty, style=f"color:{html.MUTED}")
        head = html.join(
            *(html.element("th", c.title, scope="col", style=_cell_style(c)) for c in self.columns)
        )
        body = html.join(
            *(
                html.element(
                    "tr",
                    *(
                        self._cell(value, column, heads_row=self.row_headers and place == 0)
                        for place, (column, value) in enumerate(zip(self.columns, row, strict=True))
                    ),
                    style="page-break-inside:avoid",
                )
                for row in self.rows
            )
        )
        table = html.element(
            "table",
            html.element("thead", html.element("tr", head)),
            html.element("tbody", body),
            style="border-collapse:collapse;margin:2px 0;overflow-wrap:normal",
        )
        return html.element("div", table, style="overflow-x:auto")

    def _cell(self, value: str | Cell, column: Column, *, heads_row: bool) -> Markup:
        return html.element(
            "th" if heads_row else "td",
            value.html if isinstance(value, Cell) else value,
            scope="row" if heads_row else None,
            style=_cell_style(column) + (";font-weight:normal" if heads_row else ""),
        )

    def to_text(self) -> str:
        """Return aligned columns, whole: a reader may pipe them to a file."""
        if not self.rows:
            return self.empty
        from rich.cells import cell_len

        lines = [[clean(c.title) for c in self.columns]] + [
            [clean(v.text if isinstance(v, Cell) else v) for v in row] for row in self.rows
        ]
        widths = [max(cell_len(line[i]) for line in lines) for i in range(len(self.columns))]
        return "\n".join(
            "  ".join(
                " " * (width - cell_len(value)) + value
                if column.align == "right"
                else value + " " * (width - cell_len(value))
                for column, width, value in zip(self.columns, widths, line, strict=True)
            ).rstrip()
            for line in lines
        )


def _cell_style(column: Column) -> str:
    base = f"text-align:{column.align};padding:2px 10px 2px 0;border-bottom:1px solid {html.BORDER}"
    return f"{base};white-space:nowrap" if column.whole else base

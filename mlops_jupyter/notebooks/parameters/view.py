"""What a notebook takes, as text and as a card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.render import html, text
from mlops_jupyter.render.table import Column, Table

if TYPE_CHECKING:
    from mlops_jupyter.notebooks.parameters.record import NotebookParameters, ParameterInfo

_WIDTH = 40
_REQUIRED = "must be given"


def parameters_text(found: NotebookParameters) -> str:
    """Return a table of the parameters for the terminal."""
    lines = [f"{text.clean(found.notebook)}  {_place(found)}"]
    if found.parameters:
        lines += ["", *("  " + line for line in _table(found).to_text().splitlines())]
    lines += [f"  note: {text.clean(note)}" for note in found.notes]
    return "\n".join([*lines, "", f"  {text.clean(_next(found))}"])


def parameters_html(found: NotebookParameters) -> str:
    """Return a table of the parameters for the notebook."""
    table = _table(found).to_html() if found.parameters else ""
    return str(
        html.card(
            found.notebook,
            table,
            html.notes(found.notes),
            html.element("div", html.element("code", _next(found))),
            note=_place(found),
        )
    )


def _place(found: NotebookParameters) -> str:
    where = "no parameters" if found.cell is None else f"parameters in cell {found.cell}"
    return f"{found.language}, kernel {found.kernel}, {where}"


def _table(found: NotebookParameters) -> Table:
    columns = (Column("name"), Column("type"), Column("default"), Column("description"))
    return Table(columns, [_row(each) for each in found.parameters], row_headers=True)


def _row(each: ParameterInfo) -> list[str]:
    kind = f"any ({each.annotation}, not checked)" if each.annotation else each.type
    default = _REQUIRED if each.required else each.default or ""
    return [each.name, kind, text.shorten(default, _WIDTH), text.shorten(each.description, 80)]


def _next(found: NotebookParameters) -> str:
    """Return what to do with it."""
    if found.cell is None:
        return "to have some, tag the cell that sets them 'parameters'"
    given = "".join(f" -p {p.name}=…" for p in found.parameters if p.required)
    first = next((p.name for p in found.parameters), None)
    given = given or (f" -p {first}=…" if first else "")
    return f"mlops run {found.notebook}{given}"

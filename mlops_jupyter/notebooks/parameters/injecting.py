"""The cell that gives a notebook its values, tagged as Papermill tags it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops_jupyter.notebooks.parameters import checking, reading
from mlops_jupyter.notebooks.parameters.literals import Writer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbformat import NotebookNode

TITLE = "Parameters"


def inject(
    notebook: NotebookNode, values: Mapping[str, Any], *, kernel: str, language: str
) -> NotebookNode:
    """Return a notebook with a cell that sets values, below the one tagged `parameters`.

    Papermill's own would write a date as text, a key that is a number too, and would put the
    cell below a page of text that has the tag. A cell that was injected before is replaced.

    Parameters
    ----------
    notebook : NotebookNode
        A notebook as `load_notebook_node` returns it; it is changed.
    values : mapping
        By name, as `check` returns them.
    kernel, language : str
        Of the kernel that executes it: Papermill writes the cell for other languages than Python.
    """
    from nbformat.v4 import new_code_cell

    old = _tagged(notebook, reading.INJECTED_TAG)
    if language.lower() == "python":
        source = code({**(_given(notebook.cells[old].source) if old is not None else {}), **values})
    else:
        from papermill.translators import translate_parameters

        source = translate_parameters(kernel, language, dict(values), TITLE)
    cell = new_code_cell(source, metadata={"tags": [reading.INJECTED_TAG], "papermill": {}})
    if old is not None:
        notebook.cells[old] = cell
    else:
        above = _tagged(notebook, reading.TAG)
        notebook.cells.insert(0 if above is None else above + 1, cell)
    notebook.metadata.papermill["parameters"] = checking.in_json(dict(values))
    return notebook


def code(values: Mapping[str, Any]) -> str:
    """Return a cell that sets variables.

    Examples
    --------
    >>> print(code({"n": 3, "name": "forest"}))
    # Parameters
    n = 3
    name = 'forest'
    """
    writer = Writer(taken=values)
    lines = [f"{name} = {writer.write(value)}" for name, value in values.items()]
    return "\n".join([f"# {TITLE}", *writer.imports(), *lines])


def _tagged(notebook: NotebookNode, tag: str) -> int | None:
    """Return the place of the first code cell with a tag; of another one where there is none."""
    tagged = [at for at, cell in enumerate(notebook.cells) if tag in cell.metadata.get("tags", [])]
    code_cells = [at for at in tagged if notebook.cells[at].cell_type == "code"]
    return next(iter(code_cells or tagged), None)


def _given(source: str) -> dict[str, Any]:
    """Return the values of a cell that was injected before: those not given now stay."""
    return {p.name: p.default for p in reading.values(source).values()}

"""The notebook that is executed: a copy of the source with the given values in place."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from mlops_jupyter.notebooks.parameters.injecting import inject

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nbformat import NotebookNode

    from mlops_jupyter.notebooks.source import Source


def prepare(
    source: Source, output: Path, parameters: Mapping[str, Any], kernel: str, language: str
) -> NotebookNode:
    """Return the notebook to execute, with Papermill's metadata and the given values."""
    from papermill.execute import prepare_notebook_metadata, remove_error_markers
    from papermill.iorw import load_notebook_node

    with warnings.catch_warnings():
        # Cells without ids get them in the executed notebook; nbformat warns of what it mends.
        warnings.simplefilter("ignore")
        notebook = load_notebook_node(source.notebook())
    if parameters:
        inject(notebook, parameters, kernel=kernel, language=language)
    notebook = prepare_notebook_metadata(notebook, source.path.name, output.name)
    return remove_error_markers(notebook)


def numbered(notebook: NotebookNode) -> dict[int, int]:
    """Return the numbers of the cells to execute by their places, as their ``In [n]`` will be."""
    there = [
        index
        for index, cell in enumerate(notebook.cells)
        if cell.cell_type == "code"
        and cell.source.strip()
        and "skip-execution" not in cell.metadata.get("tags", [])
    ]
    return {index: number for number, index in enumerate(there, 1)}

"""What an executed notebook shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat

from mlops_jupyter.mime import MIME_TYPE


class Executed:
    """A notebook with its outputs."""

    def __init__(self, path: Path) -> None:
        cells = nbformat.read(path, as_version=4).cells
        self.outputs = [(cell.id, output) for cell in cells for output in cell.get("outputs", [])]

    def complaints(self) -> list[tuple[str, str]]:
        """Errors, and what stands on stderr, with the cells' ids."""
        return [
            (cell, output.get("text") or output.get("ename"))
            for cell, output in self.outputs
            if output.output_type == "error" or output.get("name") == "stderr"
        ]

    def results(self) -> list[tuple[str, dict[str, Any]]]:
        """Results, with the cells' ids."""
        return [
            (cell, content)
            for cell, output in self.outputs
            if (content := output.get("data", {}).get(MIME_TYPE))
        ]

    def text(self, cell_id: str) -> str:
        """All that a cell shows, as text."""
        parts = [
            output.get("text") or output.get("data", {}).get("text/plain")
            for cell, output in self.outputs
            if cell == cell_id
        ]
        return "\n".join(part for part in parts if part)

"""The notebook as it lies on disk, masked and packed for a run."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from mlops_jupyter.tracking.capture import order
from mlops_jupyter.tracking.capture.masking import of_this_process
from mlops_jupyter.tracking.capture.outputs import BIG, PackedCell, Packer, dicts, dumps

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mlops_jupyter.workspace import Workspace

# A notebook larger than this is not read while a cell waits.
LIMIT = 100_000_000


class SavedNotebook(NamedTuple):
    """A notebook on disk, and its cells ready for a run."""

    saved: order.Saved
    cells: list[PackedCell]
    metadata: Mapping[str, Any]


@dataclass
class Reader:
    """Reads notebooks, each state of one once."""

    packer: Packer
    _key: object = None
    _last: SavedNotebook | None = None

    def read(self, path: Path, *, outputs: bool) -> SavedNotebook:
        """Read a notebook.

        Raises
        ------
        OSError
            There is none, or it cannot be read.
        ValueError
            It is no notebook, or too large.
        """
        stat = path.stat()
        state = (path, stat.st_mtime_ns, stat.st_size, outputs, self.packer.masker.generation)
        if self._last is not None and state == self._key and _there(self._last):
            return self._last
        if stat.st_size > LIMIT:
            raise ValueError(f"larger than {LIMIT // 1_000_000} MB")
        try:
            content = json.loads(path.read_bytes())
        except RecursionError:
            raise ValueError("nested too deeply") from None
        if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
            raise ValueError("not a notebook of format 4")  # noqa: TRY004 - a content, not a type
        for _, source in order.saved_cells(content):
            self.packer.masker.source(source)  # all code before any output: see Journal.learn
        cells = [
            self._cell(cell, number, outputs=outputs)
            for number, cell in enumerate(content["cells"])
            if isinstance(cell, dict)
        ]
        metadata = content.get("metadata")
        found = SavedNotebook(
            order.Saved(order.saved_cells(content), stat.st_mtime),
            cells,
            metadata if isinstance(metadata, dict) else {},
        )
        key = (*state[:-1], self.packer.masker.generation)
        self._key, self._last = key, found
        return found

    def _cell(self, cell: dict[str, Any], number: int, *, outputs: bool) -> PackedCell:
        source = order.joined(cell.get("source"))
        wanted = ("cell_type", "id", "execution_count")
        kept: dict[str, Any] = {key: cell[key] for key in wanted if key in cell}
        kept.setdefault("id", f"cell-{number}")
        metadata = cell.get("metadata")
        kept["metadata"] = dict(metadata) if isinstance(metadata, dict) else {}
        if cell.get("cell_type") == "code":
            kept["source"] = self.packer.masker.source(source).text
            shown = dicts(cell.get("outputs")) if outputs else []
            return self.packer.cell(kept, [self.packer.output(output) for output in shown])
        kept["source"] = self.packer.masker.text(source)
        files: dict[str, Path] = {}
        if pictures := cell.get("attachments"):
            text = dumps(pictures)
            if len(text) <= BIG:
                kept["attachments"] = pictures
            else:
                digest, stored = self.packer.beside(text)
                files[f"outputs/{digest}.json"] = stored
                kept["metadata"]["mlops"] = {"attachments": digest}
        return PackedCell(dumps(kept), files)


@functools.lru_cache(maxsize=4)
def reader_of(workspace: Workspace) -> Reader:
    """Return the workspace's reader, whose memory makes the next run's capture quick."""
    return Reader(Packer(workspace, of_this_process()))


def _there(notebook: SavedNotebook) -> bool:
    return all(path.exists() for cell in notebook.cells for path in cell.files.values())

"""Notebooks packed for keeping: what is big lies beside them, once per content.

A packed notebook is a notebook still: where a big output was, it has a line that says so, and the
name of the file beside it in its metadata. `unpack` puts everything back.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlops_jupyter.tracking.capture import objects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from mlops_jupyter.tracking.capture.masking import Masker
    from mlops_jupyter.workspace import Workspace

# Outputs longer than this, as JSON, lie beside the notebook.
BIG = 600
# One output longer than this is not kept.
LIMIT = 8_000_000
# A notebook longer than this, its outputs aside, is kept in pieces, so that the next run's
# notebook, which differs in a few cells, shares the others.
_WHOLE = 32_000
_PIECE = 16  # cells in a piece, about
_LEVELS = 3  # pieces of pieces of pieces: a million cells
_MOST = 100_000  # cells that are read back
_CACHED = 4_000
_BIG_ERROR = 20_000
_NAME = 32  # hexadecimal digits of a digest in the name of a file: folders stay small
_DIGEST = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class PackedCell:
    """A cell, or an output, as the JSON of a notebook, and the objects that hold what is big."""

    text: str
    files: Mapping[str, Path] = field(default_factory=dict)


class Packer:
    """Packs outputs, and remembers what it packed: most are the same in the next run.

    Parameters
    ----------
    workspace : Workspace
        Whose objects hold what is big.
    masker : Masker
        Masks credentials in what is kept.
    """

    def __init__(self, workspace: Workspace, masker: Masker) -> None:
        self.workspace = workspace
        self.masker = masker
        self._packed: OrderedDict[tuple[int, int], tuple[int, PackedCell]] = OrderedDict()

    def cell(self, cell: Mapping[str, Any], outputs: Iterable[PackedCell]) -> PackedCell:
        """Pack a code cell, masked already, with its packed outputs."""
        outputs = list(outputs)
        files = {name: path for output in outputs for name, path in output.files.items()}
        texts = ",".join(output.text for output in outputs)
        return PackedCell(f'{dumps(cell)[:-1]},"outputs":[{texts}]}}', files)

    def again(self, packed: PackedCell) -> PackedCell:
        """Pack an output anew: its file may be gone, a credential in it known by now."""
        try:
            content = next((path.read_bytes() for path in packed.files.values()), None)
        except OSError:
            return PackedCell(dumps(note("[output not kept: freed since]")))
        return self.output(json.loads(packed.text if content is None else content))

    def output(self, output: Mapping[str, Any]) -> PackedCell:
        """Mask an output, and put it beside the notebook when it is big."""
        raw = dumps(output)
        key = (hash(raw), len(raw))
        known = self._packed.get(key)
        if known is not None and known[0] == self.masker.generation:
            packed = known[1]
            if all(path.exists() for path in packed.files.values()):
                return packed
        packed = self._pack(output, raw)
        self._packed[key] = (self.masker.generation, packed)
        if len(self._packed) > _CACHED:
            self._packed.popitem(last=False)
        return packed

    def beside(self, text: str) -> tuple[str, Path]:
        """Store JSON as an object; return its digest and file."""
        path = objects.put(self.workspace, text.encode(errors="surrogatepass"))
        return (path.parent.name + path.name)[:_NAME], path

    def _pack(self, output: Mapping[str, Any], raw: str) -> PackedCell:
        if len(raw) > LIMIT:
            return PackedCell(dumps(note(f"[output of {_size(len(raw))} not kept: too long]")))
        masked = dumps(self.masker.output(output))
        # A traceback is what one opens a failed notebook for.
        if len(masked) <= (_BIG_ERROR if output.get("output_type") == "error" else BIG):
            return PackedCell(masked)
        digest, path = self.beside(masked)
        kinds = ", ".join(k for k in output.get("data", ()) if not k.startswith("text/plain"))
        what = kinds or output.get("name") or output.get("output_type", "output")
        line = note(f"[{what}, {_size(len(masked))}]", output=digest)
        return PackedCell(dumps(line), {f"outputs/{digest}.json": path})

    def notebook(
        self, name: str, cells: list[PackedCell], metadata: Mapping[str, Any]
    ) -> dict[str, bytes | Path]:
        """Return the files of a notebook: itself, and what lies beside it.

        Parameters
        ----------
        name : str
            Path of the notebook within the run.
        cells : list of PackedCell
            Its cells.
        metadata : mapping
            Its metadata.
        """
        folder = name.rpartition("/")[0]
        files: dict[str, bytes | Path] = {
            f"{folder}/{path}": stored for cell in cells for path, stored in cell.files.items()
        }
        texts = [cell.text for cell in cells]
        for level in range(_LEVELS):
            if sum(map(len, texts)) <= _WHOLE:
                break
            texts = self._pieces(folder, texts, files, level)
        tail = dumps({"metadata": metadata, "nbformat": 4, "nbformat_minor": 5})
        content = '{"cells":[' + ",\n".join(texts) + "]," + tail[1:]
        files[name] = content.encode(errors="surrogatepass")
        return files

    def _pieces(
        self, folder: str, texts: list[str], files: dict[str, bytes | Path], level: int
    ) -> list[str]:
        """Put cells beside the notebook by pieces, cut where a cell's content says so.

        A cell that is added or changed then changes its own piece, and no other. Where there are
        very many pieces, they are put together the same way.
        """
        pieces: list[list[str]] = [[]]
        for text in texts:
            pieces[-1].append(text)
            cut = zlib.crc32(text.encode(errors="surrogatepass")) % _PIECE == 0
            if cut or len(pieces[-1]) >= 8 * _PIECE:
                pieces.append([])
        lines = []
        for number, piece in enumerate(filter(None, pieces)):
            digest, path = self.beside("[" + ",\n".join(piece) + "]")
            files[f"{folder}/cells/{digest}.json"] = path
            lines.append(
                dumps(
                    {
                        "cell_type": "raw",
                        "id": f"piece-{level}-{number}",
                        "metadata": {"mlops": {"cells": digest}},
                        "source": f"[{len(piece)} cells]",
                    }
                )
            )
        return lines


def unpack(notebook: dict[str, Any], read: Callable[[str], bytes]) -> dict[str, Any]:
    """Return a packed notebook as it was.

    Parameters
    ----------
    notebook : dict
        Its JSON; it is changed.
    read : callable
        Takes a path beside the notebook, such as ``outputs/<digest>.json``; raises OSError where
        there is none.
    """
    cells = dicts(notebook.get("cells"))
    for _ in range(_LEVELS):
        cells = _opened(cells, read)
    for cell in cells:
        if "outputs" in cell:
            cell["outputs"] = [_whole(output, read) for output in dicts(cell["outputs"])]
        if digest := _named(cell, "attachments"):
            cell["attachments"] = _read(read, f"outputs/{digest}.json") or {}
            del cell["metadata"]["mlops"]
    notebook["cells"] = cells
    return notebook


def _opened(cells: list[dict[str, Any]], read: Callable[[str], bytes]) -> list[dict[str, Any]]:
    """Put cells in the place of each piece; a hostile one may name itself over and over."""
    found: list[dict[str, Any]] = []
    for cell in cells:
        digest = _named(cell, "cells") if len(found) < _MOST else None
        piece = _read(read, f"cells/{digest}.json") if digest else None
        found += dicts(piece) if piece is not None else [cell]
    return found


def note(text: str, **marks: str) -> dict[str, Any]:
    """Return an output that says something in place of another."""
    metadata = {"mlops": marks} if marks else {}
    return {"output_type": "display_data", "data": {"text/plain": text}, "metadata": metadata}


def dumps(value: object) -> str:
    """Return JSON, the same for the same content; what JSON has no word for as text."""
    return json.dumps(
        value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=_plain
    )


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return str(value)


def _whole(output: dict[str, Any], read: Callable[[str], bytes]) -> dict[str, Any]:
    digest = _named(output, "output")
    whole = _read(read, f"outputs/{digest}.json") if digest else None
    return whole if isinstance(whole, dict) else output


def _named(part: dict[str, Any], mark: str) -> str | None:
    """Return the digest that a part of a notebook names; it may come from anywhere."""
    metadata = part.get("metadata")
    marks = metadata.get("mlops") if isinstance(metadata, dict) else None
    digest = marks.get(mark) if isinstance(marks, dict) else None
    return digest if isinstance(digest, str) and _DIGEST.fullmatch(digest) else None


def _read(read: Callable[[str], bytes], path: str) -> Any:
    try:
        return json.loads(read(path))
    except (OSError, ValueError):
        return None


def dicts(value: object) -> list[dict[str, Any]]:
    """Return what is an object in a list that may be anything."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _size(characters: int) -> str:
    return f"{characters / 1e6:.1f} MB" if characters >= 1e6 else f"{characters / 1e3:.0f} kB"

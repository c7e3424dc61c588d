"""What of a run leaves this machine, by ``[privacy]`` in ``mlops.toml``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlops_jupyter.workspace import Workspace

_OF_CODE = frozenset({"code", "journal", "notebook"})
_MAX_NOTEBOOK = 100_000_000


@dataclass(frozen=True)
class Leaves:
    """What may leave.

    Attributes
    ----------
    examples : bool
        Rows of the user's data, with the model that takes them.
    outputs : bool
        What cells showed.
    source : bool
        Notebook, journal and code.
    """

    examples: bool
    outputs: bool
    source: bool

    @classmethod
    def by_settings(cls, workspace: Workspace) -> Leaves:
        """Return what the workspace's settings say."""
        allows = workspace.settings.privacy.allows
        return cls(
            examples=allows("input_examples", remote=True),
            outputs=allows("outputs", remote=True),
            source=allows("source", remote=True),
        )

    def takes(self, path: str) -> bool:
        """Whether an artifact goes along."""
        first, *rest = PurePosixPath(path).parts
        if not self.source and first in _OF_CODE:
            return False
        return self.outputs or first not in _OF_CODE or rest[:1] not in (["outputs"], ["data"])

    def cleaned(self, path: str, place: Path) -> bytes | None:
        """Return an artifact's content without what stays; None where it goes as it is."""
        parts = PurePosixPath(path)
        piece = parts.parts[0] in _OF_CODE and parts.parts[1:2] == ("cells",)
        if self.outputs or not (parts.suffix == ".ipynb" or (piece and parts.suffix == ".json")):
            return None
        if place.stat().st_size > _MAX_NOTEBOOK:
            return b"{}"
        try:
            content = json.loads(place.read_bytes())
        except (ValueError, RecursionError):
            return b"{}"  # nobody can tell what is in it
        cells = content if isinstance(content, list) else content.get("cells", [])
        for cell in cells if isinstance(cells, list) else []:
            _without_outputs(cell)
        return json.dumps(content, ensure_ascii=False, sort_keys=True).encode(
            errors="surrogatepass"
        )


def _without_outputs(cell: Any) -> None:
    if isinstance(cell, dict) and cell.get("outputs"):
        cell["outputs"] = []

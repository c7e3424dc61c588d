"""Figures of later cells, kept with the run whose model they are drawn from.

Fit, predict, score and plot in four cells is the commonest notebook. MLflow follows predictions to
their metrics; figures are followed here, by names: those that stand for the model, those that were
made of them, and the pictures of a cell that uses one.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlops_jupyter.tracking.capture import objects
from mlops_jupyter.tracking.capture.cell_names import statements
from mlops_jupyter.tracking.capture.journal import current as current_journal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlops_jupyter.tracking.capture.executions import Entry
    from mlops_jupyter.tracking.writer import OpenRun
    from mlops_jupyter.workspace import Workspace

# So many of the newest runs are followed, and so many pictures of a cell kept, each so big at most.
_RUNS = 50
_PICTURES = 20
_LIMIT = 5_000_000
_KINDS = {"image/png": ".png", "image/jpeg": ".jpg", "image/svg+xml": ".svg"}


@dataclass
class _Followed:
    """A run, and the names that stand for its model or for what was made of it."""

    run: OpenRun
    names: set[str] = field(default_factory=set)


class Figures:
    """Follows the runs of one notebook."""

    def __init__(self) -> None:
        self._followed: list[_Followed] = []

    def trained(
        self, trained: list[tuple[OpenRun, Any]], source: str, namespace: Mapping[str, object]
    ) -> None:
        """Follow the models of a cell that has ended, by the names they have now.

        Parameters
        ----------
        trained : list of (OpenRun, object)
            Runs and their models.
        source : str
            The cell.
        namespace : mapping
            The notebook's variables.
        """
        for run, model in trained:
            known = {
                name
                for name, value in namespace.items()
                if value is model and not name.startswith("_")
            }
            if known:
                self._forget(known)
                followed = _Followed(run, known)
                for names in statements(source):  # predictions in the same cell
                    if followed.names & names.used:
                        followed.names |= names.bound
                self._followed.append(followed)
        del self._followed[:-_RUNS]

    def of_cell(self, source: str) -> tuple[OpenRun, dict[str, bytes]] | None:
        """Return the pictures of a cell that made no run, and the run they belong to."""
        if not self._followed:
            return None
        owner = next(
            (each for each in reversed(self._followed) if self._follow(each, source)), None
        )
        journal = current_journal()
        if owner is None or journal is None or not journal.entries:
            return None
        files = dict(_pictures(journal.entries[-1]))
        return (owner.run, files) if files else None

    def _forget(self, names: set[str]) -> None:
        for followed in self._followed:
            followed.names -= names

    @staticmethod
    def _follow(followed: _Followed, source: str) -> bool:
        """Follow names through a cell; return whether it uses one."""
        uses = False
        for names in statements(source):
            if followed.names & names.used:
                uses = True
                followed.names |= names.bound
            else:
                followed.names -= names.replaced
        return uses


def keep(workspace: Workspace, run: OpenRun, artifact_uri: str, files: Mapping[str, bytes]) -> None:
    """Add pictures to a run."""
    objects.store(workspace, run.client, run.run_id, artifact_uri, files)


def _pictures(entry: Entry) -> Iterator[tuple[str, bytes]]:
    """Return the pictures a cell has shown, by their path in the run."""
    found = 0
    for output in entry.outputs:
        data = output.get("data") if isinstance(output, dict) else None
        if not isinstance(data, dict):
            continue
        kind = next((kind for kind in _KINDS if isinstance(data.get(kind), str)), None)
        if kind is None or found == _PICTURES:
            continue
        content = _decoded(kind, data[kind])
        if content and len(content) <= _LIMIT:
            found += 1
            yield f"figures/cell-{entry.count or entry.number}-{found}{_KINDS[kind]}", content


def _decoded(kind: str, text: str) -> bytes:
    if kind == "image/svg+xml":
        return text.encode("utf-8", "replace")
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        return b""

"""Thousands of files of one folder are one input: the folder, with how many files were read."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlops_jupyter.tracking.capture.sightings import Read

# From so many files of one folder on.
_MANY = 8


@dataclass(frozen=True)
class Group:
    """Files of one folder, or of folders in it, that were read one by one."""

    folder: Path
    reads: tuple[Read, ...]


def grouped(reads: Iterable[Read], root: Path) -> tuple[list[Read], list[Group]]:
    """Return the reads that stand alone, and the groups.

    Parameters
    ----------
    reads : iterable of Read
        All of them.
    root : Path
        The workspace: groups are not joined across it.
    """
    alone: list[Read] = []
    by_folder: dict[Path, list[Read]] = defaultdict(list)
    for read in reads:
        if read.kind == "file" and read.path is not None:
            by_folder[read.path.parent].append(read)
        else:
            alone.append(read)
    many = {folder: found for folder, found in by_folder.items() if len(found) >= _MANY}
    for folder, found in by_folder.items():
        if folder not in many:
            alone += found
    return alone, [Group(folder, tuple(found)) for folder, found in _joined(many, root).items()]


def _joined(groups: dict[Path, list[Read]], root: Path) -> dict[Path, list[Read]]:
    """Join folders side by side (one per class, one per day) into the one that they lie in."""
    while True:
        siblings: dict[Path, list[Path]] = defaultdict(list)
        for folder in groups:
            siblings[folder.parent].append(folder)
        join = next(
            (
                (parent, folders)
                for parent, folders in siblings.items()
                if len(folders) > 1 and parent not in (root, *root.parents)
            ),
            None,
        )
        if join is None:
            return groups
        parent, folders = join
        together = groups.pop(parent, [])
        for folder in folders:
            together += groups.pop(folder)
        groups[parent] = together

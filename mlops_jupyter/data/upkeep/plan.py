"""What a clearing would remove, of data or of runs, and how many bytes that frees."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

Kind = TypeVar("Kind", bound=str)


@dataclass
class Plan(Generic[Kind]):
    """Counts what is removed by kind; a file is freed with the last of its names."""

    counts: Counter[Kind] = field(default_factory=Counter)
    sizes: Counter[Kind] = field(default_factory=Counter)
    kept: list[str] = field(default_factory=list)
    _names: Counter[tuple[int, int]] = field(default_factory=Counter)

    def add(self, kind: Kind, paths: Iterable[Path], *, count: int = 1) -> None:
        """Plan to remove one thing, or a part of one, which lies in these paths."""
        self.counts[kind] += count
        for path in paths:
            for _, stat, is_folder in walk(path):
                self._names[stat.st_dev, stat.st_ino] += 1
                if is_folder or self.names_left(stat) == 0:
                    self.sizes[kind] += on_disk(stat)

    def names_left(self, stat: os.stat_result) -> int:
        """Return how many names a file will have."""
        return stat.st_nlink - self._names[stat.st_dev, stat.st_ino]

    def by_kind(self) -> list[tuple[Kind, int, int]]:
        """Return of each kind how many things go, and how many bytes with them."""
        return [(kind, count, self.sizes[kind]) for kind, count in self.counts.items() if count]


def remove(path: Path) -> bool:
    """Remove a file, or a folder and all below it; return whether it is gone."""
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError:  # somebody else may have removed it as well
        return not os.path.lexists(path)
    return True


def walk(path: Path) -> Iterator[tuple[Path, os.stat_result, bool]]:
    """Give a path and all below it, with whether it is a folder; links are not followed.

    What goes away meanwhile is passed over.
    """
    try:
        stat = path.lstat()
    except OSError:
        return
    is_folder = path.is_dir() and not path.is_symlink()
    yield path, stat, is_folder
    if is_folder:
        try:
            below = sorted(path.iterdir())
        except OSError:
            return
        for child in below:
            yield from walk(child)


def on_disk(stat: os.stat_result) -> int:
    """Return the bytes a file takes; its length where the platform does not say."""
    blocks = getattr(stat, "st_blocks", None)
    return stat.st_size if blocks is None else int(blocks) * 512

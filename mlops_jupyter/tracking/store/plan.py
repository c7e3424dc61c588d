"""What a clearing would remove, and how many bytes that frees."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlops_jupyter.tracking.store.disk import on_disk, walk
from mlops_jupyter.tracking.store.records import FreedEntry

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from pathlib import Path

    from mlops_jupyter.tracking.store.records import FreedKind


@dataclass
class Plan:
    """Counts what is removed by kind; a file is freed with the last of its names."""

    counts: Counter[FreedKind] = field(default_factory=Counter)
    sizes: Counter[FreedKind] = field(default_factory=Counter)
    kept: list[str] = field(default_factory=list)
    _names: Counter[tuple[int, int]] = field(default_factory=Counter)

    def add(self, kind: FreedKind, paths: Iterable[Path]) -> None:
        """Plan to remove one thing, which lies in these paths."""
        self.counts[kind] += 1
        for path in paths:
            for _, stat, is_folder in walk(path):
                self._names[stat.st_dev, stat.st_ino] += 1
                if is_folder or self.names_left(stat) == 0:
                    self.sizes[kind] += on_disk(stat)

    def names_left(self, stat: os.stat_result) -> int:
        """Return how many names a file will have."""
        return stat.st_nlink - self._names[stat.st_dev, stat.st_ino]

    def entries(self) -> list[FreedEntry]:
        """Return what is freed, by kind, the biggest first."""
        found = [
            FreedEntry(kind=kind, count=count, size=self.sizes[kind])
            for kind, count in self.counts.items()
            if count
        ]
        return sorted(found, key=lambda entry: -entry.size)


def remove(path: Path) -> bool:
    """Remove a file, or a folder and all below it; return whether it is gone."""
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except FileNotFoundError:  # somebody else removes it as well
        return True
    except OSError:
        return False
    return True

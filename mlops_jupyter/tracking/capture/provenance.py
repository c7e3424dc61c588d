"""Which earlier cells a cell builds on, told by the names they share.

A notebook reads at the top, trains ten cells below, and reads other things in between. What was
read in one cell belongs to what trains in another when names lead from one to the other: the first
assigned or changed ``df``, a second made ``X`` of it, the third trains on ``X``. Names of
installed packages lead nowhere. A cell whose source does not tell what it touches (``exec``,
``%run``) is taken to use and change everything: an input too many is better than one missing.
"""

from __future__ import annotations

import sys
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import TYPE_CHECKING

from mlops_jupyter.tracking.capture.cell_names import Names, names_of
from mlops_jupyter.tracking.capture.libraries import is_library

if TYPE_CHECKING:
    from collections.abc import Mapping

# Source is looked at when somebody asks, at the latest after so many cells.
_PENDING = 50
_ANY_NAME = "*"


class Provenance:
    """Follows what was read from name to name; cells are numbered from 1, 0 is before the first.

    Parameters
    ----------
    namespace : mapping
        The notebook's variables: what a name stands for.
    """

    def __init__(self, namespace: Mapping[str, object]) -> None:
        self.cell = 0
        self._namespace = namespace
        self._pending: list[tuple[int, str]] = []
        self._reading: set[int] = set()
        self._failed: set[int] = set()
        # The cells whose reads may have reached a name.
        self._reached: dict[str, set[int]] = {}
        # What a function uses, it uses when it is called.
        self._needs: dict[str, set[str]] = {}
        self._here: set[int] = set()

    def begin(self, source: str) -> None:
        """Begin the next cell; the one before has ended."""
        if len(self._pending) > _PENDING:
            self._follow()
        self.cell += 1
        self._pending.append((self.cell, source))

    def note_failure(self) -> None:
        """The current cell has raised: it may not have come to what it says."""
        self._failed.add(self.cell)

    def note_read(self) -> None:
        """The current cell has read something."""
        self._reading.add(self.cell)

    def reaches_here(self, cell: int) -> bool:
        """Whether what was read in `cell` may be in use in the current one."""
        if cell in (0, self.cell):
            return True
        self._follow()
        return cell in self._here

    def _follow(self) -> None:
        """Go through the cells since the last time; the last one is kept: it may read yet."""
        for number, source in self._pending:
            names = names_of(source)
            self._here = self._sources(names)
            marks = self._here | ({number} & self._reading)
            if names is None:
                self._mark({_ANY_NAME}, marks)
                continue
            for name in names.replaced if number not in self._failed else ():
                self._reached.pop(name, None)
                self._needs.pop(name, None)
            self._needs |= names.needs
            # A function keeps nothing of what it is given: the next call starts anew.
            self._mark((names.bound | names.used) - self._needs.keys(), marks)
        self._pending = self._pending[-1:]
        self._failed &= {self.cell}

    def _mark(self, names: set[str], marks: set[int]) -> None:
        for name in names if marks else ():
            if self._is_library(name):
                continue
            self._reached.setdefault(name, set()).update(marks)

    def _sources(self, names: Names | None) -> set[int]:
        """Return the cells whose reads may have reached what a cell uses."""
        if names is None:
            return set().union(*self._reached.values())
        todo = list(names.used)
        seen = {_ANY_NAME}
        while todo:
            name = todo.pop()
            if name not in seen and not self._is_library(name):
                seen.add(name)
                todo += self._needs.get(name, ())
        return set().union(*(self._reached.get(name, ()) for name in seen))

    def _is_library(self, name: str) -> bool:
        """Whether a name stands for a module of an installed package, or a function out of one."""
        value = self._namespace.get(name)
        if isinstance(value, ModuleType):
            return is_library(value)
        if not isinstance(value, (FunctionType, BuiltinFunctionType, type)):
            return False
        module = str(getattr(value, "__module__", ""))
        # The kernel's own main module lies where packages do.
        return module != "__main__" and is_library(sys.modules.get(module))

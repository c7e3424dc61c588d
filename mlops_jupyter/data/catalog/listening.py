"""Who wants to know which versions are loaded and taken: lineage of runs is found out so.

Rooms above register here; this room knows none of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, ParamSpec

if TYPE_CHECKING:
    from mlops_jupyter.data.records import DataVersion

Told = ParamSpec("Told")


class Listeners(Generic[Told]):
    """Those who are told when something happens."""

    def __init__(self) -> None:
        self._listeners: list[Callable[Told, None]] = []

    def add(self, listener: Callable[Told, None]) -> None:
        """Tell `listener` from now on."""
        if listener not in self._listeners:
            self._listeners.append(listener)

    def remove(self, listener: Callable[Told, None]) -> None:
        """Tell it no longer."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def tell(self, *args: Told.args, **kwargs: Told.kwargs) -> None:
        """Tell all."""
        for listener in list(self._listeners):
            listener(*args, **kwargs)


# A version, and the frame that came of it.
loaded: Listeners[[DataVersion, Any]] = Listeners()
# A version of what is there now, one that was there already as well.
taken: Listeners[[DataVersion]] = Listeners()

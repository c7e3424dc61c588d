"""Who wants to know which versions are loaded: a run's inputs are found out so.

Rooms above register here; this room knows none of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlops_jupyter.data.records import DataVersion

Listener = Callable[["DataVersion", Any], None]

_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Tell `listener` of each version that is loaded, and the frame that came of it."""
    if listener not in _listeners:
        _listeners.append(listener)


def stop_listening(listener: Listener) -> None:
    """Tell it no longer."""
    if listener in _listeners:
        _listeners.remove(listener)


def tell(version: DataVersion, frame: Any) -> None:
    """Tell all of a version that was loaded."""
    for listener in _listeners:
        listener(version, frame)

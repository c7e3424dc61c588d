"""MLflow's autologging state, one for each thread.

MLflow keeps it for the process: of two fits at once one passes for nested in the other, one that
fails to log keeps the other from logging, and metrics of later cells may stay off for ever.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

# With this MLflow switches metrics of later cells off while it computes its own.
_METRICS_SWITCH = "_log_post_training_metrics_enabled"


def per_thread() -> Callable[[], None]:
    """Give each thread its own state; return what takes it back.

    Where a later MLflow keeps it otherwise, nothing is done.
    """
    undo = [_training_sessions(), _metrics_switch(), _outermost_calls()]

    def undo_all() -> None:
        for step in undo:
            step()

    return undo_all


def _training_sessions() -> Callable[[], None]:
    import mlflow.sklearn

    kind: Any = getattr(mlflow.sklearn, "_SklearnTrainingSession", None)
    before = getattr(kind, "_session_stack", None)
    if not isinstance(before, list):
        return lambda: None
    kind._session_stack = PerThread()  # noqa: SLF001 - there is no public way
    return lambda: setattr(kind, "_session_stack", before)


def _metrics_switch() -> Callable[[], None]:
    import mlflow.sklearn

    manager = getattr(mlflow.sklearn, "_AUTOLOGGING_METRICS_MANAGER", None)
    if not hasattr(manager, _METRICS_SWITCH):
        return lambda: None
    kind: Any = type(manager)
    setattr(kind, _METRICS_SWITCH, switch_per_thread())
    return lambda: delattr(kind, _METRICS_SWITCH)


def _outermost_calls() -> Callable[[], None]:
    from mlflow.utils.autologging_utils import safety

    name = "_AutologgingSessionManager"
    before: Any = getattr(safety, name, None)
    if before is None or "_session" not in vars(before):
        return lambda: None
    setattr(safety, name, _SessionPerThread(name, (before,), {}))
    return lambda: setattr(safety, name, before)


class _SessionPerThread(type):
    """Of a class whose one attribute ``_session`` each thread has for itself."""

    def __init__(cls, name: str, bases: tuple[type, ...], names: dict[str, Any]) -> None:
        super().__init__(name, bases, names)
        cls.threads = threading.local()

    @property
    def _session(cls) -> Any:
        return getattr(cls.threads, "session", None)

    @_session.setter
    def _session(cls, session: Any) -> None:
        cls.threads.session = session


def switch_per_thread() -> property:
    """Return an attribute that is true, and that each thread switches off for itself.

    MLflow restores its own to what it was in another thread: off for ever, if they overlap.
    """
    threads = threading.local()

    def get(_self: object) -> bool:
        return getattr(threads, "on", True)

    def put(_self: object, on: bool) -> None:
        threads.on = on

    return property(get, put)


class PerThread:
    """A stack that each thread has for itself.

    MLflow keeps its training sessions in one list for all threads, so that a fit in a second
    thread passes for one nested in the first, and is not logged.
    """

    def __init__(self) -> None:
        self._threads = threading.local()

    @property
    def _stack(self) -> list[Any]:
        if not hasattr(self._threads, "stack"):
            self._threads.stack = []
        stack: list[Any] = self._threads.stack
        return stack

    def append(self, entry: Any) -> None:
        """Put on top."""
        self._stack.append(entry)

    def pop(self) -> Any:
        """Take from the top."""
        return self._stack.pop()

    def __len__(self) -> int:
        return len(self._stack)

    def __getitem__(self, index: int) -> Any:
        return self._stack[index]

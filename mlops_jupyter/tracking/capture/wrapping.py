"""Putting a function around another one, so that nobody notices but us.

A wrapped function keeps its name, signature and documentation; it can be pickled, and is found
under its name in another process, where nothing is wrapped. It is called as if from the line that
called us: libraries look at their caller's frame for the line a warning is about, or (DuckDB) for
the frame that a query names.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import threading
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from mlops_jupyter.tracking.capture.libraries import is_the_users

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType, FrameType

_inside = threading.local()


Token = TypeVar("Token")


class Observer(Protocol[Token]):
    """Is told of calls; changes nothing of what it is given."""

    def before(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Token:
        """Look at the arguments; what is returned is handed to `after`."""

    def after(self, token: Token, result: Any) -> None:
        """Look at the result, when the call has not raised."""

    def failed(self, error: Exception) -> None:
        """One of the two has raised: the call goes on all the same."""


class Wrapped:
    """A wrapped attribute of a module or class: `undo` puts the original back.

    Parameters
    ----------
    owner : module or type
        Where the function is found.
    name : str
        Its name there.
    observer : Observer
        Is told of outermost calls: what a reader calls in turn is its own business.

    Raises
    ------
    AttributeError
        There is no such function, or its owner takes no other.
    """

    def __init__(self, owner: Any, name: str, observer: Observer[Any]) -> None:
        self._owner = owner
        self._name = name
        self._original = vars(owner)[name] if isinstance(owner, type) else getattr(owner, name)
        self._wrapper = _around(self._original, observer)
        if not isinstance(owner, type):
            # Pickle looks functions up by these.
            self._wrapper.__module__ = owner.__name__
            self._wrapper.__qualname__ = name
        try:
            setattr(owner, name, self._wrapper)
        except TypeError as error:
            raise AttributeError(str(error)) from None

    def undo(self) -> None:
        """Put the original back, where nobody else has replaced ours since."""
        if vars(self._owner).get(self._name) is self._wrapper:
            setattr(self._owner, self._name, self._original)


@contextlib.contextmanager
def unobserved() -> Iterator[None]:
    """Let this thread call readers without being observed."""
    before = getattr(_inside, "a_call", False)
    _inside.a_call = True
    try:
        yield
    finally:
        _inside.a_call = before


def is_inside() -> bool:
    """Whether this thread is inside a wrapped call, or `unobserved`."""
    return getattr(_inside, "a_call", False)


def _around(original: Callable[..., Any], observer: Observer[Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True  # IPython shows the user's line, and the library's
        caller = sys._getframe(1)  # noqa: SLF001 - inspect.currentframe is the same, slower
        if is_inside() or not is_the_users(caller):
            return _call_from(caller, original, args, kwargs)
        with unobserved():
            token = _told(observer, observer.before, args, kwargs)
            result = _call_from(caller, original, args, kwargs)
            _told(observer, observer.after, token, result)
        return result

    wrapper.__mlops_original__ = original  # type: ignore[attr-defined]  # marks our wrapper
    return wrapper


def _told(observer: Observer[Any], method: Callable[..., object], *what: object) -> object:
    try:
        return method(*what)
    except Exception as error:  # noqa: BLE001 - the call is the user's: told later, not raised
        observer.failed(error)
        return None


def _call_from(
    caller: FrameType, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    __tracebackhide__ = True
    code = _line(caller.f_code.co_filename, caller.f_lineno or 1)
    names = {
        **(caller.f_locals if caller.f_locals is not caller.f_globals else {}),
        "__tracebackhide__": True,
        "__mlops_call__": functools.partial(function, *args, **kwargs),
    }
    return eval(code, caller.f_globals, names)  # noqa: S307 - our own code, in the caller's frame


@functools.lru_cache(maxsize=256)
def _line(filename: str, number: int) -> CodeType:
    code = compile("__mlops_call__()", filename, "eval", dont_inherit=True)
    return code.replace(co_firstlineno=number)

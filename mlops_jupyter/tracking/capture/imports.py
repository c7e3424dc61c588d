"""Being told when a library is imported, so that nothing heavy is imported before it is needed."""

from __future__ import annotations

import sys
from importlib.abc import Loader, MetaPathFinder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType


class ImportWatcher(MetaPathFinder):
    """Calls back once a watched top-level package has been imported.

    It stands first in ``sys.meta_path`` between `start` and `stop`, and is passed over for every
    other module after one look into a dictionary.

    Parameters
    ----------
    callbacks : dict
        Package name -> what to call after its import. An exception in it would break the user's
        import, so callbacks must not raise.
    """

    def __init__(self, callbacks: dict[str, Callable[[], None]]) -> None:
        self._callbacks = callbacks
        self._resolving: set[str] = set()

    def start(self) -> None:
        """Watch from now on; packages that are there already are reported at once."""
        for name in list(self._callbacks):
            if name in sys.modules:
                self._callbacks[name]()
        sys.meta_path.insert(0, self)

    def stop(self) -> None:
        """Watch no longer."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Let the other finders find the package, and wrap its loader."""
        if fullname not in self._callbacks or fullname in self._resolving:
            return None
        self._resolving.add(fullname)
        try:
            spec = _find_elsewhere(self, fullname, path, target)
        finally:
            self._resolving.discard(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = _CallingLoader(spec.loader, self._callbacks[fullname])
        return spec


class _CallingLoader(Loader):
    """A loader that calls back after it has executed the module."""

    def __init__(self, inner: Loader, callback: Callable[[], None]) -> None:
        self._inner = inner
        self._callback = callback

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)  # get_data, get_source … of the real one

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._inner.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._inner.exec_module(module)
        # From here on the module looks as if we had never been there.
        module.__loader__ = self._inner
        if module.__spec__ is not None:
            module.__spec__.loader = self._inner
        self._callback()


def _find_elsewhere(
    watcher: MetaPathFinder, name: str, path: Sequence[str] | None, target: ModuleType | None
) -> ModuleSpec | None:
    for finder in sys.meta_path:
        if finder is watcher or not hasattr(finder, "find_spec"):
            continue
        spec = finder.find_spec(name, path, target)
        if spec is not None:
            return spec
    return None

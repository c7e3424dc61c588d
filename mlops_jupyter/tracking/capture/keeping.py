"""Copies of what runs have read, made by a thread after the cell.

In the cell it is only decided whether there will be a copy; a copy that could not be made is told
with the next run.
"""

from __future__ import annotations

import atexit
import os
import queue
import threading
from typing import TYPE_CHECKING

from mlops_jupyter.data.catalog import automatic
from mlops_jupyter.errors import MlopsError
from mlops_jupyter.tracking.capture.libraries import is_temporary
from mlops_jupyter.tracking.capture.wrapping import unobserved

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from mlops_jupyter.data.catalog.automatic import Sighting
    from mlops_jupyter.git.refs import State
    from mlops_jupyter.workspace import Workspace

# How long a process that ends waits for copies that are under way.
_AT_EXIT_S = 30.0

_keepers: dict[tuple[int, Path], Keeper] = {}


def of(workspace: Workspace) -> Keeper:
    """Return this process's keeper of a workspace; a forked process begins its own."""
    return _keepers.setdefault((os.getpid(), workspace.root), Keeper(workspace))


class Keeper:
    """Decides what is copied, and has it copied.

    Parameters
    ----------
    workspace : Workspace
        Whose files.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._has_dvc = False
        self._state: State | None = None
        self._known: dict[tuple[str, str], int] = {}
        self._forgotten: set[str] = set()
        self._pending: dict[tuple[str, str], int] = {}
        self._in_git: set[tuple[str, str]] = set()
        self._told: set[str] = set()
        self._news: list[str] = []
        self._jobs: queue.Queue[tuple[tuple[str, str], Sighting]] = queue.Queue()
        self._turn = threading.Lock()
        self._thread: threading.Thread | None = None

    def offer(self, sightings: Sequence[Sighting]) -> dict[Path, str]:
        """Have kept what was read, as far as it may be.

        Returns
        -------
        dict of Path to str
            The references by which copies are found.
        """
        if not sightings or not self._can_keep():
            return {}
        self._look()
        places = {s.path: automatic.place_of(self._workspace, s.path) for s in sightings}
        if any(self._is_elsewhere(path) for path, place in places.items() if place is None):
            self._tell("copies of files outside the workspace: only their hashes are kept")
        named = [(key, s) for s in sightings if (key := (places[s.path] or "", s.hash))[0]]
        self._ask_git([(key, s) for key, s in named if not self._is_known(key)])
        return {
            sighting.path: automatic.reference(*key)
            for key, sighting in named
            if self._is_known(key) or self._plan(key, sighting)
        }

    def news(self) -> list[str]:
        """Return what was not copied, and why; each once."""
        with self._turn:
            news, self._news = self._news, []
        return news

    def wait(self, seconds: float = _AT_EXIT_S) -> bool:
        """Wait until all copies are made that were decided on; return whether they are."""
        finished = self._jobs.all_tasks_done
        with finished:
            return finished.wait_for(lambda: not self._jobs.unfinished_tasks, seconds)

    def _can_keep(self) -> bool:
        if not self._has_dvc:
            from mlops_jupyter.data.cache.prepare import dvc_root

            self._has_dvc = dvc_root(self._workspace.root) is not None
        return self._has_dvc

    def _is_elsewhere(self, path: Path) -> bool:
        inside = path.resolve().is_relative_to(self._workspace.root.resolve())
        return not inside and not is_temporary(path)

    def _look(self) -> None:
        """Read what is kept already, where that may have changed."""
        state = automatic.refs_state(self._workspace)
        if state is not None and state == self._state:
            return
        from mlops_jupyter.data.catalog import history

        found = automatic.read(self._workspace)
        self._known = {(v.path, v.hash): v.size for v in found if v.forgotten is None}
        everything = [*found, *history.read(self._workspace)]
        self._forgotten = {v.hash for v in everything if v.forgotten is not None}
        self._state = state

    def _is_known(self, key: tuple[str, str]) -> bool:
        return key in self._known or key in self._pending

    def _ask_git(self, new: list[tuple[tuple[str, str], Sighting]]) -> None:
        unasked = {s.path: key for key, s in new if key not in self._in_git}
        tracked = automatic.in_git(self._workspace, [*unasked])
        self._in_git |= {unasked[path] for path in tracked}

    def _plan(self, key: tuple[str, str], sighting: Sighting) -> bool:
        """Decide whether something new is copied; if so, have it done."""
        if key in self._in_git:
            return False
        settings = self._workspace.settings.data
        size = sighting.size if sighting.size is not None else automatic.size_of(sighting.path)
        sizes = {hash_: size for (_, hash_), size in {**self._known, **self._pending}.items()}
        more = 0 if sighting.hash in sizes else size
        if sighting.hash in self._forgotten:
            self._tell(f"copy of {key[0]}: this content was forgotten (mlops data forget)")
        elif size > settings.copy_limit_mb * 1_000_000:
            self._tell(f"copy of {key[0]}: larger than copy_limit_mb in mlops.toml")
        elif sum(sizes.values()) + more > settings.keep_total_mb * 1_000_000:
            self._tell("copies of what was read: keep_total_mb in mlops.toml is reached (mlops gc)")
        else:
            self._pending[key] = size
            self._jobs.put((key, sighting))
            self._start()
            return True
        return False

    def _tell(self, what: str) -> None:
        with self._turn:
            if what not in self._told:
                self._told.add(what)
                self._news.append(what)

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="mlops-keep", daemon=True)
            self._thread.start()
            _before_the_end(self.wait)
            automatic.wait_by(self._workspace, self.wait)

    def _run(self) -> None:
        while True:
            key, sighting = self._jobs.get()
            try:
                with unobserved():
                    kept = automatic.keep(self._workspace, sighting)
                self._known[key] = kept.size
            except MlopsError as error:
                self._tell(f"copy of {key[0]}: {error.message}")
            except Exception as error:  # noqa: BLE001 - the end of the thread: told
                self._tell(f"copy of {key[0]}: {type(error).__name__}: {error}")
            finally:
                self._pending.pop(key, None)
                self._jobs.task_done()


def _before_the_end(wait: Callable[[], object]) -> None:
    """Have a process that ends wait while threads still may do all they do.

    When functions of `atexit` run, Python hands nothing more to pools of threads, and hashing of
    large files has one.
    """
    # Both want to be told of the end themselves, and can no longer say so once it has begun.
    import concurrent.futures.process
    import concurrent.futures.thread  # noqa: F401 - as above

    # Without it, small copies are made all the same.
    getattr(threading, "_register_atexit", atexit.register)(wait)

"""Delivering in the background, so that no cell waits for a server.

One thread for each server, started with the first run that is meant for it. It delivers when it is
woken, and now and then while something may change, so that others see a run that goes on. What it
has not done when the process ends waits for the next contact.
"""

from __future__ import annotations

import atexit
import functools
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter.errors import StoreUnavailable
from mlops_jupyter.tracking.store import opening as stores

if TYPE_CHECKING:
    from mlops_jupyter.workspace import Store, Workspace

# Seconds: how long a process that ends waits; how soon after a cell that may have added something;
# between looks at runs that go on, and at most.
AT_EXIT = 2.0
SOON = 2.0
INTERVAL, LONGEST_INTERVAL = 30.0, 600.0

_couriers: dict[tuple[Path, str], Courier] = {}
_turn = threading.Lock()


class Courier:
    """Delivers the runs of one workspace to one server; see `of`."""

    def __init__(self, workspace: Workspace, destination: Store) -> None:
        self._workspace = workspace
        self._destination = destination
        self._since = int(time.time() * 1000)
        self._state = threading.Condition()
        self._asked = 0
        self._done = 0
        self._due = 0.0
        self._thread: threading.Thread | None = None
        self._news: list[str] = []
        self._problem: str | None = None

    def wake(self) -> None:
        """Deliver what waits; returns at once."""
        with self._state:
            self._asked += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="mlops-sync", daemon=True)
                self._thread.start()
            self._state.notify_all()

    def nudge(self) -> None:
        """Look before long whether something has changed, where runs are delivered already."""
        with self._state:
            self._due = min(self._due, time.monotonic() + SOON)
            self._state.notify_all()

    def wait(self, seconds: float) -> bool:
        """Wait until what was asked for so far is done; return whether it is."""
        with self._state:
            asked = self._asked
            return self._state.wait_for(lambda: self._done >= asked, seconds)

    def news(self) -> list[str]:
        """Return what is to be told of the server, once each time that it fails."""
        with self._state:
            news, self._news = self._news, []
            return news

    def meet(self, seconds: float) -> None:
        """Ask the server whether it lives, and wait no longer than this for the answer."""
        answered = threading.Event()

        def ask() -> None:
            try:
                stores.probe(self._destination)
            except StoreUnavailable as error:
                self._told(error.message)
            answered.set()

        threading.Thread(target=ask, name="mlops-probe", daemon=True).start()
        if not answered.wait(seconds):
            self._told(f"the tracking server {self._destination.shown} is slow to answer")

    def _run(self) -> None:
        interval = INTERVAL
        while True:
            with self._state:
                self._due = time.monotonic() + interval
                while (left := self._due - time.monotonic()) > 0 and self._done >= self._asked:
                    self._state.wait(left)
                asked, woken = self._asked, self._asked > self._done
            moved = self._deliver()
            interval = INTERVAL if woken or moved else min(interval * 2, LONGEST_INTERVAL)
            with self._state:
                self._done = asked
                self._state.notify_all()

    def _deliver(self) -> bool:
        from filelock import Timeout

        from mlops_jupyter.tracking.transfer.delivery import deliver

        try:
            done = deliver(self._workspace, self._destination, since=self._since, patience=INTERVAL)
        except StoreUnavailable as error:
            self._told(error.message)
            return False
        except Timeout:  # another process delivers, ours among the rest
            return False
        except Exception as error:  # noqa: BLE001 - the end of the thread: kept, and told
            self._told(f"{type(error).__name__}: {error}")
            return False
        self._told(next((f"{name}: {why}" for name, why in done.failed.items()), None))
        return bool(done.delivered)

    def _told(self, problem: str | None) -> None:
        with self._state:
            if problem is not None and self._problem is None:
                self._news = [f"{problem}; runs are kept here, and delivered when it can be"]
            self._problem = problem


def of(workspace: Workspace, destination: Store) -> Courier:
    """Return this process's courier to a server."""
    _once()
    with _turn:
        key = (workspace.root, destination.uri)
        if key not in _couriers:
            _couriers[key] = Courier(workspace, destination)
        return _couriers[key]


def met(workspace: Workspace, destination: Store, seconds: float = stores.PROBE_TIMEOUT) -> Courier:
    """Return this process's courier; the first time, ask the server whether it lives."""
    known = (workspace.root, destination.uri) in _couriers
    courier = of(workspace, destination)
    if not known:
        courier.meet(seconds)
    return courier


def _leave() -> None:
    """Give what is on its way a moment, all in all, when the process ends."""
    end = time.monotonic() + AT_EXIT
    for courier in list(_couriers.values()):
        courier.wait(max(0.0, end - time.monotonic()))


def _begin_anew() -> None:
    """In a forked child: threads do not come along."""
    global _turn  # noqa: PLW0603 - another thread of the parent may have held it
    _turn = threading.Lock()
    _couriers.clear()


@functools.cache
def _once() -> None:
    """Be told of this process's forks and its end; not at import, which does nothing."""
    atexit.register(_leave)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_begin_anew)

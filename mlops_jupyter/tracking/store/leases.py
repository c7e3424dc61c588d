"""Leases: until when a run lives without a new sign, where nobody can see a lock.

A thread moves the lease on while the process lives. It is judged only when it has run out by a
margin for clocks that differ. A process that slept longer than that (a laptop's lid) takes its run
back when it wakes.
"""

from __future__ import annotations

import contextlib
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from mlops_jupyter.tracking import tags

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from mlops_jupyter.workspace import Store

BEAT = timedelta(minutes=1)
# Native code may hold the interpreter for minutes, so that no thread of it gets a turn.
LENGTH = timedelta(minutes=10)
MARGIN = timedelta(minutes=5)
# What a run says that was ended because nothing was heard of it.
UNHEARD = "the kernel ended before the run did"


class Lease:
    """Keeps the leases of one process's runs in one store.

    Parameters
    ----------
    store : Store
        Where they are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._runs: set[str] = set()
        self._turn = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    def tag(self) -> str:
        """Return the tag's value as of now."""
        return (datetime.now(UTC) + LENGTH).isoformat(timespec="seconds")

    def keep(self, run_id: str) -> None:
        """Move a run's lease on from now on."""
        with self._turn:
            self._runs.add(run_id)
            if self._thread is None:
                self._thread = threading.Thread(target=self._beat, name="mlops-lease", daemon=True)
                self._thread.start()

    def let_go(self, run_id: str) -> None:
        """Leave a run's lease as it is."""
        with self._turn:
            self._runs.discard(run_id)

    def _beat(self) -> None:
        from mlflow import MlflowClient

        client = MlflowClient(tracking_uri=self._store.uri)
        heard = datetime.now(UTC)
        while not self._stop.wait(BEAT.total_seconds()):
            with self._turn:
                runs = list(self._runs)
                if not runs:
                    self._thread = None
                    return
            slept = datetime.now(UTC) - heard > LENGTH
            # A server that is down for a beat is asked again at the next.
            with contextlib.suppress(Exception):
                for run_id in runs:
                    client.set_tag(run_id, tags.LEASE, self.tag())
                    if slept:
                        _take_back(client, run_id)
                heard = datetime.now(UTC)


def expired(lease: str) -> bool:
    """Whether a lease has run out for certain; what is no time at all has not."""
    try:
        until = datetime.fromisoformat(lease)
    except ValueError:
        return False
    return until.tzinfo is not None and datetime.now(UTC) > until + MARGIN


def _take_back(client: MlflowClient, run_id: str) -> None:
    run = client.get_run(run_id)
    if run.info.status == "KILLED" and run.data.tags.get(tags.ERROR) == UNHEARD:
        client.update_run(run_id, status="RUNNING")
        client.delete_tag(run_id, tags.ERROR)

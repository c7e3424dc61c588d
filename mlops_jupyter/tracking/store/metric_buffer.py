"""Metric points on their way into a store.

MLflow writes one point in milliseconds, while the training loop waits. Here a point waits in
memory for its batch: a thread writes batches, and whoever ends a run, opens the store to read or
ends the process writes what is left before. A killed process loses the last `INTERVAL` at most.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from mlops_jupyter.tracking.store import opening
from mlops_jupyter.tracking.store.failures import reason_of
from mlops_jupyter.workspace import Store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlflow import MlflowClient

# How long a point waits at most, in seconds, while the store takes them.
INTERVAL = 0.5
# So long nothing is tried again after a store refused, and no cell waits for it.
PAUSE = 5.0
# MLflow takes so many in a batch.
BATCH = 1000
# Points held while a store does not take them: about 50 MB.
CAPACITY = 200_000
_MAX_NAMES = 10_000
# Trying again is no use: the run was deleted, or the store takes no such point.
_FINAL = {
    "INVALID_PARAMETER_VALUE",
    "INVALID_STATE",
    "RESOURCE_DOES_NOT_EXIST",
    "BAD_REQUEST",
    "PERMISSION_DENIED",
}


class Point(NamedTuple):
    """One value of a metric, and the run and client it is to be written with."""

    client: MlflowClient
    run_id: str
    name: str
    value: float
    timestamp: int
    step: int


class MetricBuffer:
    """Takes points at once, and writes them in order.

    Parameters
    ----------
    capacity : int
        Points to hold at most; see `add`.
    """

    _failure: str

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._begin()

    def add(
        self, client: MlflowClient, run_id: str, values: Mapping[str, float], step: int = 0
    ) -> None:
        """Take points of one moment and step.

        Waits only where the buffer is full and its store takes points; where it takes none, the
        oldest points are lost, and `problems` says how many.
        """
        if len(self._points) + len(values) > self._capacity:
            self.flush()
        now = time.time_ns() // 1_000_000
        with self._changed:
            for name, value in values.items():
                moment = self._moment(run_id, name, step, now)
                self._points.append(Point(client, run_id, name, value, moment, step))
            while len(self._points) > self._capacity:
                self._lose(self._points.popleft())
            if not self._at_once:
                self._start_writing()
            if self._idle or len(self._points) >= BATCH:
                self._changed.notify()
        if self._at_once:
            self.flush()

    def flush(self) -> None:
        """Write what was added until now; nothing is raised, see `problems`."""
        if self._points or self._writing.locked():
            self._drain()

    def pending(self) -> int:
        """Return how many points are not written yet."""
        with self._changed:
            return len(self._points) + self._in_hand

    def problems(self) -> list[str]:
        """Return what could not be written and why, once."""
        with self._changed:
            lost = dict(self._lost)
            self._lost.clear()
            told = str(self._failure)
            self._failure = ""
            waiting = len(self._points)
        found = [f"{count:,} metric points: {reason}" for reason, count in lost.items()]
        if told and waiting:
            found.append(f"{waiting:,} metric points, tried again meanwhile: {told}")
        return found

    def forked(self) -> None:
        """Begin anew in a forked process: its parent writes what it holds.

        Such a process may end without a word, so each point is written at once.
        """
        self._begin()
        self._at_once = True

    def _begin(self) -> None:
        self._at_once = False
        self._points: deque[Point] = deque()
        self._in_hand = 0
        self._changed = threading.Condition()
        self._writing = threading.Lock()
        self._thread: threading.Thread | None = None
        self._idle = False
        self._newest: dict[tuple[str, str], tuple[int, int]] = {}
        self._lost: dict[str, int] = {}
        self._failure = ""
        self._failed_at = -PAUSE

    def _moment(self, run_id: str, name: str, step: int, now: int) -> int:
        """Return a timestamp that keeps a point apart from the earlier ones of its name.

        MLflow takes two points of one name, step, value and millisecond for one; and of one step
        and millisecond the greatest value for the last.
        """
        newest, last = self._newest.get((run_id, name), (step - 1, now))
        moment = max(now, last if step > newest else last + 1)
        if len(self._newest) > _MAX_NAMES:
            self._newest.clear()
        self._newest[run_id, name] = (max(step, newest), moment)
        return moment

    def _start_writing(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._keep_writing, name="mlops-metrics", daemon=True
            )
            self._thread.start()

    def _keep_writing(self) -> None:
        while True:
            with self._changed:
                self._idle = True
                self._changed.wait_for(lambda: self._points)
                self._idle = False
                self._changed.wait_for(lambda: len(self._points) >= BATCH, timeout=INTERVAL)
            self._drain()
            if self._failing():
                time.sleep(INTERVAL)

    def _failing(self) -> bool:
        return time.monotonic() - self._failed_at < PAUSE

    def _drain(self) -> None:
        """Write as many points as there are now; stop where the store refuses."""
        with self._writing:
            if self._failing():
                return
            left = len(self._points)
            while left > 0 and (points := self._take(min(left, BATCH))):
                left -= len(points)
                if not self._write(points):
                    return

    def _take(self, count: int) -> list[Point]:
        with self._changed:
            points = [self._points.popleft() for _ in range(min(count, len(self._points)))]
            self._in_hand = len(points)
        return points

    def _write(self, points: list[Point]) -> bool:
        """Write points run by run; what is not written is put back, also when the user stops it.

        MLflow takes a point that it has already for the same one.
        """
        try:
            while points:
                run_id = points[0].run_id
                if not self._send([point for point in points if point.run_id == run_id]):
                    return False
                points = [point for point in points if point.run_id != run_id]
            return True
        finally:
            with self._changed:
                self._points.extendleft(reversed(points))
                self._in_hand = 0

    def _send(self, batch: list[Point]) -> bool:
        """Write points of one run; whether there is nothing left to do for them."""
        from mlflow.entities import Metric
        from mlflow.exceptions import MlflowException

        metrics = [Metric(p.name, p.value, p.timestamp, p.step) for p in batch]
        try:
            _probe(batch[0].client)
            batch[0].client.log_batch(batch[0].run_id, metrics=metrics)
        except MlflowException as error:
            if error.error_code in _FINAL:
                self._lose(*batch, reason=_first_line(error))
                return True
            self._failed(_first_line(error))
            return False
        except Exception as error:  # noqa: BLE001 - told by `problems`; a thread has no caller
            self._failed(_first_line(error))
            return False
        return True

    def _failed(self, reason: str) -> None:
        with self._changed:
            self._failure = reason
            self._failed_at = time.monotonic()

    def _lose(self, *points: Point, reason: str = "") -> None:
        reason = reason or self._failure or "the store takes them too slowly"
        with self._changed:
            self._lost[reason] = self._lost.get(reason, 0) + len(points)


def _probe(client: MlflowClient) -> None:
    """Notice a dead server in a second; MLflow itself would try for longer."""
    opening.probe(Store(str(client.tracking_uri), "this session"))


def _first_line(error: Exception) -> str:
    return reason_of(error) or type(error).__name__


# The process's own: points of all its runs, in the order they came.
BUFFER = MetricBuffer()
opening.before_opening(BUFFER.flush)
atexit.register(BUFFER.flush)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=BUFFER.forked)

"""The sweep itself: trials to workers, what they came to back, until there are no more."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from mlops_jupyter.results import Event
from mlops_jupyter.sweeps import workers as _workers
from mlops_jupyter.sweeps.figures import is_ahead
from mlops_jupyter.sweeps.records import SweepTrial, TrialStatus
from mlops_jupyter.sweeps.trial import Job, Outcome, Trial
from mlops_jupyter.tracking.store.metric_buffer import INTERVAL

if TYPE_CHECKING:
    from mlops_jupyter.results import Events
    from mlops_jupyter.sweeps.family import Family
    from mlops_jupyter.sweeps.plan import Plan
    from mlops_jupyter.sweeps.searching import Trials
    from mlops_jupyter.sweeps.workers import Ended, Workers

# A trial that loses so many workers is given up: it is what kills them.
MOST_LOST = 3
# Why a trial ended that was no fault of its own.
STOPPED = "stopped with its sweep"
# How often the store is asked for metrics of trials that are going on, in seconds.
_WATCHING = 2 * INTERVAL
_WAITING = 0.5


class Sweeping:
    """One pass through the trials of a sweep.

    Parameters
    ----------
    plan : Plan
        What was asked for.
    family : Family
        Its runs.
    trials : Trials
        Where they come from.
    job : callable
        Makes a worker's job of a trial.
    events : callable
        Takes progress.
    """

    def __init__(
        self,
        plan: Plan,
        family: Family,
        trials: Trials,
        job: Callable[[Trial], Job],
        events: Events,
    ) -> None:
        self.ended: dict[int, SweepTrial] = {}
        self.logged: dict[int, Mapping[str, float | None]] = {}
        self._plan = plan
        self._family = family
        self._trials = trials
        self._job = job
        self._events = events
        self._next: list[Job] = []  # to be tried again
        self._more = True
        self._pruned: dict[int, _Pruned] = {}
        self._reported: dict[int, int] = {}
        self._watched = 0.0

    def earlier(self, found: Mapping[int, tuple[SweepTrial, Mapping[str, float]]]) -> None:
        """Take trials of earlier times."""
        for number, (trial, logged) in found.items():
            self.logged[number] = logged
            self.ended[number] = trial.model_copy(update={"value": self._value(logged)})

    def run(self, workers: Workers) -> None:
        """Try what there is to try; whatever ends this ends all trials."""
        try:
            self._tell_progress(workers)
            while self._fill(workers) or workers.running:
                for ended in workers.ended(within=_WAITING):
                    self._take(ended, workers)
                    self._tell_progress(workers)
                if self._plan.prune:
                    self._watch(workers)
        except BaseException:
            self._stop(workers)
            raise

    def _fill(self, workers: Workers) -> bool:
        """Give trials to workers without one; whether there may be further trials.

        A trial is asked for when there is a worker for it: until then others may teach something.
        """
        for worker in workers.idle() if self._more or self._next else ():
            job = self._next.pop(0) if self._next else self._ask()
            if job is None:
                self._more = False
                break
            workers.give(worker, job)
            self._tell_progress(workers)
        return self._more or bool(self._next)

    def _ask(self) -> Job | None:
        trial = self._trials.ask()
        return None if trial is None else self._job(trial)

    def _take(self, ended: Ended, workers: Workers) -> None:
        outcome = ended.outcome or self._of_lost(ended.job, workers)
        if outcome is None:
            self._next.insert(0, ended.job.again())
            return
        number = ended.job.trial.number
        status: TrialStatus = "FINISHED"
        if outcome.status != "FINISHED":
            status = "KILLED" if outcome.status == "KILLED" else "FAILED"
        if (pruned := self._pruned.pop(number, None)) and status != "FINISHED":
            status = "PRUNED"
            self._family.close(outcome.run_id, pruned.why, pruned_at=pruned.step)
        self._conclude(ended.job, outcome, status, pruned.why if pruned else outcome.error)

    def _conclude(self, job: Job, outcome: Outcome, status: TrialStatus, error: str | None) -> None:
        number, logged = job.trial.number, outcome.metrics
        if outcome.run_id and (self._plan.metric not in logged):
            logged = self._family.metrics_of(outcome.run_id)
        value = self._value(logged)
        self.logged[number] = logged
        self.ended[number] = SweepTrial(
            number=number,
            status=status,
            run_id=outcome.run_id or None,
            values=dict(job.trial.values),
            value=value,
            lost=job.lost,
            duration_s=outcome.duration_s,
            error=error if status != "FINISHED" else None,
        )
        if self._plan.prune and outcome.run_id and status == "FINISHED":
            # Later trials are held against it step by step, however short it was.
            for step, at_step in self._unreported(number, outcome.run_id):
                self._trials.report(number, step, at_step)
        self._trials.tell(number, status, value)

    def _value(self, logged: Mapping[str, float | None]) -> float | None:
        return logged.get(self._plan.metric) if self._plan.metric else None

    def _of_lost(self, job: Job, workers: Workers) -> Outcome | None:
        """Return what became of a trial whose worker was lost; None where it is tried again."""
        lost = job.lost + 1
        told = f"its worker was lost ({lost} of {MOST_LOST})"
        half = self._family.last_of(job.trial.number)
        run_id = half.info.run_id if half else ""
        if half and half.info.status in ("FINISHED", "FAILED"):
            return Outcome(run_id, half.info.status, half.data.metrics)  # it had just ended
        workers.kill([job.key])
        given_up = lost >= MOST_LOST
        if run_id:
            self._family.close(run_id, told, repeated=not given_up)
        self._events(Event(f"trial {job.trial.number}: {told}"))
        return Outcome(run_id, "KILLED", error=f"{told}: given up") if given_up else None

    def _watch(self, workers: Workers) -> None:
        """Report metrics of trials that are going on, and stop those that are not worth it."""
        if time.monotonic() - self._watched < _WATCHING:
            return
        self._watched = time.monotonic()
        going_on = self._family.going_on()
        for job in workers.running:
            number = job.trial.number
            if number in going_on and number not in self._pruned:
                self._report(number, going_on[number])
            if (pruned := self._pruned.get(number)) is not None:
                # Again and again: between two cells a kernel does not listen.
                late = time.monotonic() - pruned.since > _workers.GRACE
                (workers.kill if late else workers.interrupt)([job.key])

    def _report(self, number: int, run_id: str) -> None:
        for step, value in self._unreported(number, run_id):
            if self._trials.report(number, step, value):
                metric = self._plan.metric
                self._pruned[number] = _Pruned(step, f"pruned at step {step}: {metric} {value:g}")
                return

    def _unreported(self, number: int, run_id: str) -> Iterator[tuple[int, float]]:
        for step, value in self._family.points(run_id, self._plan.metric or ""):
            if step > self._reported.get(number, -1):
                self._reported[number] = step
                yield step, value

    def _stop(self, workers: Workers) -> None:
        """End all kernels, and close their runs: interrupted first, killed when they do not end."""
        running = workers.running
        if running:
            self._events(Event("stopping: kernels are being ended"))
        late = time.monotonic() + _workers.GRACE
        while workers.running and time.monotonic() < late + _workers.GRACE / 2:
            keys = [job.key for job in workers.running]
            (workers.kill if time.monotonic() > late else workers.interrupt)(keys)
            with contextlib.suppress(Exception):  # what a trial raises now changes nothing
                for ended in workers.ended(within=1.0):
                    if ended.outcome is not None and ended.outcome.status != "FINISHED":
                        self._family.close(ended.outcome.run_id, STOPPED)
        workers.kill([job.key for job in running])

    def _tell_progress(self, workers: Workers) -> None:
        best = None
        for trial in self.ended.values():
            if is_ahead(trial, best, self._plan.direction):
                best = trial
        parts = [f"{len(self.ended)} of {self._plan.total} trials"]
        if failed := sum(t.status in ("FAILED", "KILLED") for t in self.ended.values()):
            parts.append(f"{failed} failed")
        if best is not None and best.value is not None:
            given = ", ".join(f"{name}={value}" for name, value in best.values.items())
            parts.append(f"best {self._plan.metric} {best.value:.4g} ({given})")
        if workers.running:
            parts.append(f"running {len(workers.running)}")
        self._events(Event("; ".join(parts), len(self.ended), self._plan.total))


class _Pruned:
    def __init__(self, step: int, why: str) -> None:
        self.step = step
        self.why = why
        self.since = time.monotonic()

"""Kernels of trials, from outside: found by the trial they work for, and ended."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

# Names a trial to its kernel, and to all that the kernel starts. Process ids that were remembered
# could be somebody else's by now.
_TRIAL = "_MLOPS_TRIAL"


@contextlib.contextmanager
def named(trial: str) -> Iterator[None]:
    """Have kernels that this process starts work for a trial."""
    os.environ[_TRIAL] = trial
    try:
        yield
    finally:
        del os.environ[_TRIAL]


def interrupt(trials: Collection[str]) -> None:
    """Interrupt the cell that runs in each kernel, as the stop button does.

    What a kernel has started is left to it.
    """
    found = _processes_of(trials)
    inside = {process.pid for process in found}
    for process in found:
        with contextlib.suppress(_gone()):
            if process.ppid() not in inside:
                process.send_signal(signal.SIGINT)


def kill(trials: Collection[str]) -> None:
    """Kill the kernels, and all that they have started."""
    for process in _processes_of(trials):
        with contextlib.suppress(_gone()):
            process.kill()


def _processes_of(trials: Collection[str]) -> list[psutil.Process]:
    """Return the processes on this machine that work for trials."""
    import psutil

    found = []
    for process in psutil.process_iter() if trials else ():
        with contextlib.suppress(_gone()):
            # What a process was started with: a worker, which only names its kernels, is none.
            if process.environ().get(_TRIAL) in trials:
                found.append(process)
    return found


def _gone() -> type[Exception]:
    """Return what is raised for processes that have ended, or are not ours."""
    import psutil

    error: type[Exception] = psutil.Error
    return error

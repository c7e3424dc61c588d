"""What a run took: time, processor, memory; and curves of them where it takes long.

The names are MLflow's (``system/…``), so that its own pages show them as system metrics.
"""

from __future__ import annotations

import os
import re
import sys
import threading
import time
import weakref
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_jupyter.tracking.capture import environment

if TYPE_CHECKING:
    from mlflow.entities import Metric

PREFIX = "system/"
# From when on a run has curves, in seconds, and how many points they have at most.
LONG = 10.0
_MAX_SAMPLES = 400

_RESET_PEAK = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class Usage:
    """What was used between `Meter.start` and `Meter.stop`.

    Attributes
    ----------
    totals : dict
        ``wall_seconds``, ``cpu_seconds`` and ``peak_memory_megabytes``.
    curves : list
        Points as (name, value, milliseconds since 1970, step); empty for what took not long.
    """

    totals: dict[str, float] = field(default_factory=dict)
    curves: list[tuple[str, float, int, int]] = field(default_factory=list)

    def named(self, prefix: str = "") -> dict[str, float]:
        """Return the totals under their names in a run, such as ``system/wall_seconds``."""
        return {f"{PREFIX}{prefix}{name}": value for name, value in self.totals.items()}

    def curve_points(self) -> list[Metric]:
        """Return the curves as MLflow's metrics."""
        from mlflow.entities import Metric

        return [Metric(f"{PREFIX}{name}", *rest) for name, *rest in self.curves]


class Meter:
    """Measures this process from `start` to `stop`; meters may overlap and nest.

    Processor time counts children that have ended; memory is that of this process. A meter that is
    forgotten costs nothing.
    """

    def __init__(self) -> None:
        self._started = 0.0
        self._cpu = 0.0
        self._peak = 0.0
        self._sampler: _Sampler | None = None

    def start(self) -> None:
        """Begin; this takes some 30 microseconds."""
        self._started = time.perf_counter()
        self._cpu = _cpu_seconds()
        _peaks.add(self)

    def watch(self) -> None:
        """Draw curves too, from ten seconds after now."""
        if self._sampler is None:
            self._sampler = _Sampler()
            self._sampler.start()

    def stop(self) -> Usage:
        """End, and return what was used."""
        wall = time.perf_counter() - self._started
        cpu = _cpu_seconds() - self._cpu
        _peaks.remove(self)
        totals = {"wall_seconds": wall, "cpu_seconds": cpu, "peak_memory_megabytes": self._peak}
        return Usage(
            {name: round(value, 4) for name, value in totals.items()},
            self._sampler.stop() if self._sampler is not None else [],
        )

    def saw(self, megabytes: float) -> None:
        """Remember how much memory was in use at some moment."""
        self._peak = max(self._peak, megabytes)


class _Peaks:
    """Tells each meter the peak of its own time, though the kernel keeps one for all.

    Linux lets a process set its peak back; whoever does that first tells the others what it was.
    Elsewhere the peak is that of the whole process, so it counts only if it grew; until then it is
    at least what was in use when somebody looked.
    """

    def __init__(self) -> None:
        self._meters: weakref.WeakKeyDictionary[Meter, float] = weakref.WeakKeyDictionary()
        self._lock = threading.RLock()
        self._resets = True

    def add(self, meter: Meter) -> None:
        with self._lock:
            if self._meters:
                self._tell()
            self._reset()
            self._meters[meter] = _peak_ever() if not self._resets else 0.0

    def remove(self, meter: Meter) -> None:
        with self._lock:
            self._tell()
            self._meters.pop(meter, None)

    def _tell(self) -> None:
        peak = _peak_since_reset() if self._resets else None
        if peak is not None:
            for meter in self._meters:
                meter.saw(peak)
            return
        ever, now = _peak_ever(), _in_use()
        for meter, before in self._meters.items():
            meter.saw(ever if ever > before else now)

    def _reset(self) -> None:
        if self._resets:
            try:
                with _RESET_PEAK.open("w") as file:
                    file.write("5")
            except OSError:  # not Linux, or a sandbox
                self._resets = False


class _Sampler(threading.Thread):
    """Looks every few seconds, rarer the longer it takes."""

    def __init__(self) -> None:
        super().__init__(name="mlops-resources", daemon=True)
        self._done = threading.Event()
        self._samples: list[tuple[int, dict[str, float]]] = []

    def run(self) -> None:
        pause = LONG
        monitors: list[Any] | None = None
        while not self._done.wait(pause):
            if monitors is None:
                monitors = _monitors()
            values = _sample(monitors)
            self._samples.append((int(time.time() * 1000), values))
            if len(self._samples) >= _MAX_SAMPLES:
                self._samples = self._samples[::2]
                pause *= 2

    def stop(self) -> list[tuple[str, float, int, int]]:
        self._done.set()
        return [
            (name, value, moment, step)
            for step, (moment, values) in enumerate(list(self._samples))
            for name, value in values.items()
        ]


def _monitors() -> list[Any]:
    """Return MLflow's own monitors: of the machine, and of the GPU where there is one."""
    from mlflow.system_metrics.metrics.cpu_monitor import CPUMonitor

    found: list[Any] = [CPUMonitor()]
    if environment.gpus():
        from mlflow.system_metrics.metrics.gpu_monitor import GPUMonitor

        try:
            found.append(GPUMonitor())
        except (ImportError, RuntimeError):  # nvidia-ml-py is not installed, or has no driver
            return found
    return found


def _sample(monitors: list[Any]) -> dict[str, float]:
    values: dict[str, float] = {"process_memory_megabytes": round(_family_megabytes(), 1)}
    for monitor in monitors:
        monitor.collect_metrics()
        values |= {name: float(value) for name, value in monitor.aggregate_metrics().items()}
        monitor.clear_metrics()
    return values


def _family_megabytes() -> float:
    """Return the memory of this process and its children, such as joblib's workers."""
    import psutil

    me = psutil.Process()
    total = 0
    for process in (me, *me.children(recursive=True)):
        try:
            total += process.memory_info().rss
        except psutil.Error:  # it has ended in between
            continue
    return total / 1e6


def _cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _peak_since_reset() -> float | None:
    try:
        found = re.search(rb"VmHWM:\s*(\d+) kB", _STATUS.read_bytes())
    except OSError:
        return None
    return int(found[1]) * 1024 / 1e6 if found else None


def _peak_ever() -> float:
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def _in_use() -> float:
    import psutil

    return float(psutil.Process().memory_info().rss) / 1e6


_peaks = _Peaks()

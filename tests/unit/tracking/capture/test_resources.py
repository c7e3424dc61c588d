from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mlops_jupyter.tracking.capture import environment, resources
from mlops_jupyter.tracking.capture.resources import Meter, Usage

MEGABYTE = 1_000_000


@pytest.fixture(params=["linux", "elsewhere"])
def platform(request, monkeypatch):
    """With a peak that can be set back, and with the one of the whole process."""
    if request.param == "elsewhere":
        monkeypatch.setattr(resources, "_RESET_PEAK", Path("/proc/none"))
    elif not resources._RESET_PEAK.exists():
        pytest.skip("no /proc here")
    monkeypatch.setattr(resources, "_peaks", resources._Peaks())
    return request.param


def used(size: int) -> None:
    """Have memory for a moment."""
    block = bytearray(size * MEGABYTE)
    block[::4096] = b"x" * len(block[::4096])
    del block
    gc.collect()


def measured(step=lambda: None) -> Usage:
    meter = Meter()
    meter.start()
    step()
    return meter.stop()


def peak(usage: Usage) -> float:
    return usage.totals["peak_memory_megabytes"]


def test_the_peak_of_ones_own_time(platform):
    before = peak(measured())
    assert before > 20
    high = peak(measured(lambda: used(600)))
    assert 550 < high - before < 800
    assert peak(measured()) < before + 300  # what was before does not count


@pytest.mark.usefixtures("platform")
def test_meters_inside_one_another():
    outer = Meter()
    outer.start()
    used(700)
    inside = measured()
    whole = outer.stop()
    assert peak(whole) - peak(inside) > 500


def test_a_forgotten_meter_is_forgotten():
    forgotten = Meter()
    forgotten.start()
    count = len(resources._peaks._meters)
    del forgotten
    gc.collect()
    assert len(resources._peaks._meters) == count - 1


def test_time_and_processor():
    usage = measured(lambda: time.sleep(0.2))
    assert 0.2 <= usage.totals["wall_seconds"] < 60
    assert usage.totals["cpu_seconds"] < 0.75 * usage.totals["wall_seconds"]

    def work():
        end = time.process_time() + 0.2
        while time.process_time() < end:
            pass

    assert measured(work).totals["cpu_seconds"] >= 0.15
    program = "import time\nwhile time.process_time() < 0.4: pass"
    child = measured(lambda: subprocess.run([sys.executable, "-c", program], check=True))
    assert child.totals["cpu_seconds"] >= 0.35


def test_what_is_short_has_no_curves_and_leaves_no_thread():
    meter = Meter()
    meter.start()
    meter.watch()
    assert meter.stop().curves == []
    deadline = time.monotonic() + 60
    while any(t.name == "mlops-resources" for t in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_is_long_has_curves_in_mlflows_names(monkeypatch):
    monkeypatch.setattr(resources, "LONG", 0.05)
    meter = Meter()
    meter.start()
    meter.watch()
    while len(meter._sampler._samples) < 3:
        time.sleep(0.05)
    usage = meter.stop()
    names = {name for name, *_ in usage.curves}
    assert names >= {
        "cpu_utilization_percentage",
        "system_memory_usage_megabytes",
        "process_memory_megabytes",
    }
    steps = [step for name, _, _, step in usage.curves if name.endswith("process_memory_megabytes")]
    assert steps == list(range(len(steps)))
    assert len(steps) >= 3
    points = usage.curve_points()
    assert {metric.key for metric in points} == {f"system/{name}" for name in names}
    assert all(metric.timestamp > 1.6e12 for metric in points)
    assert "system/cell_wall_seconds" in usage.named("cell_")


def test_curves_stay_small(monkeypatch):
    monkeypatch.setattr(resources, "LONG", 0.0001)
    monkeypatch.setattr(resources, "_MAX_SAMPLES", 8)
    taken = []
    monkeypatch.setattr(resources, "_sample", lambda _monitors: taken.append(1) or {"a": 1.0})
    meter = Meter()
    meter.start()
    meter.watch()
    deadline = time.monotonic() + 60
    while len(taken) < 20:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert 0 < len(meter.stop().curves) <= 8


def test_gpus_are_named_by_the_driver_or_its_program(monkeypatch, tmp_path):
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'NVIDIA A100-SXM4-40GB'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    environment.gpus.cache_clear()
    try:
        assert environment.gpus()[0].startswith("NVIDIA")
    finally:
        environment.gpus.cache_clear()

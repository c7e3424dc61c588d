"""What is noted while a notebook is executed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from mlops_jupyter.notebooks.memory import Family
from mlops_jupyter.notebooks.watching import Log, Watch


@pytest.fixture
def log(tmp_path):
    made = Log(tmp_path / "a.log")
    yield made
    made.close()


def lines(tmp_path):
    text = (tmp_path / "a.log").read_text(encoding="utf-8")
    stamp = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z  "
    assert all(re.match(stamp, line) for line in text.splitlines())
    return [re.sub(stamp, "", line) for line in text.splitlines()]


def stream(text, name="stdout"):
    return {"name": name, "text": text}


def test_the_log_has_what_cells_show_and_what_they_took(tmp_path, log):
    events = []
    watch = Watch(2, log, events.append)
    watch.begin(1, "fit()", None)
    watch.said("stream", stream("a\nb"))
    watch.said("stream", stream("\r 50%", "stderr"))
    watch.tick()
    watch.said("stream", stream("\r100%", "stderr"))
    watch.said("execute_result", {"data": {"text/plain": "42"}})
    watch.end("completed")
    watch.begin(2, "", None)
    watch.said("error", {"traceback": ["\x1b[31mValueError\x1b[0m: no"]})
    watch.end("failed")
    watch.end("failed")  # the second time says nothing
    assert [re.sub(r"\d\.\d\d s", "T s", line) for line in lines(tmp_path)] == [
        "cell 1 of 2: fit()",
        "  a",
        "  42",
        "  b",
        "  100%",
        "cell 1 of 2 took T s",
        "cell 2 of 2",
        "  ValueError: no",
        "cell 2 of 2 failed after T s",
    ]
    assert [(e.message, e.done, e.total, e.said) for e in events] == [
        ("cell 1 of 2: fit()", 0, 2, ""),
        ("cell 1 of 2: fit()", 0, 2, "50%"),
        ("cell 2 of 2", 1, 2, ""),
    ]
    assert [(cell.number, cell.status) for cell in watch.cells] == [(1, "completed"), (2, "failed")]


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path):
    watch = Watch(1, Log(tmp_path / "no" / "folder" / "a.log"), lambda _event: None)
    watch.begin(1, "", None)
    watch.said("stream", stream("a\n"))
    watch.end("completed")
    watch.close()
    assert len(watch.cells) == 1


def test_a_log_does_not_grow_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr("mlops_jupyter.notebooks.watching._LOG_LIMIT", 100)
    log = Log(tmp_path / "a.log")
    for _ in range(50):
        log.write("x" * 40)
    assert lines(tmp_path)[-1].startswith("the log is full")
    assert len(lines(tmp_path)) == 2


def test_the_memory_of_children_counts(tmp_path, log):
    code = (
        "import subprocess, sys; subprocess.run([sys.executable, '-c', "
        "'block = bytearray(80_000_000); print(1, flush=True); input()'])"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.read(1)  # the child's child is there
        family = Family(process.pid)
        assert family.in_use() > 80_000_000
        process.stdin.close()
    assert family.in_use() == 0
    assert Family(process.pid).in_use() == 0


def test_a_short_peak_of_the_process_itself_is_seen(log):
    if not Path("/proc/self/status").exists():
        pytest.skip("this system does not say")
    code = "input(); block = bytearray(150_000_000); del block; print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        watch = Watch(1, log, lambda _event: None)
        watch.begin(1, "", process.pid)
        process.stdin.write(b"\n")
        process.stdin.flush()
        process.stdout.read(1)
        watch.end("completed")
        process.stdin.close()
    (cell,) = watch.cells
    assert cell.peak_memory > 150_000_000
    assert watch.cpu_seconds > 0

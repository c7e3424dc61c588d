"""A process that forks snapshots which die: ``python -m tests.dying_snapshots WORKSPACE``.

Orders and answers are those of `tests.dying`. What is killed after a time takes the git that it has
started along.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.dying import die

POINTS = {"os.rename": "rename", "os.link": "link", "subprocess.Popen": "git"}


def take(root: Path) -> None:
    """All that a snapshot can write: a folder, its label, its pointer; a file; a frame."""
    import pyarrow as pa

    import mlops_jupyter as mlops

    ws = mlops.Workspace.find(root)
    number = (root / "number").read_text()
    mlops.data.snapshot(ws, root / "folder", tag=f"label {number}", pin=True)
    mlops.data.snapshot(ws, root / "big.bin")
    mlops.data.snapshot(ws, pa.table({"n": [int(number)]}), name="frame")


class Deadly:
    """Counts what passes a named point, and kills its process at one of them."""

    def __init__(self, root: Path, order: dict[str, Any]) -> None:
        self._root, self._order = str(root), order
        self.passed: Counter[str] = Counter()

    def heard(self, event: str, args: tuple[Any, ...]) -> None:
        writes = os.O_WRONLY | os.O_RDWR
        if event == "open":
            if isinstance(args[2], int) and args[2] & writes and self._root in str(args[0]):
                self._pass_by("write")
        elif event in POINTS:
            self._pass_by(POINTS[event])

    def _pass_by(self, point: str) -> None:
        self.passed[point] += 1
        if (self._order.get("point"), self._order.get("hit")) == (point, self.passed[point]):
            die()


def main(root: Path) -> None:
    import dvc.repo
    import pyarrow.parquet  # noqa: F401 - as a session has them

    import mlops_jupyter.data.taking.snapshots

    assert dvc.repo
    assert mlops_jupyter.data.taking.snapshots
    for line in sys.stdin:
        order = json.loads(line)
        heard, said = os.pipe()
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            os.close(heard)
            os.chdir(root)
            deadly = Deadly(root, order)
            sys.addaudithook(deadly.heard)
            take(root)
            os.write(said, json.dumps(deadly.passed).encode())
            os._exit(0)
        os.close(said)
        os.setpgid(child, child)  # whoever comes first: the child may be killed at once
        started = time.monotonic()
        if "after_s" in order:
            time.sleep(order["after_s"])
            os.killpg(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        took = time.monotonic() - started
        passed = json.loads(os.read(heard, 10_000) or b"{}")
        os.close(heard)
        ended = os.waitstatus_to_exitcode(status)  # minus the signal, where one killed it
        print(json.dumps({"ended": ended, "passed": passed, "took": took}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

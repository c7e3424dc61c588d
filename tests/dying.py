"""Processes that die where a test says, many of them without the time that imports take.

A module beside this one says what a process does (`tests.dying_runs`, `tests.dying_data`,
`tests.dying_snapshots`). Run as a program, it imports what takes seconds, and forks a child for
each line of its input: a JSON object with ``{"point": NAME, "hit": N}`` or
``{"after_s": SECONDS}``. It answers with the child's end, and how often each point was passed.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

KILLED = -signal.SIGKILL


class Deadly:
    """Counts what passes a named point, and kills its process at one of them."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.order = order
        self.passed: Counter[str] = Counter()

    def listen(self, point_of: Callable[[str, tuple[Any, ...]], str | None]) -> None:
        """Put a trap at the points that events of Python's audit pass."""

        def heard(event: str, args: tuple[Any, ...]) -> None:
            if point := point_of(event, args):
                self.die_at(point)

        sys.addaudithook(heard)

    def pass_by(self, point: str) -> bool:
        """Count; True where the process is to die here."""
        self.passed[point] += 1
        return (self.order.get("point"), self.order.get("hit")) == (point, self.passed[point])

    def die_at(self, point: str) -> None:
        if self.pass_by(point):
            die()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def opens_to_write(event: str, args: tuple[Any, ...]) -> bool:
    """Whether an event of Python's audit is of a file that may be written."""
    flags = os.O_WRONLY | os.O_RDWR
    return event == "open" and isinstance(args[2], int) and bool(args[2] & flags)


def answer_orders(work: Callable[[Deadly], None], leave: Callable[[int], Any] = os._exit) -> None:
    """Let a child work for each order; `leave` ends one that has not died."""
    for line in sys.stdin:
        print(json.dumps(_one_death(json.loads(line), work, leave)), flush=True)


def _one_death(
    order: dict[str, Any], work: Callable[[Deadly], None], leave: Callable[[int], Any]
) -> dict[str, Any]:
    heard, said = os.pipe()
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        os.close(heard)
        deadly = Deadly(order)
        work(deadly)
        os.write(said, json.dumps(deadly.passed).encode())
        leave(0)
    os.close(said)
    os.setpgid(child, child)  # whoever comes first: the child may be killed at once
    started = time.monotonic()
    if "after_s" in order:
        time.sleep(order["after_s"])
        os.killpg(child, signal.SIGKILL)  # the git that it has started along
    _, status = os.waitpid(child, 0)
    took = time.monotonic() - started
    passed = json.loads(os.read(heard, 10_000) or b"{}")
    os.close(heard)
    ended = os.waitstatus_to_exitcode(status)  # minus the signal, where one killed it
    return {"ended": ended, "passed": passed, "took": took}


class Ask(Protocol):
    """Let one process work and die; return its end."""

    def __call__(self, **order: object) -> dict[str, Any]: ...


@contextlib.contextmanager
def started(module: str, root: Path) -> Iterator[Ask]:
    """Start a module beside this one for a workspace."""
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", f"tests.{module}", str(root)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1],
    ) as process:  # fmt: skip
        assert process.stdin
        assert process.stdout
        orders, answers = process.stdin, process.stdout

        def ask(**order: object) -> dict[str, Any]:
            orders.write(json.dumps(order) + "\n")
            orders.flush()
            return json.loads(answers.readline())

        yield ask
        process.communicate(timeout=30)
    assert process.returncode == 0


def moments(passed: dict[str, int], each: int) -> list[tuple[str, int]]:
    """Spread so many deaths over the times that each point was passed, the first and the last."""
    return [
        (point, hit)
        for point, times in sorted(passed.items())
        for hit in sorted({1 + round(n * (times - 1) / max(1, each - 1)) for n in range(each)})
    ]

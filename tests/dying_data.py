"""A process that forks children which bring data back or away, and die at it.

``python -m tests.dying_data WORKSPACE``: each line of its input is a JSON object with ``verb``,
``words``, and ``{"point": NAME, "hit": N}`` or ``{"after_s": SECONDS}``; it answers with the
child's end, and how often each point was passed. It has imported what takes seconds.
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

POINTS = ("write", "rename", "mkdir", "link", "remove", "exchange")


class Deadly:
    """Counts what passes a named point, and kills its process at one of them."""

    def __init__(self, order: dict[str, Any]) -> None:
        self._order = order
        self.passed: Counter[str] = Counter()

    def lay(self) -> None:
        """Put a trap before every change of the disk."""
        from mlops_jupyter.data.restoring import staging

        sys.addaudithook(self._heard)
        exchange = staging.exchange

        def about_to_exchange(first: Path, second: Path) -> bool:
            self._die_at("exchange")
            done = exchange(first, second)
            self._die_at("exchange")
            return done

        staging.exchange = about_to_exchange

    def _heard(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR):
            self._die_at("write")
        elif event in ("os.rename", "os.mkdir", "os.link", "os.remove"):
            self._die_at(event.removeprefix("os."))

    def _die_at(self, point: str) -> None:
        self.passed[point] += 1
        if self._order.get("point") == point and self._order.get("hit") == self.passed[point]:
            os.kill(os.getpid(), signal.SIGKILL)


def do(order: dict[str, Any]) -> None:
    import mlops_jupyter as mlops

    verb = getattr(mlops.data, order["verb"])
    verb(mlops.Workspace.find(), *order["words"], **order.get("options", {}))


def warm_up() -> None:
    """Import what takes seconds, without opening any repository."""
    import dvc.repo  # noqa: F401
    from dvc_objects.fs import generic  # noqa: F401

    import mlops_jupyter as mlops

    assert [mlops.data.checkout, mlops.data.push, mlops.data.pull, mlops.data.snapshot]


def main(root: Path) -> None:
    warm_up()
    os.chdir(root)
    for line in sys.stdin:
        order = json.loads(line)
        heard, said = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(heard)
            os.chdir(order.get("at", root))
            deadly = Deadly(order)
            deadly.lay()
            do(order)
            os.write(said, json.dumps(deadly.passed).encode())
            os._exit(0)
        os.close(said)
        if "after_s" in order:
            time.sleep(order["after_s"])
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        passed = json.loads(os.read(heard, 10_000) or b"{}")
        os.close(heard)
        ended = os.waitstatus_to_exitcode(status)
        print(json.dumps({"ended": ended, "passed": passed}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

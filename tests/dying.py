"""A process that forks kernels which die: ``python -m tests.dying WORKSPACE``.

It has imported what takes seconds, so that a hundred deaths take minutes. Each line of its input
is a JSON object ``{"point": NAME, "hit": N}`` or ``{"after_s": SECONDS}``; it answers with the
child's end, and how often each point was passed.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

CELLS = 2


class Deadly:
    """Counts what passes a named point, and kills its process at one of them."""

    def __init__(self, root: Path, order: dict[str, Any]) -> None:
        self._root = str(root)
        self._order = order
        self.passed: Counter[str] = Counter()

    def pass_by(self, point: str) -> bool:
        """Count; True where the process is to die here."""
        self.passed[point] += 1
        order = self._order
        return order.get("point") == point and order.get("hit") == self.passed[point]

    def lay(self) -> None:
        """Put a trap at every point: commits, files opened for writing, renamed, half copied."""
        from sqlalchemy import event
        from sqlalchemy.engine import Engine

        event.listen(Engine, "commit", lambda _connection: self._die_at("commit"))
        sys.addaudithook(self._heard)
        copy = shutil.copyfileobj

        def half_a_copy(source: Any, target: Any, length: int = 0) -> None:
            if self.pass_by("copy"):
                content = source.read()
                target.write(content[: len(content) // 2])
                target.flush()
                die()
            copy(source, target, length)

        shutil.copyfileobj = half_a_copy
        shutil._USE_CP_SENDFILE = False  # copyfile would go around it
        copyfile = shutil.copyfile

        def half_a_file(source: Any, target: Any, *, follow_symlinks: bool = True) -> Any:
            if self.pass_by("copy"):
                content = Path(source).read_bytes()
                Path(target).write_bytes(content[: len(content) // 2])
                die()
            return copyfile(source, target, follow_symlinks=follow_symlinks)

        shutil.copyfile = half_a_file

    def _heard(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR):
            if str(args[0]).startswith(self._root):
                self._die_at("write")
        elif event == "os.rename" and str(args[1]).startswith(self._root):
            self._die_at("rename")

    def _die_at(self, point: str) -> None:
        if self.pass_by(point):
            die()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def train(told: Path) -> None:
    """Cells that train; each that is over is told, with its run."""
    import mlops_jupyter as mlops

    features, target = data()
    from sklearn.tree import DecisionTreeClassifier

    for n in range(CELLS):
        with mlops.track("deaths", name=f"{os.getpid()}-{n}") as tracked:
            DecisionTreeClassifier(max_depth=2).fit(features, target)
        assert tracked.result is not None
        assert not tracked.result.not_captured, tracked.result.not_captured
        with told.open("a") as lines:
            lines.write(tracked.result.run_id + "\n")


def data() -> Any:
    from sklearn.datasets import load_iris

    return load_iris(return_X_y=True, as_frame=True)


def warm_up() -> None:
    """Import and look up what takes seconds, without opening any store."""
    import mlflow.sklearn
    import mlflow.store.tracking.sqlalchemy_store
    from mlflow.utils.requirements_utils import _init_modules_to_packages_map
    from sklearn.utils import all_estimators

    import mlops_jupyter as mlops

    assert mlops.track
    all_estimators()
    _init_modules_to_packages_map()
    data()
    mlflow.sklearn.autolog(silent=True)
    mlflow.sklearn.autolog(disable=True, silent=True)


def main(root: Path) -> None:
    warm_up()
    told = root / "told"
    for line in sys.stdin:
        order = json.loads(line)
        heard, said = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(heard)
            os.chdir(root)
            deadly = Deadly(root / ".mlops", order)
            deadly.lay()
            train(told)
            os.write(said, json.dumps(deadly.passed).encode())
            sys.exit()
        os.close(said)
        started = time.monotonic()
        if "after_s" in order:
            time.sleep(order["after_s"])
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        took = time.monotonic() - started
        passed = json.loads(os.read(heard, 10_000) or b"{}")
        os.close(heard)
        ended = os.waitstatus_to_exitcode(status)  # minus the signal, where one killed it
        answer = {"ended": ended, "passed": passed, "took": took}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

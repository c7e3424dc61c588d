"""Kernels that die training: ``python -m tests.dying_runs WORKSPACE``; see `tests.dying`."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

from tests.dying import Deadly, answer_orders, die, opens_to_write

CELLS = 2


def lay_traps(deadly: Deadly, state: str) -> None:
    """At commits, files opened for writing or renamed into a folder, and ones half copied."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    def point_of(event: str, args: tuple[Any, ...]) -> str | None:
        if opens_to_write(event, args):
            return "write" if str(args[0]).startswith(state) else None
        return "rename" if event == "os.rename" and str(args[1]).startswith(state) else None

    event.listen(Engine, "commit", lambda _connection: deadly.die_at("commit"))
    deadly.listen(point_of)
    copy = shutil.copyfileobj

    def half_a_copy(source: Any, target: Any, length: int = 0) -> None:
        if deadly.pass_by("copy"):
            content = source.read()
            target.write(content[: len(content) // 2])
            target.flush()
            die()
        copy(source, target, length)

    shutil.copyfileobj = half_a_copy
    shutil._USE_CP_SENDFILE = False  # copyfile would go around it
    copyfile = shutil.copyfile

    def half_a_file(source: Any, target: Any, *, follow_symlinks: bool = True) -> Any:
        if deadly.pass_by("copy"):
            content = Path(source).read_bytes()
            Path(target).write_bytes(content[: len(content) // 2])
            die()
        return copyfile(source, target, follow_symlinks=follow_symlinks)

    shutil.copyfile = half_a_file


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

    def work(deadly: Deadly) -> None:
        os.chdir(root)
        lay_traps(deadly, str(root / ".mlops"))
        train(root / "told")

    answer_orders(work, leave=sys.exit)  # as a kernel that is shut down


if __name__ == "__main__":
    main(Path(sys.argv[1]))

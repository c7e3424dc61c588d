"""Snapshots that die: ``python -m tests.dying_snapshots WORKSPACE``; see `tests.dying`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from tests.dying import Deadly, answer_orders, opens_to_write

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


def main(root: Path) -> None:
    import dvc.repo
    import pyarrow.parquet  # noqa: F401 - as a session has them

    import mlops_jupyter.data.taking.snapshots

    assert dvc.repo
    assert mlops_jupyter.data.taking.snapshots

    def point_of(event: str, args: tuple[Any, ...]) -> str | None:
        if opens_to_write(event, args):
            return "write" if str(root) in str(args[0]) else None
        return POINTS.get(event)

    def work(deadly: Deadly) -> None:
        os.chdir(root)
        deadly.listen(point_of)
        take(root)

    answer_orders(work)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

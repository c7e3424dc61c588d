"""Data brought back or away by processes that die at it; see `tests.dying`.

``python -m tests.dying_data WORKSPACE``: an order has ``verb``, ``words`` and ``options``, too.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from tests.dying import Deadly, answer_orders, opens_to_write


def lay_traps(deadly: Deadly) -> None:
    """Before every change of the disk."""
    from mlops_jupyter.data.restoring import staging

    exchange = staging.exchange

    def about_to_exchange(first: Path, second: Path) -> bool:
        deadly.die_at("exchange")
        done = exchange(first, second)
        deadly.die_at("exchange")
        return done

    staging.exchange = about_to_exchange
    deadly.listen(point_of)


def point_of(event: str, args: tuple[Any, ...]) -> str | None:
    if opens_to_write(event, args):
        return "write"
    changes = ("os.rename", "os.mkdir", "os.link", "os.remove")
    return event.removeprefix("os.") if event in changes else None


def do(order: dict[str, Any]) -> None:
    import mlops_jupyter as mlops

    verb = getattr(mlops.data, order["verb"])
    verb(mlops.Workspace.find(), *order.get("words", ()), **order.get("options", {}))


def warm_up() -> None:
    """Import what takes seconds, without opening any repository."""
    import dvc.repo  # noqa: F401
    from dvc_objects.fs import generic  # noqa: F401

    import mlops_jupyter as mlops

    assert [mlops.data.checkout, mlops.data.push, mlops.data.pull, mlops.data.snapshot]


def main(root: Path) -> None:
    warm_up()
    os.chdir(root)

    def work(deadly: Deadly) -> None:
        lay_traps(deadly)
        do(deadly.order)

    answer_orders(work)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

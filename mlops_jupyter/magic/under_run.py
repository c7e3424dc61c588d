"""In the kernel of a notebook that `mlops run` executes, by lines that its cells do not show.

A notebook that loads the extension decides for itself what is tracked. One that does not is watched
all the same: what it trains, reads and writes belongs to its run, and its outputs stay as they are.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mlops_jupyter.commands.app import HowToTrack
from mlops_jupyter.magic.cells import CellTracker
from mlops_jupyter.magic.recorder import Recorder
from mlops_jupyter.tracking.capture import inputs, keeping, writes
from mlops_jupyter.tracking.capture.reads import Reads
from mlops_jupyter.workspace import Workspace

if TYPE_CHECKING:
    from typing import Any

    from IPython.core.interactiveshell import InteractiveShell

_watched: list[Reads] = []


def load_ipython_extension(_shell: InteractiveShell) -> None:
    """Do nothing: it is imported, before anything is asked of it."""


def begin(shell: InteractiveShell, experiment: str) -> None:
    """Track a notebook that does not do so itself; nothing is shown below its cells."""
    reads = Reads(shell.user_ns)
    reads.start()
    shell.events.register("pre_run_cell", lambda info: reads.begin_cell(info.raw_cell or ""))
    shell.events.register("post_run_cell", lambda result: reads.end_cell(failed=not result.success))
    _watched[:] = [reads]
    Recorder(shell).start()  # what was executed: a cell's run can be made again
    # The line below a cell would be an output that the notebook does not have elsewhere.
    tracker = CellTracker(shell, lambda _line: None, reads)
    tracker.on(Workspace.find(), experiment, HowToTrack(quiet=True, unasked=True))


def seen(shell: InteractiveShell) -> str:
    """Return what all cells have read and written, as JSON; copies of it are made by then."""
    face: Any = getattr(shell, "mlops_face", None)
    watched = [face.reads] if face is not None else _watched
    if not watched:
        return "{}"
    workspace = Workspace.find()
    read, left_out = inputs.collect(workspace, watched[0])
    written, more = writes.collect(workspace, watched[0], of_all_cells=True)
    # The kernel is not asked before it is ended.
    keeping.of(workspace).wait()
    return json.dumps({
        # The time of a file is told nobody, but to the run it stays with.
        "read": [entry.model_dump(mode="json") | {"mtime_ns": entry.mtime_ns} for entry in read],
        "written": [entry.model_dump(mode="json") for entry in written],
        "left_out": [*left_out, *more],
    })  # fmt: skip

"""What is said to the kernel of a run before its first cell and after its last, and its answer."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlops_jupyter.tracking.run_parts import DataInput, DataOutput

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from mlops_jupyter.notebooks.source import Source
    from mlops_jupyter.tracking.writer import OpenRun

_MODULE = "mlops_jupyter.magic.under_run"
_THERE = f"__import__({_MODULE!r}, fromlist=['begin'])"
_LOADS = re.compile(r"^[^#\n]*load_ext\w*\W+mlops_jupyter", re.MULTILINE)
# Importing it takes a quarter of a second, which the kernel has while the store is opened. As an
# extension, since lines to execute would take the place of those that the user has configured.
PRELOAD = f"--IPKernelApp.extra_extensions={_MODULE}"
SEEN = f"{_THERE}.seen(get_ipython())"


def tracks_itself(source: Source) -> bool:
    """Whether a notebook loads the extension, and so says itself what is tracked."""
    return any(cell.kind == "code" and _LOADS.search(cell.source) for cell in source.cells())


def setting(environment: Mapping[str, str]) -> str:
    """Return the line that sets what is known by now."""
    return f"__import__('os').environ.update({dict(environment)!r})"


def tracking(experiment: str) -> str:
    """Return the line that has all cells tracked."""
    return f"{_THERE}.begin(get_ipython(), {experiment!r})"


@dataclass(frozen=True)
class Seen:
    """What all cells of a notebook have read and written.

    Attributes
    ----------
    read, written : list
        As runs record them.
    left_out : list of str
        What is not recorded, and why.
    """

    read: list[DataInput] = field(default_factory=list)
    written: list[DataOutput] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def answered(reply: Mapping[str, Any] | None) -> Seen:
    """Read a kernel's answer to `SEEN`; nothing where it has none to give."""
    try:
        said = (reply or {})["user_expressions"]["seen"]["data"]["text/plain"]
        told = json.loads(ast.literal_eval(said))
        return Seen(
            [DataInput.model_validate(entry) for entry in told.get("read", ())],
            [DataOutput.model_validate(entry) for entry in told.get("written", ())],
            [str(reason) for reason in told.get("left_out", ())],
        )
    except (KeyError, ValueError, SyntaxError, TypeError, AttributeError, RecursionError):
        return Seen()


def record(run: OpenRun, seen: Seen) -> None:
    """Record it on the notebook's run, whatever runs of its cells have recorded."""
    if not seen.read and not seen.written:
        return
    from mlops_jupyter.tracking.capture import inputs, writes

    # Of a cell only what it builds on is its training data; this is the whole notebook.
    read = [entry.model_copy(update={"context": inputs.TRAINING}) for entry in seen.read]
    inputs.log(run.client, run.run_id, read)
    writes.log(run.client, run.run_id, seen.written)

"""What tracked runs of a notebook really read and wrote."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlops_jupyter.tracking import tags

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlops_jupyter.tracking.history.stored import StoredRun
    from mlops_jupyter.workspace import Workspace

_NEEDED = (
    tags.NOTEBOOK, tags.KIND, tags.PARENT, tags.SESSION,
    tags.DATA_FILES, tags.OUTPUTS, tags.SOURCES,
)  # fmt: skip
# Of a notebook's newest runs so many are looked at.
_MOST = 500


@dataclass
class Traces:
    """Paths from the workspace, as runs recorded them.

    Attributes
    ----------
    run : str
        The newest run that they are from, as a reference; empty where there is none.
    reads, writes, modules : list of str
        Paths.
    """

    run: str = ""
    reads: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    modules: list[str] = field(default_factory=list)


def of_notebook(workspace: Workspace, notebook: str) -> Traces:
    """Return what the newest pass through a notebook left, that left anything.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    notebook : str
        Its path, as seen from the workspace.

    Raises
    ------
    StoreUnavailable
        The tracking store does not answer.
    """
    from mlops_jupyter.tracking.history.sources import opened
    from mlops_jupyter.tracking.history.stored import Needs

    with opened(workspace) as source:
        asked = Needs(tags=frozenset(_NEEDED))
        runs = source.scan(list(source.experiments()), asked, None)
        own = (run for run in runs if run.tags.get(tags.NOTEBOOK) == notebook)
        found = list(itertools.islice(own, _MOST))
    for together in _passes(found):
        traces = _read(together)
        if traces.reads or traces.writes:
            return traces
    return Traces()


def _passes(runs: Iterable[StoredRun]) -> list[list[StoredRun]]:
    """Return runs of one pass, or of one session by hand, together; the newest first."""
    passes: dict[str, list[StoredRun]] = {}
    for run in runs:
        if run.status not in ("FINISHED", ""):
            continue
        by_itself = run.tags.get(tags.KIND) == "notebook"
        key = run.run_id if by_itself else run.parent or run.tags.get(tags.SESSION, run.run_id)
        passes.setdefault(key, []).append(run)
    return list(passes.values())


def _read(runs: list[StoredRun]) -> Traces:
    from mlops_jupyter.tracking.history.run_data import outputs
    from mlops_jupyter.tracking.history.staleness import files_then

    found = Traces(run=f"run:{runs[0].run_id[:8]}")
    for run in runs:
        found.reads += [file.path for file in files_then(run.tags)]
        found.writes += [file.path for file in outputs(run.tags)]
        found.modules += _modules(run)
    return found


def _modules(run: StoredRun) -> list[str]:
    try:
        told = json.loads(run.tags.get(tags.SOURCES) or "{}")["modules"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
    return [path for path in told if isinstance(path, str)] if isinstance(told, dict) else []

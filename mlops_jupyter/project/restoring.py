"""``mlops data checkout``: a version of data, or all that a run was made from."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter import references
from mlops_jupyter.errors import Conflict, NotFound
from mlops_jupyter.project.records import RestoredInputs
from mlops_jupyter.results import Events, ignore_events

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlops_jupyter.data.restoring.records import Restored
    from mlops_jupyter.tracking.run_parts import DataInput
    from mlops_jupyter.workspace import Workspace


def checkout(
    workspace: Workspace,
    reference: str,
    *,
    to: str | os.PathLike[str] | None = None,
    force: bool = False,
    events: Events = ignore_events,
) -> Restored | RestoredInputs:
    """Bring back a version of data, or the data that a run read.

    Parameters
    ----------
    workspace : Workspace
        Where.
    reference : str
        A version, as `mlops_jupyter.data.resolve` takes it; or ``run:ID``.
    to : path, optional
        Another place for it. For a run a folder, in which each has its path in the workspace.
    force : bool
        Replace also what no version has; it is moved to ``.mlops/replaced/``.
    events : callable
        Takes the progress.

    Returns
    -------
    Restored or RestoredInputs
        What was done; of a run also what is not kept.

    Raises
    ------
    NotFound
        There is no such version or run, its content is not on this machine, or nothing that the
        run read is kept.
    Conflict
        What is there would be lost. Of a run, what could be brought back was.
    BadInput, ToolFailed
        As `mlops_jupyter.data.checkout`.

    Examples
    --------
    >>> checkout(ws, "data:flights@v1", to="data/first.parquet").path
    'data/first.parquet'
    >>> with mlops.track("trees", name="from a version"):
    ...     table = mlops.load("data:flights@v1")
    ...     fitted = model.fit(table[["temp"]], table["temp"] > 60)
    >>> print(checkout(ws, "run:last", to="as_it_was"))
    run:...: what it read is back
      data             place ...
      data:flights@v1  as_it_was/data/flights.parquet ...
    """
    from mlops_jupyter.data.restoring.verb import checkout as of_version

    if not reference.startswith("run:"):
        return of_version(workspace, reference, to=to, force=force, events=events)
    from mlops_jupyter.tracking.history.details import show

    run = show(workspace, reference)
    name = f"run:{run.summary.run_id[:8]}"
    wanted = _versions(run.inputs)
    lost = tuple(_shown(each) for each in run.inputs if not each.version and each.kind != "frame")
    if not wanted:
        raise NotFound(
            f"nothing that {name} read is kept" + (f": {', '.join(lost)}" if lost else ""),
            "what a tracked run reads inside the workspace is copied within [data] copy_limit_mb",
        )

    def bring(version: str) -> Restored:
        place = None if to is None else _place(workspace, version, Path(to))
        return of_version(workspace, version, to=place, force=force, events=events)

    return RestoredInputs(run=name, restored=_each(name, wanted, bring), not_kept=lost)


def _versions(inputs: Sequence[DataInput]) -> list[str]:
    return list(dict.fromkeys(each.version for each in inputs if each.version))


def _shown(entry: DataInput) -> str:
    return entry.source or entry.name


def _each(
    name: str, wanted: Sequence[str], bring: Callable[[str], Restored]
) -> tuple[Restored, ...]:
    """Bring back each; what stands in the way of one does not hold up the others."""
    done, failed = [], []
    for version in wanted:
        try:
            done.append(bring(version))
        except (Conflict, NotFound) as error:
            failed.append((version, error))
    if not failed:
        return tuple(done)
    if len(wanted) == 1:
        raise failed[0][1]
    (which, first), *_ = failed
    raise type(first)(
        f"{len(failed)} of the {len(wanted)} that {name} read are not back: "
        f"{', '.join(version for version, _ in failed)}. {which}: {first.message}",
        first.hint,
    )


def _place(workspace: Workspace, version: str, folder: Path) -> Path:
    """Return where a version goes in a folder: two may have one file name."""
    from mlops_jupyter.data.catalog.history import resolve

    path = resolve(workspace, references.parse(version, "data")).path
    place = folder / Path(*(part for part in Path(path).parts if part not in ("..", "/")))
    place.parent.mkdir(parents=True, exist_ok=True)
    return place

"""What a run's cell made, as a tag of the run: files it wrote, and data versions it took."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.capture import context
from mlops_jupyter.tracking.capture.contents import NotHashed
from mlops_jupyter.tracking.capture.libraries import is_temporary
from mlops_jupyter.tracking.capture.sources import Signature
from mlops_jupyter.tracking.capture.wrapping import unobserved
from mlops_jupyter.tracking.run_parts import DataOutput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlflow import MlflowClient

    from mlops_jupyter.tracking.capture.reads import Reads
    from mlops_jupyter.tracking.capture.sightings import Taken, Write
    from mlops_jupyter.workspace import Workspace

# A tag holds so many; the number of the others is said.
_IN_TAG = 25
_TAG_LIMIT = 4800


def collect(
    workspace: Workspace, reads: Reads, *, of_all_cells: bool = False
) -> tuple[list[DataOutput], list[str]]:
    """Return what the current cell made: data versions, and files that are still there.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    reads : Reads
        What was seen.
    of_all_cells : bool
        What all cells made, instead.

    Returns
    -------
    list of DataOutput
        With size and hash; folders have neither.
    list of str
        What was left out, and why.
    """
    made = [write for write in reads.writes.values() if of_all_cells or _is_here(reads, write)]
    taken = _taken(workspace, reads, made, of_all_cells=of_all_cells)
    written, skipped = _written(workspace, reads, made)
    once = {(entry.path, entry.digest) for entry in taken}
    found = [*taken, *(entry for entry in written if (entry.path, entry.digest) not in once)]
    if len(found) > _IN_TAG:
        skipped.append(f"{len(found) - _IN_TAG} more files that were written")
    return found[:_IN_TAG], skipped


def _is_here(reads: Reads, each: Write | Taken) -> bool:
    return each.cell == reads.provenance.cell


def _taken(
    workspace: Workspace, reads: Reads, made: Sequence[Write], *, of_all_cells: bool
) -> list[DataOutput]:
    """Return the versions that were taken, but those of what was given by others."""
    seen = reads.items.values()
    loaded = {read.what.digest for read in seen if read.data is not None}
    read = {context.relative(workspace, read.path) for read in seen if read.path is not None}
    written = {context.relative(workspace, write.path) for write in made}
    return [
        DataOutput(
            path=taken.version.path,
            size=taken.version.size,
            digest=taken.version.hash,
            version=taken.version.ref,
        )
        for taken in reads.taken.values()
        if (of_all_cells or _is_here(reads, taken))
        and (
            taken.version.hash not in loaded
            if taken.version.origin == "frame"
            else taken.version.path in written
            or not (taken.version.unchanged or taken.version.path in read)
        )
    ]


def _written(
    workspace: Workspace, reads: Reads, made: Sequence[Write]
) -> tuple[list[DataOutput], list[str]]:
    found: list[DataOutput] = []
    skipped: list[str] = []
    with unobserved():
        for write in made:
            seen = Signature.of(write.path)
            shown = context.relative(workspace, write.path)
            if seen is None and not write.path.is_dir():
                continue  # taken away again
            if is_temporary(write.path) and not write.path.is_relative_to(workspace.root):
                continue
            digest = None
            if seen is not None and len(found) < _IN_TAG:
                try:
                    digest = reads.contents.of_file(workspace, write.path, seen)
                except NotHashed as reason:
                    skipped.append(f"hash of {shown}: {reason}")
            version = None
            if digest is not None:
                version = reads.contents.version(workspace, digest, reads.provenance.cell)
            size = seen.size if seen is not None else None
            found.append(DataOutput(path=shown, size=size, digest=digest, version=version))
    return found, skipped


def log(client: MlflowClient, run_id: str, found: list[DataOutput]) -> None:
    """Record them as a tag of the run."""
    entries = [entry.model_dump(exclude_none=True) for entry in found]
    while entries and len(tags.as_tag(entries)) > _TAG_LIMIT:
        entries.pop()
    if entries:
        client.set_tag(run_id, tags.OUTPUTS, tags.as_tag(entries))

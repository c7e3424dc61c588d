"""The files that a run's cell wrote: what they hold when the run ends, as a tag of the run."""

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
    from mlflow import MlflowClient

    from mlops_jupyter.tracking.capture.reads import Reads
    from mlops_jupyter.workspace import Workspace

# A tag holds so many; the number of the others is said.
_IN_TAG = 25
_TAG_LIMIT = 4800


def collect(workspace: Workspace, reads: Reads) -> tuple[list[DataOutput], list[str]]:
    """Return the files that the current cell wrote and that are still there.

    Returns
    -------
    list of DataOutput
        With size and hash; folders have neither.
    list of str
        What was left out, and why.
    """
    found: list[DataOutput] = []
    skipped: list[str] = []
    here = [write for write in reads.writes.values() if write.cell == reads.provenance.cell]
    with unobserved():
        for write in here:
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
    if len(found) > _IN_TAG:
        skipped.append(f"{len(found) - _IN_TAG} more files that were written")
    return found[:_IN_TAG], skipped


def log(client: MlflowClient, run_id: str, found: list[DataOutput]) -> None:
    """Record them as a tag of the run."""
    entries = [entry.model_dump(exclude_none=True) for entry in found]
    while entries and len(tags.as_tag(entries)) > _TAG_LIMIT:
        entries.pop()
    if entries:
        client.set_tag(run_id, tags.OUTPUTS, tags.as_tag(entries))

"""The data of a run: files that were read, with their content hash and data version."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.capture import context
from mlops_jupyter.tracking.records import DataInput

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from mlops_jupyter.tracking.capture.reads import Reads
    from mlops_jupyter.workspace import Workspace


def collect(workspace: Workspace, reads: Reads) -> tuple[list[DataInput], list[str]]:
    """Hash the files that were read, and find the data versions they equal.

    Returns
    -------
    list of DataInput
        Those that are still what was read.
    list of str
        Those left out, each with the reason.
    """
    from mlops_jupyter.data.dvc_store import hash_file
    from mlops_jupyter.data.history import matching

    found: list[DataInput] = []
    skipped: list[str] = []
    limit = workspace.settings.data.hash_limit_mb * 1_000_000
    for read in reads.files.values():
        shown = context.relative(workspace, read.path)
        if read.size > limit:
            skipped.append(f"hash of {shown}: larger than hash_limit_mb in mlops.toml")
            continue
        if not read.unchanged():
            skipped.append(f"hash of {shown}: changed since it was read")
            continue
        digest = hash_file(workspace, read.path)
        versions = matching(workspace, digest)
        found.append(
            DataInput(
                name=read.path.name,
                source=shown,
                digest=digest,
                version=versions[0] if versions else None,
                rows=read.rows,
                size=read.size,
            )
        )
    return found, skipped


def log(client: MlflowClient, run_id: str, found: list[DataInput]) -> None:
    """Record them as MLflow dataset inputs, and their versions as a tag for lists of runs."""
    if not found:
        return
    from mlflow.entities import Dataset, DatasetInput, InputTag

    client.log_inputs(
        run_id,
        datasets=[
            DatasetInput(
                Dataset(
                    name=entry.name,
                    digest=entry.digest,
                    source_type="local",
                    source=json.dumps({"uri": entry.source}),
                    profile=json.dumps({"num_rows": entry.rows, "size": entry.size}),
                ),
                [
                    InputTag("mlflow.data.context", "training"),
                    *([InputTag(tags.DATA, entry.version)] if entry.version else []),
                ],
            )
            for entry in found
        ],
    )
    client.set_tag(run_id, tags.DATA, tags.as_tag([e.version or e.source for e in found]))

"""The run around those of a pipeline's stages."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from mlops_jupyter.tracking import tags

if TYPE_CHECKING:
    from pathlib import Path

    from mlops_jupyter.pipelines.records import PipelineRun, StageDone
    from mlops_jupyter.tracking.writer import Final, OpenRun
    from mlops_jupyter.workspace import Workspace

EXPERIMENT = "pipeline"
_FILES = ("dvc.yaml", "dvc.lock", "params.yaml")


class Parent:
    """A run that is opened when the first stage runs, and closed whatever becomes of it.

    Nothing of MLflow is imported before: a pipeline with nothing to do makes no run.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    lock : bytes or None
        ``dvc.lock``, as it was before.
    """

    def __init__(self, workspace: Workspace, lock: bytes | None) -> None:
        self._workspace = workspace
        self._lock = lock
        self._run: OpenRun | None = None

    @property
    def run_id(self) -> str | None:
        """Its id; None where no stage has run."""
        return self._run.run_id if self._run else None

    def open(self) -> str:
        """Return its id, opened where it is not yet."""
        if self._run is None:
            from mlops_jupyter.tracking import writer
            from mlops_jupyter.tracking.store import waiting

            recorded = waiting.recording_store(self._workspace)
            self._run = writer.open_run(
                self._workspace,
                experiment=EXPERIMENT,
                name=EXPERIMENT,
                run_kind="pipeline",
                extra_tags={
                    tags.SOURCE_NAME: "dvc.yaml",
                    tags.SOURCE_TYPE: "PROJECT",
                    **waiting.marks(recorded, self._workspace.store),
                },
                store=recorded,
            )
        return self._run.run_id

    def children(self, stage: str) -> list[str]:
        """Return the runs that a stage made, the oldest first."""
        if self._run is None:
            return []
        condition = (
            f"tags.`{tags.PARENT}` = '{self._run.run_id}' AND tags.`{tags.STAGE}` = '{stage}'"
        )
        client = self._run.client
        known = [each.experiment_id for each in client.search_experiments()]
        found = client.search_runs(known, condition, order_by=["attributes.start_time ASC"])
        return [run.info.run_id for run in found]

    def close(self, status: Final, result: PipelineRun) -> str | None:
        """Keep what happened, and end; return why it is here alone."""
        if self._run is None:
            return None
        self._keep(result)
        self._run.finish(status, result.error)
        if not self._workspace.store.remote:
            return None
        from mlops_jupyter.tracking.transfer.syncing import delivered

        return delivered(self._workspace, self._run.run_id)

    def _keep(self, result: PipelineRun) -> None:
        run = self._run
        assert run is not None  # noqa: S101 - the caller looked
        told = {
            "stages": [_told(stage) for stage in result.stages],
            "lock": [result.lock_before, result.lock_after],
        }
        run.set_tags({tags.PIPELINE: tags.as_tag(told)})
        seconds = {
            f"seconds/{stage.name.replace('@', '/')}": stage.seconds
            for stage in result.stages
            if stage.outcome in ("ran", "failed", "stopped")
        }
        run.log_metrics(seconds)
        for name in _FILES:
            file = self._workspace.root / name
            if file.is_file():
                run.log_artifact(file, "pipeline")
        if self._lock is not None:
            run.client.log_text(
                run.run_id, self._lock.decode(errors="replace"), "pipeline/before/dvc.lock"
            )


def _told(stage: StageDone) -> dict[str, Any]:
    return {
        "name": stage.name,
        "outcome": stage.outcome,
        "seconds": stage.seconds,
        "runs": stage.run_ids,
        "why": [reason.said for reason in stage.reasons][:5],
    }


def content(file: Path) -> bytes | None:
    """Return what a file holds; None where there is none."""
    try:
        return file.read_bytes()
    except OSError:
        return None


def digest(held: bytes | None) -> str | None:
    """Return the MD5 of what a file holds."""
    return None if held is None else hashlib.md5(held, usedforsecurity=False).hexdigest()

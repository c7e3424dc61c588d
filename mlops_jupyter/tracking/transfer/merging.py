"""Bringing a run into a store, exactly once.

A run is looked up by its uid before it is made, each step leaves alone what is there already, and
a last tag says that all of it has arrived. So an interrupted merge is taken up where it stopped,
and one that is done again changes nothing. What is merged is only added to; where two states of a
run disagree (tags, how it ended), the one that was described later is right.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mlops_jupyter.tracking import tags, writer
from mlops_jupyter.tracking.capture.objects import local_folder
from mlops_jupyter.tracking.history.client_source import experiments
from mlops_jupyter.tracking.history.summaries import json_tag
from mlops_jupyter.tracking.store.opening import client as open_client
from mlops_jupyter.tracking.store.opening import quiet_links
from mlops_jupyter.tracking.store.waiting import address
from mlops_jupyter.tracking.transfer import merging_models, places, reading
from mlops_jupyter.tracking.transfer.description import uid_of
from mlops_jupyter.tracking.transfer.privacy import Leaves
from mlops_jupyter.tracking.transfer.steps import Step, Steps, ignore_steps

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun

    from mlops_jupyter.tracking.transfer.description import RunDescription
    from mlops_jupyter.tracking.transfer.reading import Described
    from mlops_jupyter.workspace import Store, Workspace

Outcome = Literal["new", "updated", "unchanged"]

_DUPLICATE = "duplicate"
_TAG_LIMIT, _PARAM_LIMIT = 5000, 6000


@dataclass(frozen=True)
class Merged:
    """What became of a run, and its id in the store."""

    outcome: Outcome
    run_id: str


class Target:
    """A store that runs are brought into.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    store : Store
        The store.
    """

    def __init__(self, workspace: Workspace, store: Store) -> None:
        self.workspace = workspace
        self.store = store
        self.client: MlflowClient = open_client(workspace, store)
        of_store = hashlib.sha256(address(store).encode()).hexdigest()[:16]
        self.ledgers = workspace.state_dir / "sync" / of_store
        self._experiments: dict[str, str] = {}

    def find(self, uid: str) -> MlflowRun | None:
        """Return the run of a uid, also one that was deleted there.

        A creation whose answer was lost on the way may have been done twice: the second run, which
        nothing has been merged into, is deleted.
        """
        found = [run for run in self._with_tag(tags.UID, uid) if _merged(run) != _DUPLICATE]
        found.sort(key=_best_first)
        for extra in found[1:]:
            if extra.info.lifecycle_stage == "active" and not _merged(extra):
                self.client.set_tag(extra.info.run_id, tags.MERGED, json.dumps(_DUPLICATE))
                self.client.delete_run(extra.info.run_id)
        return found[0] if found else None

    def original(self, description: RunDescription) -> MlflowRun | None:
        """Return the run itself, where a run comes back to the store that it was made in."""
        from mlflow.exceptions import MlflowException

        try:
            run = self.client.get_run(description.origin_run_id)
        except MlflowException:
            return None
        tagged = run.data.tags.get(tags.UID)
        return run if uid_of(tagged, run.info.run_id) == description.uid else None

    def has(self, uid: str, digest: str) -> bool:
        """Whether a run is there in a state, as far as the last merge into it has noted."""
        found = self.find(uid)
        return found is not None and (
            found.info.lifecycle_stage != "active"
            or json_tag(found.data.tags, tags.MERGED).get("digest") == digest
        )

    def children(self, uid: str) -> list[MlflowRun]:
        """Return the runs that belong to a run, also those that came before it."""
        return self._with_tag(tags.PARENT_UID, uid)

    def experiment_id(self, name: str) -> str:
        """Return the id of an experiment, made when missing."""
        if name not in self._experiments:
            self._experiments[name] = writer.ensure_experiment(
                self.client, self.workspace, name, self.store
            )
        return self._experiments[name]

    def _with_tag(self, tag: str, value: str) -> list[MlflowRun]:
        from mlflow.entities import ViewType

        everywhere = [*experiments(self.client), *experiments(self.client, deleted=True)]
        if not everywhere:
            return []
        return list(
            self.client.search_runs(
                everywhere, f"tags.`{tag}` = '{value}'", run_view_type=ViewType.ALL
            )
        )


def merge(target: Target, run: Described, steps: Steps = ignore_steps) -> Merged:
    """Bring a run into a store, or what is new of it.

    Parameters
    ----------
    target : Target
        The store.
    run : Described
        The run.
    steps : callable, optional
        Called after each step.

    Returns
    -------
    Merged
        A run that was deleted in the store stays deleted, and counts as unchanged.
    """
    description = run.description
    found = target.find(description.uid) or target.original(description)
    if found is not None and _is_there(target, found, description):
        return Merged("unchanged", found.info.run_id)
    outcome: Outcome = "new" if found is None or not _merged(found) else "updated"
    if found is None:
        found = _create(target, description)
        steps(Step.CREATED)
    elif found.info.run_id == description.origin_run_id:
        outcome = "updated"
    _Merge(target, run, found, steps).do()
    return Merged(outcome, found.info.run_id)


def _is_there(target: Target, found: MlflowRun, description: RunDescription) -> bool:
    if found.info.lifecycle_stage != "active":
        return True
    merged = json_tag(found.data.tags, tags.MERGED)
    if merged.get("digest") == description.digest:
        return True
    if local_folder(found.info.artifact_uri) is None:
        return False
    # Here it costs little to look: it may have come by another way, or be the original itself.
    leaves = Leaves.by_settings(target.workspace)
    with reading.described(target.client, found.info.run_id, leaves) as now:
        return now.description.digest == description.digest


def _create(target: Target, description: RunDescription) -> MlflowRun:
    target.client.create_run(
        target.experiment_id(description.experiment),
        start_time=description.started,
        tags={tags.UID: description.uid, tags.ORIGIN_ID: description.origin_run_id},
        run_name=description.name,
    )
    created = target.find(description.uid)
    assert created is not None  # noqa: S101 - it has just been made
    return created


class _Merge:
    """One merge into a run that is there."""

    def __init__(self, target: Target, run: Described, found: MlflowRun, steps: Steps) -> None:
        self._target = target
        self._client = target.client
        self._description = run.description
        self._places = run.places
        self._found = found
        self._run_id: str = found.info.run_id
        self._steps = steps
        merged_at = json_tag(found.data.tags, tags.MERGED).get("at")
        self._newer = not isinstance(merged_at, int) or merged_at <= self._description.described_at

    def do(self) -> None:
        """Take every step; each leaves alone what is there already."""
        self._params()
        self._steps(Step.PARAMS)
        self._metrics()
        self._steps(Step.METRICS)
        self._tags()
        self._steps(Step.TAGS)
        self._inputs()
        self._steps(Step.INPUTS)
        models = merging_models.Models(self._client, self._found, self._target.ledgers, self._steps)
        models.merge(self._description.models, self._places)
        self._steps(Step.MODELS)
        self._files()
        self._steps(Step.FILES)
        if self._newer:
            self._status()
            self._steps(Step.ENDED)
            self._mark()
        self._steps(Step.MERGED)

    def _params(self) -> None:
        from mlflow.entities import Param

        there = self._found.data.params
        missing = [
            Param(key, value[:_PARAM_LIMIT])
            for key, value in self._description.params.items()
            if key not in there  # MLflow takes a parameter once
        ]
        self._client.log_batch(self._run_id, params=missing)

    def _metrics(self) -> None:
        from mlflow.entities import Metric

        missing = []
        for key, points in self._description.metrics.items():
            there = set()
            if key in self._found.data.metrics:
                history = self._client.get_metric_history(self._run_id, key)
                there = {repr((p.value, p.timestamp, p.step)) for p in history}
            missing += [
                Metric(key, value, timestamp, step)
                for value, timestamp, step in points
                if repr((value, timestamp, step)) not in there
            ]
        self._client.log_batch(self._run_id, metrics=missing)

    def _tags(self) -> None:
        from mlflow.entities import RunTag

        there = self._found.data.tags
        wanted = {key: value[:_TAG_LIMIT] for key, value in self._description.tags.items()}
        if self._description.parent_uid:
            wanted[tags.PARENT_UID] = self._description.parent_uid
            parent = self._target.find(self._description.parent_uid)
            if parent is not None:
                wanted[tags.PARENT] = parent.info.run_id
        missing = [
            RunTag(key, value)
            for key, value in wanted.items()
            if key not in there or (self._newer and there[key] != value)
        ]
        self._client.log_batch(self._run_id, tags=missing)
        if not _merged(self._found):
            self._adopt()

    def _adopt(self) -> None:
        """Take in the runs that belong to this one and came before it."""
        for child in self._target.children(self._description.uid):
            orphan = child.data.tags.get(tags.PARENT) != self._run_id
            if orphan and child.info.lifecycle_stage == "active":
                self._client.set_tag(child.info.run_id, tags.PARENT, self._run_id)

    def _inputs(self) -> None:
        from mlflow.entities import Dataset, DatasetInput, InputTag

        there = {
            (entry.dataset.name, entry.dataset.digest)
            for entry in self._found.inputs.dataset_inputs
        }
        missing = [
            DatasetInput(
                Dataset(
                    name=entry.name,
                    digest=entry.digest,
                    source_type=entry.source_type,
                    source=entry.source,
                    schema=entry.schema_text,
                    profile=entry.profile,
                ),
                [InputTag(key, value) for key, value in entry.tags.items()],
            )
            for entry in self._description.inputs
            if (entry.name, entry.digest) not in there
        ]
        if missing:
            self._client.log_inputs(self._run_id, datasets=missing)

    def _files(self) -> None:
        prefix = "artifacts/"
        wanted = {
            name.removeprefix(prefix): path
            for name, path in self._places.items()
            if name.startswith(prefix)
        }
        place = places.of_run(
            self._client, self._run_id, self._found.info.artifact_uri, self._target.ledgers
        )
        places.fill(place, wanted, lambda: self._steps(Step.FILE))

    def _status(self) -> None:
        info, wanted = self._found.info, self._description
        if info.run_name != wanted.name:
            self._client.update_run(self._run_id, name=wanted.name)
        if wanted.ongoing:
            if info.status != wanted.status:
                self._client.update_run(self._run_id, status=wanted.status)
        elif (info.status, info.end_time) != (wanted.status, wanted.ended):
            with quiet_links():
                self._client.set_terminated(self._run_id, wanted.status, wanted.ended)

    def _mark(self) -> None:
        """Say that all has arrived; whoever finds this tag need not compare."""
        state = {"digest": self._description.digest, "at": self._description.described_at}
        self._client.set_tag(self._run_id, tags.MERGED, tags.as_tag(state))


def _merged(run: MlflowRun) -> object:
    text: str = run.data.tags.get(tags.MERGED, "")
    return _DUPLICATE if text == json.dumps(_DUPLICATE) else text


def _best_first(run: MlflowRun) -> tuple[bool, bool, str]:
    return (run.info.lifecycle_stage != "active", not _merged(run), run.info.run_id)

"""``mlops delete``, ``restore`` and ``tag``."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from mlops_jupyter.errors import BadInput, Conflict, NotFound, StoreUnavailable, UsageError
from mlops_jupyter.tracking import tags as known_tags
from mlops_jupyter.tracking.history import find
from mlops_jupyter.tracking.history.client_source import experiments
from mlops_jupyter.tracking.history.records import EditedRun, EditedRuns
from mlops_jupyter.tracking.history.stored import of_mlflow
from mlops_jupyter.tracking.history.summaries import summarise
from mlops_jupyter.tracking.records import Runs
from mlops_jupyter.tracking.store.opening import client as open_client

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun

    from mlops_jupyter.workspace import Workspace

# On a run that was deleted along with another one: that one's id, so that it comes back with it.
_DELETED_WITH = "mlops.deleted_with"
_OURS = ("mlops.", "mlflow.")
_LONGEST_VALUE = 5000
_AT_ONCE = 1000
_LONGEST_NAME = 250


def delete(workspace: Workspace, *references: str, force: bool = False) -> EditedRuns:
    """Delete runs, and the runs below them; `restore` brings them back.

    Their files stay until MLflow's own ``mlflow gc`` takes them away.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    *references : str
        The runs; see `show`.
    force : bool
        Also runs that still run, and runs that a registered model comes from.

    Raises
    ------
    NotFound
        No such run; then none is deleted.
    Conflict
        A run is still running, or a registered model comes from it; then none is deleted.

    Examples
    --------
    >>> delete(ws, "forest").runs[0].name
    'forest'
    >>> restore(ws, "forest").action
    'restored'
    """
    _some(references, "mlops delete REF")
    opened = open_client(workspace)
    named = {
        run.info.run_id: run for run in (find.run(opened, reference) for reference in references)
    }
    below = {
        run.info.run_id: (run, top)
        for top, parent in named.items()
        for run in _below(opened, parent)
        if run.info.run_id not in named
    }
    if not force:
        for run in (*named.values(), *(run for run, _ in below.values())):
            _refuse_where_needed(opened, run)
    names = experiments(opened)
    edited = []
    with _refusals_told(workspace):
        for run, top in below.values():  # first: who is interrupted still finds the rest by name
            opened.set_tag(run.info.run_id, _DELETED_WITH, top)
            opened.delete_run(run.info.run_id)
            edited.append(_edited(run, names, top))
        for run in named.values():
            opened.delete_run(run.info.run_id)
            edited.append(_edited(run, names))
    return EditedRuns(action="deleted", runs=edited)


def restore(
    workspace: Workspace,
    *references: str,
    list: bool = False,  # noqa: A002 - the option's name
) -> EditedRuns | Runs:
    """Bring deleted runs back, with the runs that were deleted along with them.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    *references : str
        The runs; see `show`.
    list : bool
        List the deleted runs instead.

    Raises
    ------
    NotFound
        No deleted run is called so.
    Conflict
        Its experiment was deleted.

    Examples
    --------
    >>> restore(ws, list=True).runs
    []
    """
    opened = open_client(workspace)
    if list:
        return _deleted(opened, workspace)
    _some(references, "mlops restore REF; `mlops restore --list` lists the deleted runs")
    names = experiments(opened)
    named = [find.run(opened, reference, deleted=True) for reference in references]
    for run in named:
        if run.info.experiment_id not in names:
            raise Conflict(
                f"the experiment of run {run.info.run_name!r} was deleted",
                f"first: `mlflow experiments restore -x {run.info.experiment_id}`",
            )
    edited = []
    with _refusals_told(workspace):
        for run in named:
            along = f"tags.`{_DELETED_WITH}` = '{run.info.run_id}'"
            for child in tuple(_search(opened, [*names], along, deleted=True)):
                opened.restore_run(child.info.run_id)
                opened.delete_tag(child.info.run_id, _DELETED_WITH)
                edited.append(_edited(child, names, run.info.run_id))
            opened.restore_run(run.info.run_id)
            edited.append(_edited(run, names))
    return EditedRuns(action="restored", runs=edited)


def tag(
    workspace: Workspace,
    reference: str,
    tags: Mapping[str, str] | None = None,
    *,
    remove: Iterable[str] = (),
) -> EditedRuns:
    """Set and remove tags of a run.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    reference : str
        The run; see `show`.
    tags : mapping, optional
        Tags to set.
    remove : iterable of str
        Tags to remove.

    Raises
    ------
    BadInput
        A name or a value is none that MLflow takes, or the tag is not the user's to change.
    NotFound
        No such run, or a tag to remove is not there.

    Examples
    --------
    >>> tag(ws, "forest", {"team": "x"}).tags
    {'team': 'x'}
    >>> print(tag(ws, "forest", remove=["team"]))
    tagged forest in trees (run:...): without team
    """
    wanted = {_name(key): _value(key, value) for key, value in (tags or {}).items()}
    unwanted = [_name(key) for key in remove]
    if not wanted and not unwanted:
        raise UsageError("no tag to set or remove", "mlops tag REF team=x, or --remove team")
    opened = open_client(workspace)
    run = find.run(opened, reference)
    for key in unwanted:
        if key not in run.data.tags:
            there = ", ".join(sorted(k for k in run.data.tags if not k.startswith(_OURS)))
            raise NotFound(f"run {run.info.run_name!r} has no tag {key!r}", f"it has: {there}")
    with _refusals_told(workspace):
        for key, value in wanted.items():
            opened.set_tag(run.info.run_id, key, value)
        for key in unwanted:
            opened.delete_tag(run.info.run_id, key)
    return EditedRuns(
        action="tagged",
        runs=[_edited(run, experiments(opened))],
        tags=wanted,
        removed=unwanted,
    )


def _some(references: tuple[str, ...], hint: str) -> None:
    if not references:
        raise UsageError("name the runs", hint)


def _below(opened: MlflowClient, run: MlflowRun) -> Iterator[MlflowRun]:
    """Return all runs below one; rings, which others may have made, are cut."""
    seen, waiting = {run.info.run_id}, [run]
    while waiting:
        above = waiting.pop(0)
        condition = f"tags.`{known_tags.PARENT}` = '{above.info.run_id}'"
        for child in tuple(_search(opened, [above.info.experiment_id], condition)):
            if child.info.run_id not in seen:
                seen.add(child.info.run_id)
                waiting.append(child)
                yield child


def _search(
    opened: MlflowClient, where: list[str], condition: str, *, deleted: bool = False
) -> Iterator[MlflowRun]:
    from mlflow.entities import ViewType

    view = ViewType.DELETED_ONLY if deleted else ViewType.ACTIVE_ONLY
    token = None
    while where:
        page = opened.search_runs(where, condition, view, max_results=_AT_ONCE, page_token=token)
        yield from page
        token = page.token
        if not token:
            return


@contextlib.contextmanager
def _refusals_told(workspace: Workspace) -> Iterator[None]:
    """Say it in our words where the store does not do what it is asked."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        reason = str(error).partition("\n")[0]
        raise StoreUnavailable(
            f"the tracking store {workspace.store.shown} refused: {reason}",
            "what was done before it stays done: `mlops runs`, `mlops restore --list`",
        ) from error


def _refuse_where_needed(opened: MlflowClient, run: MlflowRun) -> None:
    from mlflow.exceptions import MlflowException

    name = run.info.run_name or run.info.run_id
    if run.info.status == "RUNNING":
        raise Conflict(f"run {name!r} is still running", "wait for its end, or --force")
    try:
        versions = opened.search_model_versions(f"run_id = '{run.info.run_id}'")
    except MlflowException:  # a store without a registry
        return
    if versions:
        listed = ", ".join(f"model:{each.name}@{each.version}" for each in versions[:5])
        raise Conflict(
            f"{listed} comes from run {name!r}",
            "delete the model version first, or --force: the model stays, its origin is hidden",
        )


def _deleted(opened: MlflowClient, workspace: Workspace) -> Runs:
    names = experiments(opened)
    found = _search(opened, [*names], "", deleted=True)
    summaries = [summarise(of_mlflow(run), names) for run in found]
    newest_first = sorted(summaries, key=lambda run: run.started, reverse=True)
    return Runs(runs=newest_first, store=workspace.store.shown, where="deleted")


def _edited(run: MlflowRun, names: Mapping[str, str], parent: str | None = None) -> EditedRun:
    return EditedRun(
        run_id=run.info.run_id,
        name=run.info.run_name or run.info.run_id[:8],
        experiment=names.get(str(run.info.experiment_id), str(run.info.experiment_id)),
        parent=parent,
    )


def _name(key: str) -> str:
    from mlflow.exceptions import MlflowException
    from mlflow.utils.validation import _validate_tag_name

    if key.startswith(_OURS):
        raise BadInput(f"{key!r} is not a tag of yours", "mlops and MLflow rely on it")
    if len(key) > _LONGEST_NAME:
        raise BadInput(f"the name of a tag has {len(key)} characters", "a store takes 250")
    try:
        _validate_tag_name(key)
    except MlflowException:
        raise BadInput(
            f"{key!r} is no name for a tag", "use letters, digits, _ - . / : and spaces"
        ) from None
    return key


def _value(key: str, value: object) -> str:
    text = str(value)
    if len(text) > _LONGEST_VALUE:
        raise BadInput(
            f"the value of {key!r} has {len(text):,} characters",
            f"a tag takes {_LONGEST_VALUE:,}; `mlops log` keeps files and text",
        )
    return text

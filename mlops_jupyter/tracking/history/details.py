"""``mlops show``: one run with what made it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.history import drift_reports, family, find, foreign, run_data, sources
from mlops_jupyter.tracking.history.run_charts import charts_of
from mlops_jupyter.tracking.history.sides import Reader
from mlops_jupyter.tracking.history.staleness import Judge
from mlops_jupyter.tracking.history.summaries import json_tag, summary
from mlops_jupyter.tracking.run_parts import Code
from mlops_jupyter.tracking.run_record import Model, Run
from mlops_jupyter.tracking.store.opening import client as open_client
from mlops_jupyter.workspace import without_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun

    from mlops_jupyter.tracking.history.run_files import Files
    from mlops_jupyter.tracking.history.sides import Side
    from mlops_jupyter.workspace import Workspace


def show(workspace: Workspace, reference: str, *, html: Path | str | None = None) -> Run:
    """Return one run with what made it.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    reference : str
        ``run:ID``, an id or the beginning of one (six characters or more), a run's name, or
        ``last``.
    html : Path or str, optional
        Write all of it into this file too: one page that stands alone, to send to somebody.

    Raises
    ------
    NotFound
        No such run.
    UsageError
        Several runs match; lists them.
    Conflict
        The file is there and is no such page.

    Examples
    --------
    >>> run = show(ws, "forest")
    >>> run.summary.params["n_estimators"]
    '5'
    >>> show(ws, "forest", html="forest.html").page
    'forest.html'
    """
    opened = open_client(workspace)
    found = find.run(opened, reference)
    reader = Reader(opened, {})
    side = reader.side(found)
    run = _details(workspace, opened, side, reader.files(found))
    if html is not None:
        from mlops_jupyter.tracking.history.page import write

        run = run.model_copy(
            update={"page": write(workspace, run, reader.files(found), html, around=side.files)}
        )
    return run


def _details(workspace: Workspace, opened: MlflowClient, side: Side, files: Files) -> Run:
    run = side.run
    experiment = opened.get_experiment(run.info.experiment_id)
    known: Mapping[str, str] = run.data.tags
    row = summary(run, {run.info.experiment_id: experiment.name}, Judge(workspace).of)
    relatives = family.around(opened, run)
    with sources.opened(workspace) as source:
        charts, left_out = charts_of(source, row, relatives)
    return Run(
        summary=row,
        note=known.get(tags.NOTE),
        charts=charts,
        code=_code(known, side),
        inputs=run_data.inputs(run),
        outputs=run_data.outputs(known),
        models=_models(opened, run),
        artifacts=files.artifacts,
        drift=drift_reports.kept(run),
        environment=foreign.pairs(json_tag(known, tags.ENVIRONMENT)),
        packages=side.files.packages(),
        attempt=foreign.whole(known.get(tags.ATTEMPT)),
        attempts=relatives.attempts,
        parent=relatives.parent,
        children=relatives.children,
        best_child=relatives.best_child,
        tags=dict(known),
        error=known.get(tags.ERROR),
        missing=[*files.missing, *relatives.missing, *left_out],
        store=workspace.store.shown,
    )


def _code(known: Mapping[str, str], side: Side) -> Code:
    """Return the code; of one fit among many, cell and notebook are kept with the cell's run."""
    code = json_tag(known, tags.CODE)
    remote = foreign.text(code.get("remote"))
    kept = side.holder.data.tags
    journal = json_tag(kept, tags.JOURNAL)
    runnable = journal.get("runnable")
    return Code(
        commit=foreign.text(code.get("commit")) or known.get(tags.GIT_COMMIT),
        branch=foreign.text(code.get("branch")) or known.get(tags.GIT_BRANCH),
        remote=without_credentials(remote) if remote else None,
        changed=foreign.texts(code.get("changed")),
        modules=foreign.texts(code.get("modules")),
        cell=side.files.cell(),
        notebook=side.files.notebook(),
        journal=side.files.journal(),
        order=kept.get(tags.ORDER),
        runnable=runnable if isinstance(runnable, bool) else None,
        not_runnable=foreign.text(journal.get("why")) if runnable is False else None,
    )


def _models(opened: MlflowClient, run: MlflowRun) -> list[Model]:
    from mlflow.entities import LoggedModelStatus

    found = opened.search_logged_models(
        [run.info.experiment_id], filter_string=f"source_run_id = '{run.info.run_id}'"
    )
    return [
        Model(name=model.name, uri=model.model_uri, flavor=model.tags.get(tags.MODEL))
        for model in found
        if model.status == LoggedModelStatus.READY  # else half of it may be there
    ]

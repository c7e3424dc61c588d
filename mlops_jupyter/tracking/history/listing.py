"""``mlops runs``: listing runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.errors import NotFound, UsageError
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.history.summaries import summary
from mlops_jupyter.tracking.records import Runs, RunSummary
from mlops_jupyter.tracking.store.opening import client as open_client

if TYPE_CHECKING:
    from mlops_jupyter.workspace import Workspace


def runs(workspace: Workspace, *, experiment: str | None = None, limit: int = 20) -> Runs:
    """List runs, newest first.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    experiment : str, optional
        Only runs of this experiment.
    limit : int
        At most so many (1 to 1000).

    Returns
    -------
    Runs
        The runs; ``more`` says whether there are older ones.

    Raises
    ------
    NotFound
        No such experiment; names the ones there are.
    StoreUnavailable
        The store does not answer.

    Examples
    --------
    >>> [run.name for run in runs(ws, experiment="trees").runs]
    ['forest']
    """
    if not 1 <= limit <= 1000:
        raise UsageError(f"limit is {limit}", "give a number from 1 to 1000")
    opened = open_client(workspace)
    experiments = {e.experiment_id: e.name for e in opened.search_experiments()}
    if experiment is not None:
        chosen = [key for key, value in experiments.items() if value == experiment]
        if not chosen:
            known = ", ".join(sorted(experiments.values())) or "none"
            raise NotFound(f"no experiment {experiment!r}", f"there are: {known}")
    else:
        chosen = list(experiments)
    page = (
        opened.search_runs(chosen, max_results=limit, order_by=["attributes.start_time DESC"])
        if chosen
        else []
    )
    return Runs(
        runs=[summary(run, experiments) for run in page],
        store=workspace.store.shown,
        experiment=experiment,
        more=bool(getattr(page, "token", None)),
    )


def newest_trained(workspace: Workspace) -> RunSummary | None:
    """Return the newest run that trained a model; None where there is none."""
    opened = open_client(workspace)
    experiments = {e.experiment_id: e.name for e in opened.search_experiments()}
    page = opened.search_runs(
        list(experiments),
        f"tags.`{tags.MODEL}` != ''",
        max_results=1,
        order_by=["attributes.start_time DESC"],
    )
    return summary(page[0], experiments) if page else None

"""``mlops runs``: listing runs, and groups of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.errors import UsageError
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.history import names, outlook, sources
from mlops_jupyter.tracking.history.answering import Asked, Listing
from mlops_jupyter.tracking.history.directions import Direction
from mlops_jupyter.tracking.history.staleness import Judge
from mlops_jupyter.tracking.history.summaries import summary
from mlops_jupyter.tracking.records import Runs, RunSummary
from mlops_jupyter.tracking.store.opening import client as open_client

if TYPE_CHECKING:
    from mlops_jupyter.workspace import Workspace

_EVERYTHING = 2**53  # what every store takes for a limit

# SQL counts no further.
_FURTHEST = 2**62


def runs(
    workspace: Workspace,
    *,
    experiment: str | None = None,
    where: str | None = None,
    sort: str | None = None,
    group: str | None = None,
    metric: str | None = None,
    lower_is_better: bool | None = None,
    limit: int = 20,
    page: int = 1,
    all: bool = False,  # noqa: A002 - the option's name
    flat: bool = False,
    open: bool = False,  # noqa: A002 - the option's name
) -> Runs:
    """List runs, newest first.

    Runs that belong to another one stand below it, the best of them where there are many.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    experiment : str, optional
        Only runs of this experiment.
    where : str, optional
        Only runs that meet this condition, such as ``"test_auc > 0.7 and status = FINISHED"``;
        all of it: `mlops_jupyter.tracking.history.filters`.
    sort : str, optional
        A metric, a parameter, ``time``, ``duration`` or another name that `where` knows; with
        ``:asc`` or ``:desc``. A metric's best and the newest come first by default; runs without
        a value come last.
    group : str, optional
        One row for all runs that have this in common: a parameter, ``model``, ``experiment``,
        ``data``, ``notebook``, ``tag.NAME``.
    metric : str, optional
        The metric of groups (the main one by default); without `group`, each run's last, best,
        lowest and highest value of it.
    lower_is_better : bool, optional
        Which way the metric is better; by its name when not given.
    limit : int
        At most so many (of a page).
    page : int
        Which page, from 1.
    all : bool
        All at once, instead of pages.
    flat : bool
        Runs that belong to another one as rows like all others.
    open : bool
        Say where MLflow's own pages show them.

    Returns
    -------
    Runs
        The runs or groups; ``more`` says whether there is a next page.

    Raises
    ------
    NotFound
        No such experiment or metric; names the ones there are.
    UsageError
        A condition cannot be read, or a name in it is no run's; says where.
    StoreUnavailable
        The store does not answer.

    Examples
    --------
    >>> [run.name for run in runs(ws, experiment="trees").runs]
    ['forest']
    >>> runs(ws, where="n_estimators > 3 and status = FINISHED", sort="duration").runs[0].name
    'forest'
    >>> [(each.value, each.runs) for each in runs(ws, group="n_estimators").groups]
    [('5', 1)]
    """
    if limit < 1 or page < 1:
        raise UsageError(f"limit is {limit}, page is {page}", "give numbers from 1 on")
    if limit * page > _FURTHEST:
        raise UsageError(f"limit is {limit}, page is {page}", "no store holds so many runs")
    if all and page > 1:
        raise UsageError("all runs have but one page", "leave out --page, or --all")
    if group and sort:
        raise UsageError("groups are sorted by their best", "leave out --sort, or --group")
    asked = Asked(
        where=where,
        sort=sort,
        group=group,
        metric=metric,
        direction=_direction(lower_is_better),
        limit=_EVERYTHING if all else limit,
        offset=(page - 1) * limit,
        flat=flat,
    )
    with sources.opened(workspace) as source:
        known = source.experiments()
        chosen = names.experiments(source, known, experiment)
        found = Listing(source, known, chosen, asked, Judge(workspace).of).answer()
    return found.model_copy(
        update={
            "store": workspace.store.shown,
            "experiment": experiment,
            "page": page,
            **(outlook.update(workspace, chosen if experiment else []) if open else {}),
        }
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
    return summary(page[0], experiments, Judge(workspace).of) if page else None


def _direction(lower_is_better: bool | None) -> Direction | None:
    if lower_is_better is None:
        return None
    return "lower" if lower_is_better else "higher"

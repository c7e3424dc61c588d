"""``mlops runs``: listing runs, and groups of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_jupyter.errors import UsageError
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.history import (
    figures,
    filters,
    matching,
    names,
    nesting,
    ordering,
    outlook,
    sources,
)
from mlops_jupyter.tracking.history.directions import Direction, better
from mlops_jupyter.tracking.history.stored import Needs, Source, StoredRun
from mlops_jupyter.tracking.history.summaries import summarise, summary
from mlops_jupyter.tracking.records import Runs, RunSummary
from mlops_jupyter.tracking.store.opening import client as open_client

if TYPE_CHECKING:
    from mlops_jupyter.workspace import Workspace

_EVERYTHING = 2**53  # what every store takes for a limit
_LOOKED_AT_FOR_A_METRIC = 100


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
    if all and page > 1:
        raise UsageError("all runs have but one page", "leave out --page, or --all")
    if group and sort:
        raise UsageError("groups are sorted by their best", "leave out --sort, or --group")
    asked = _Asked(
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
        found = _Listing(source, known, chosen, asked).answer()
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
    return summary(page[0], experiments) if page else None


def _direction(lower_is_better: bool | None) -> Direction | None:
    if lower_is_better is None:
        return None
    return "lower" if lower_is_better else "higher"


@dataclass(frozen=True)
class _Asked:
    where: str | None
    sort: str | None
    group: str | None
    metric: str | None
    direction: Direction | None
    limit: int
    offset: int
    flat: bool


class _Listing:
    """Answers one question about the runs of some experiments."""

    def __init__(
        self, source: Source, known: dict[str, str], chosen: Sequence[str], asked: _Asked
    ) -> None:
        self._source = source
        self._known = known
        self._chosen = chosen
        self._asked = asked
        self._condition = self._read_condition()

    def answer(self) -> Runs:
        if self._asked.group:
            return self._grouped(self._asked.group)
        order = self._order()
        if order is not None:
            found = self._sorted(order)
        elif self._condition is not None:
            found = self._matching()
        else:
            found = self._by_time()
        return self._with_stats(found)

    def _read_condition(self) -> filters.Condition | None:
        if self._asked.where is None:
            return None
        condition = filters.parse(self._asked.where)
        return matching.resolved(condition, self._resolved)

    def _resolved(self, subject: filters.Subject) -> filters.Subject:
        return names.resolve(self._source, self._chosen, subject)

    def _order(self) -> ordering.Order | None:
        """Return the order that was asked for; None for the newest first."""
        if self._asked.sort is None:
            return None
        order = ordering.parse(self._asked.sort)
        subject = self._resolved(order.subject)
        by_name = better(subject.name) if subject.kind == "metric" else None
        order = ordering.settled(
            ordering.Order(subject, order.descending), self._asked.direction or by_name
        )
        newest_first = subject.kind == "attribute" and subject.name == "started"
        return None if newest_first and order.descending else order

    def _by_time(self) -> Runs:
        asked, source = self._asked, self._source
        top = not asked.flat
        page = source.page(self._chosen, asked.offset, asked.limit + 1, top=top)
        shown = page[: asked.limit]
        summaries = (
            nesting.with_children(source, self._chosen, shown, self._known)
            if top
            else self._summaries(shown)
        )
        return Runs(
            runs=summaries,
            store="",
            nested=top,
            more=len(page) > asked.limit,
            total=source.count(self._chosen, top=top),
        )

    def _matching(self) -> Runs:
        asked = self._asked
        found = itertools.islice(
            (run.run_id for run in self._found(Needs())),
            asked.offset,
            asked.offset + asked.limit + 1,
        )
        ids = list(found)
        return Runs(
            runs=self._summaries(self._source.load(ids[: asked.limit])),
            store="",
            where=asked.where,
            more=len(ids) > asked.limit,
        )

    def _sorted(self, order: ordering.Order) -> Runs:
        asked = self._asked
        read = matching.reader(order.subject, self._known)
        found = self._found(matching.needs([order.subject]))
        ids = ordering.ordered(found, read, descending=bool(order.descending))
        page = ids[asked.offset : asked.offset + asked.limit]
        return Runs(
            runs=self._summaries(self._source.load(page)),
            store="",
            where=asked.where,
            sorted_by=order.subject.name,
            descending=bool(order.descending),
            more=len(ids) > asked.offset + asked.limit,
            total=len(ids),
        )

    def _grouped(self, by: str) -> Runs:
        asked = self._asked
        subject = self._resolved(filters.subject(by))
        metric = self._metric() or names.usual_metric(self._some())
        direction = self._way(metric)
        needed = matching.needs([subject]) | Needs(metrics=frozenset([metric] if metric else []))
        read = matching.reader(subject, self._known)
        made = figures.groups(self._found(needed), read, metric, direction)
        return Runs(
            runs=[],
            store="",
            where=asked.where,
            group=subject.name,
            groups=made[asked.offset : asked.offset + asked.limit],
            metric=metric,
            direction=direction,
            more=len(made) > asked.offset + asked.limit,
            total=len(made),
        )

    def _with_stats(self, found: Runs) -> Runs:
        metric = self._metric()
        if metric is None:
            return found
        direction = self._way(metric)
        with_stats = [
            run.model_copy(
                update={
                    "stats": figures.stats(
                        self._source.points(run.run_id, metric), metric, direction
                    )
                }
            )
            for run in found.runs
        ]
        return found.model_copy(
            update={"runs": with_stats, "metric": metric, "direction": direction}
        )

    def _metric(self) -> str | None:
        named = self._asked.metric
        return None if named is None else names.metric(self._source, self._chosen, named)

    def _way(self, metric: str | None) -> Direction | None:
        return self._asked.direction or (better(metric) if metric else None)

    def _some(self) -> list[StoredRun]:
        """Return a few of the newest runs that are asked for, whole."""
        ids = (run.run_id for run in self._found(Needs()))
        return self._source.load(list(itertools.islice(ids, _LOOKED_AT_FOR_A_METRIC)))

    def _found(self, needed: Needs) -> Iterator[StoredRun]:
        """Return all runs that meet the condition, newest first."""
        condition = self._condition
        if condition is None:
            return self._source.scan(self._chosen, needed, None)
        subjects = [each.subject for each in filters.comparisons(condition)]
        test = matching.matcher(condition, self._asked.where or "", self._known)
        everything = matching.needs(subjects) | needed
        return filter(test, self._source.scan(self._chosen, everything, condition))

    def _summaries(self, found: Sequence[StoredRun]) -> list[RunSummary]:
        return [summarise(run, self._known) for run in found]

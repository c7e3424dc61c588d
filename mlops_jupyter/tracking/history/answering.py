"""Answering one question about runs: which, in which order, in which groups."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mlops_jupyter.tracking.history import (
    figures,
    filters,
    matching,
    names,
    nesting,
    ordering,
)
from mlops_jupyter.tracking.history.directions import Direction, better
from mlops_jupyter.tracking.history.stored import Needs, Source, StoredRun
from mlops_jupyter.tracking.history.summaries import Judging, summarise
from mlops_jupyter.tracking.records import Runs, RunSummary

_LOOKED_AT_FOR_A_METRIC = 100


@dataclass(frozen=True)
class Asked:
    """What was asked for; see `listing.runs`."""

    where: str | None
    sort: str | None
    group: str | None
    metric: str | None
    direction: Direction | None
    limit: int
    offset: int
    flat: bool


class Listing:
    """Answers one question about the runs of some experiments."""

    def __init__(
        self,
        source: Source,
        known: dict[str, str],
        chosen: Sequence[str],
        asked: Asked,
        judge: Judging,
    ) -> None:
        self._source = source
        self._known = known
        self._chosen = chosen
        self._asked = asked
        self._judge = judge
        self._condition = self._read_condition()

    def answer(self) -> Runs:
        """Return the runs or groups; where they are from is for the caller to say."""
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
            nesting.with_children(source, self._chosen, shown, self._known, self._judge)
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
        read = matching.reader(order.subject, self._known, self._judge)
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
        read = matching.reader(subject, self._known, self._judge)
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
        test = matching.matcher(condition, self._asked.where or "", self._known, self._judge)
        everything = matching.needs(subjects) | needed
        return filter(test, self._source.scan(self._chosen, everything, condition))

    def _summaries(self, found: Sequence[StoredRun]) -> list[RunSummary]:
        return [summarise(run, self._known, self._judge) for run in found]

"""Runs below the runs they belong to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mlops_jupyter.tracking.history.directions import better
from mlops_jupyter.tracking.history.figures import is_better
from mlops_jupyter.tracking.history.summaries import summarise
from mlops_jupyter.tracking.records import BestChild, RunSummary

if TYPE_CHECKING:
    from mlops_jupyter.tracking.history.stored import Source, StoredRun
    from mlops_jupyter.tracking.history.summaries import Judging

# So many of a run's children are listed; of more, the best.
MOST_CHILDREN = 5
_DEEPEST = 4


def with_children(
    source: Source,
    chosen: Sequence[str],
    tops: Sequence[StoredRun],
    experiments: Mapping[str, str],
    judge: Judging | None = None,
) -> list[RunSummary]:
    """Return summaries of runs, each followed by those that belong to it."""
    oldest = min((run.start or 0 for run in tops), default=0)
    tree = _Tree(source, source.children(chosen, oldest) if tops else {}, experiments, judge)
    found: list[RunSummary] = []
    for top in tops:
        tree.add(top, found, 0)
    return found


class _Tree:
    def __init__(
        self,
        source: Source,
        children: Mapping[str, list[str]],
        experiments: Mapping[str, str],
        judge: Judging | None,
    ) -> None:
        self._source = source
        self._children = children
        self._experiments = experiments
        self._judge = judge

    def add(self, run: StoredRun, found: list[RunSummary], depth: int) -> None:
        """Add a run, and below it its children, the best where there are many."""
        summary = summarise(run, self._experiments, self._judge)
        below = self._below(run.run_id)
        if not below:
            found.append(summary)
            return
        ranked, best = self._ranked(below)
        found.append(summary.model_copy(update={"children": len(below), "best_child": best}))
        if depth == _DEEPEST:
            return
        direct = [each for each in self._children.get(run.run_id, []) if each != run.run_id]
        shown = direct
        if len(direct) > MOST_CHILDREN:
            wanted = set(direct)
            kept = set([each for each in ranked if each in wanted][:MOST_CHILDREN])
            shown = [each for each in direct if each in kept]
        for child in self._source.load(shown):
            self.add(child, found, depth + 1)

    def _below(self, run_id: str) -> list[str]:
        """Return all runs below one; rings, which others may have made, are cut."""
        found: dict[str, None] = {}
        waiting = list(self._children.get(run_id, []))
        while waiting:
            child = waiting.pop(0)
            if child not in found and child != run_id:
                found[child] = None
                waiting += self._children.get(child, [])
        return list(found)

    def _ranked(self, run_ids: list[str]) -> tuple[list[str], BestChild | None]:
        """Return runs, the best first, and the best; by the newest one's main metric."""
        newest_first = run_ids[::-1]
        metric = self._metric(newest_first)
        direction = better(metric) if metric else None
        if metric is None or direction is None:
            return newest_first, None
        values = {
            run_id: value
            for run_id, value in self._source.values(run_ids, metric).items()
            if not math.isnan(value)
        }
        ranked = sorted(values, key=lambda each: values[each], reverse=direction == "higher")
        rest = [run_id for run_id in newest_first if run_id not in values]
        if not ranked:
            return rest, None
        best = ranked[0]
        for run_id in run_ids:  # the earliest of equals
            if run_id in values and not is_better(values[best], values[run_id], direction):
                best = run_id
                break
        (run,) = self._source.load([best]) or (None,)
        name = (run.name if run else "") or best[:8]
        child = BestChild(run_id=best, name=name, metric=metric, value=values[best])
        return ranked + rest, child

    def _metric(self, newest_first: list[str]) -> str | None:
        for run in self._source.load(newest_first[:MOST_CHILDREN]):
            metric = summarise(run, self._experiments).main_metric
            if metric is not None:
                return metric
        return None

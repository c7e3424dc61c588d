"""Runs out of any store, through MLflow's client."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.history.pushdown import entity, mlflow_filter
from mlops_jupyter.tracking.history.stored import Needs, Point, StoredRun, of_mlflow, true_value

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from mlops_jupyter.tracking.history.filters import Condition, Kind

_LARGEST_PAGE = 1000
_IDS_AT_ONCE = 100
_NEWEST_FIRST = ("attributes.start_time DESC",)
_IMPOSSIBLE = -1.2345678e-300  # nobody's metric: "!=" finds whoever has one


class ClientSource:
    """See `stored.Source`."""

    def __init__(self, client: MlflowClient) -> None:
        self._client = client
        self._seen: dict[str, StoredRun] = {}

    def close(self) -> None:
        """Do nothing: a client holds nothing open."""

    def experiments(self, *, deleted: bool = False) -> dict[str, str]:
        """Return the names of experiments by id."""
        return experiments(self._client, deleted=deleted)

    def page(self, chosen: Sequence[str], offset: int, limit: int, *, top: bool) -> list[StoredRun]:
        """Return whole runs by time."""
        if not top or (offset and not self.has(chosen, "tag", tags.PARENT)):
            return self._by_time(chosen, offset, limit)
        found: list[StoredRun] = []
        there: dict[str, bool] = {}
        for run in self._growing_pages(chosen, offset + limit):
            self._seen[run.run_id] = run
            if not self._belongs(run, chosen, there):
                found.append(run)
                if len(found) == offset + limit:
                    break
        return found[offset:]

    def count(self, chosen: Sequence[str], *, top: bool) -> int | None:  # noqa: ARG002 - see `Source`
        """Return None: a client would have to read them all."""
        return None

    def scan(
        self, chosen: Sequence[str], needs: Needs, condition: Condition | None
    ) -> Iterator[StoredRun]:
        """Return all runs that MLflow finds for what it understands of a condition."""
        from mlflow.exceptions import MlflowException

        del needs  # whole runs are what a client gives
        wanted = mlflow_filter(condition)
        if wanted and chosen:
            try:
                self._client.search_runs(list(chosen), wanted, max_results=1)
            except MlflowException:  # an older server that knows less
                wanted = ""
        yield from self._pages(chosen, wanted, None)

    def load(self, run_ids: Sequence[str]) -> list[StoredRun]:
        """Return whole runs, in the order of their ids."""
        missing = [run_id for run_id in run_ids if run_id not in self._seen]
        everywhere = list(self.experiments()) if missing else []
        for start in range(0, len(missing), _IDS_AT_ONCE):
            part = missing[start : start + _IDS_AT_ONCE]
            listed = ", ".join(f"'{each}'" for each in part if re.fullmatch(r"[\w-]+", each))
            wanted = f"attributes.run_id IN ({listed})"
            for run in self._client.search_runs(everywhere, wanted, max_results=len(part)):
                self._seen[run.info.run_id] = of_mlflow(run)
        return [self._seen[run_id] for run_id in run_ids if run_id in self._seen]

    def has(self, chosen: Sequence[str], kind: Kind, name: str) -> bool:
        """Whether any run has such a metric, parameter or tag."""
        named = entity(kind, name)
        if named is None:
            return False
        wanted = f"{named} != {_IMPOSSIBLE}" if kind == "metric" else f"{named} LIKE '%'"
        return bool(chosen and self._client.search_runs(list(chosen), wanted, max_results=1))

    def children(self, chosen: Sequence[str], since: int) -> dict[str, list[str]]:
        """Return child runs among those that `page` has come across: they are the newer ones."""
        found: dict[str, list[str]] = defaultdict(list)
        for run in sorted(self._seen.values(), key=lambda run: (run.start or 0, run.run_id)):
            if run.parent and (run.start or since) >= since and run.experiment_id in set(chosen):
                found[run.parent].append(run.run_id)
        return found

    def values(self, run_ids: Sequence[str], metric: str) -> dict[str, float]:
        """Return a metric of runs."""
        loaded = self.load(run_ids)
        return {run.run_id: run.metrics[metric] for run in loaded if metric in run.metrics}

    def points(self, run_id: str, metric: str) -> Iterable[Point]:
        """Return every value of a metric of a run."""
        for point in self._client.get_metric_history(run_id, metric):
            yield Point(point.step, point.timestamp, true_value(point.value))

    def _by_time(self, chosen: Sequence[str], offset: int, limit: int) -> list[StoredRun]:
        from mlflow.exceptions import MlflowException
        from mlflow.utils.search_utils import SearchUtils

        if not offset:
            return list(itertools.islice(self._pages(chosen, "", None, limit), limit))
        # Such tokens are MLflow's own business; a server that takes them saves all pages before.
        token = SearchUtils.create_page_token(offset).decode()
        try:
            return list(itertools.islice(self._pages(chosen, "", token, limit), limit))
        except MlflowException:
            walked = self._pages(chosen, "", None, offset + limit)
            return list(itertools.islice(walked, offset, offset + limit))

    def _growing_pages(self, chosen: Sequence[str], size: int) -> Iterator[StoredRun]:
        """Return all runs; the first page is small, since mostly it is enough."""
        offset = 0
        while page := self._by_time(chosen, offset, min(size, _LARGEST_PAGE)):
            yield from page
            offset += len(page)
            size *= 4

    def _belongs(self, run: StoredRun, chosen: Sequence[str], there: dict[str, bool]) -> bool:
        """Whether a run is a child of one that is there."""
        parent = run.parent
        if parent is None or parent == run.run_id:
            return False
        if parent not in there:
            there[parent] = self._is_there(parent, chosen)
        return there[parent]

    def _is_there(self, run_id: str, chosen: Sequence[str]) -> bool:
        from mlflow.exceptions import MlflowException

        try:
            info = self._client.get_run(run_id).info
        except MlflowException:  # never was, or is no id at all
            return False
        return info.lifecycle_stage == "active" and str(info.experiment_id) in set(chosen)

    def _pages(
        self, chosen: Sequence[str], wanted: str, token: str | None, size: int = _LARGEST_PAGE
    ) -> Iterator[StoredRun]:
        """Return the runs from a page on, newest first."""
        seen = set()
        while chosen:
            page = self._client.search_runs(
                list(chosen),
                wanted,
                max_results=min(size, _LARGEST_PAGE),
                order_by=list(_NEWEST_FIRST),
                page_token=token,
            )
            for run in map(of_mlflow, page):
                if run.run_id not in seen:  # runs that begin meanwhile move the pages
                    seen.add(run.run_id)
                    yield run
            token = page.token
            if not token:
                return


def experiments(client: Any, *, deleted: bool = False) -> dict[str, str]:
    """Return the names of all experiments by id."""
    from mlflow.entities import ViewType

    view = ViewType.DELETED_ONLY if deleted else ViewType.ACTIVE_ONLY
    found: dict[str, str] = {}
    token = None
    while True:
        page = client.search_experiments(view_type=view, page_token=token)
        found |= {str(each.experiment_id): each.name for each in page}
        token = page.token
        if not token:
            return found

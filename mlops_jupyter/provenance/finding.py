"""Questions about lineage that a tracking store answers by its own filters.

Each is bounded: a store may hold a hundred thousand runs, and one version of data may have been
read by all of them. What a bound leaves out is said in `Finder.missing`.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.history import run_data
from mlops_jupyter.tracking.history.client_source import experiments
from mlops_jupyter.tracking.history.pushdown import like

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun
    from mlflow.entities.model_registry import ModelVersion

# So many of the newest runs are taken that answer one question.
MOST_RUNS = 300
# So many versions of registered models are looked through for those that lead on.
MOST_MODELS = 10_000
# Up to so many values one by one; for more, all runs that have the tag are looked through.
_ONE_BY_ONE = 10
_MOST_LOOKED_THROUGH = 5000
_IDS_AT_ONCE = 100
_PAGE = 1000
_TOLD = {
    tags.OUTPUTS: "runs that wrote files",
    tags.PARENT: "runs inside other runs",
    tags.NOTEBOOK: "runs of one notebook",
    tags.SOURCE_NAME: "runs of one script",
}
_NEWEST = ("attributes.start_time DESC",)
_ID = re.compile(r"[\w-]+", re.ASCII)
_DIGEST = re.compile(r"[\w.:+/=-]+", re.ASCII)


class Finder:
    """Finds runs and models in one store; deleted runs as well.

    Parameters
    ----------
    client : MlflowClient
        The store.
    """

    def __init__(self, client: MlflowClient) -> None:
        self.client = client
        self.experiments = experiments(client) | experiments(client, deleted=True)
        self.missing: dict[str, None] = {}
        self._runs: dict[str, MlflowRun] = {}
        self._registered: list[str] | None = None
        self._with: dict[str, list[MlflowRun]] = {}

    def run(self, run_id: str) -> MlflowRun | None:
        """Return a run; None where the store has it no more."""
        return next(iter(self.runs([run_id])), None)

    def runs(self, run_ids: Iterable[str]) -> list[MlflowRun]:
        """Return those runs that the store has."""
        wanted = list(dict.fromkeys(run_ids))
        missing = [each for each in wanted if each not in self._runs and _ID.fullmatch(each)]
        for part in _parts(missing, _IDS_AT_ONCE):
            list(self._search(f"attributes.run_id IN ({_listed(part)})", len(part)))
        return [self._runs[each] for each in wanted if each in self._runs]

    def readers(self, digests: Iterable[str]) -> list[MlflowRun]:
        """Return runs that read any of these contents, and those that read for a run around them.

        Of more than `MOST_RUNS` the newest, and all that led on to a model or a file.
        """
        found: dict[str, MlflowRun] = {}
        for part in _parts([each for each in digests if _DIGEST.fullmatch(each)], _IDS_AT_ONCE):
            wanted = f"dataset.digest IN ({_listed(part)})"
            newest = list(self._search(wanted, MOST_RUNS + 1))
            if len(newest) > MOST_RUNS:
                self._left_out("runs that read the same data and led to no model and no file")
                wrote = f"{wanted} AND tags.`{tags.OUTPUTS}` LIKE '%'"
                newest = newest[:MOST_RUNS] + list(self._search(wrote, MOST_RUNS))
                for ids in _parts(self._registered_runs(), _IDS_AT_ONCE):
                    trained = f"{wanted} AND attributes.run_id IN ({_listed(ids)})"
                    newest += self._search(trained, len(ids))
            found |= {run.info.run_id: run for run in newest}
        return list(found.values())

    def writers(self, digests: Sequence[str]) -> list[MlflowRun]:
        """Return runs that wrote any of these contents."""
        wanted = {each for each in digests if _DIGEST.fullmatch(each)}
        return self._tagged(
            tags.OUTPUTS,
            wanted,
            lambda digest: f"%{digest}%",
            lambda run: any(out.digest in wanted for out in run_data.outputs(run.data.tags)),
        )

    def writers_at(self, path: str) -> list[MlflowRun]:
        """Return runs that wrote to a path, whatever it holds now."""
        inside_json = json.dumps(path, ensure_ascii=False)[1:-1]
        return self._tagged(
            tags.OUTPUTS,
            {inside_json},
            lambda shown: f"%{shown}%",
            lambda run: any(out.path == path for out in run_data.outputs(run.data.tags)),
        )

    def readers_at(self, path: str) -> list[MlflowRun]:
        """Return runs that read a path, whatever it held then."""
        name = path.rpartition("/")[2][:500]
        found = self._search(f"dataset.name LIKE {like(name)}", MOST_RUNS + 1)
        fitting = [run for run in found if any(e.source == path for e in run_data.inputs(run))]
        if len(fitting) > MOST_RUNS:
            self._left_out(f"runs that read {path}")
        return fitting[:MOST_RUNS]

    def of_notebook(self, path: str) -> list[MlflowRun]:
        """Return runs that a notebook or a script made."""
        by_notebook = self._with_tag(tags.NOTEBOOK, {path})
        return by_notebook or self._with_tag(tags.SOURCE_NAME, {path})

    def children(self, run_ids: Iterable[str]) -> list[MlflowRun]:
        """Return the runs that belong to these."""
        wanted = {each for each in run_ids if _ID.fullmatch(each)}
        found = self._with_tag(tags.PARENT, wanted)
        return [run for run in found if run.data.tags.get(tags.PARENT) != run.info.run_id]

    def models(self, run_ids: Iterable[str]) -> list[ModelVersion]:
        """Return the versions of registered models that come from runs."""
        found: list[ModelVersion] = []
        wanted = [each for each in dict.fromkeys(run_ids) if _ID.fullmatch(each)]
        for part in _parts(wanted, _IDS_AT_ONCE):
            found += self._models(f"run_id IN ({_listed(part)})", _PAGE)
        return found

    def _registered_runs(self) -> list[str]:
        """Return the ids of all runs that a registered model comes from."""
        if self._registered is None:
            found = self._models("", MOST_MODELS)
            self._registered = list(dict.fromkeys(v.run_id for v in found if v.run_id))
        return [each for each in self._registered if _ID.fullmatch(each)]

    def _models(self, condition: str, limit: int) -> Iterator[ModelVersion]:
        token, count = None, 0
        while True:
            page = self.client.search_model_versions(
                condition or None, max_results=min(_PAGE, limit), page_token=token
            )
            yield from page
            token, count = page.token, count + len(page)
            if token and count >= limit:
                self._left_out("versions of registered models", limit)
                return
            if not token:
                return

    def _with_tag(self, tag: str, values: set[str]) -> list[MlflowRun]:
        """Return runs whose tag is one of some values."""
        return self._tagged(
            tag, values, lambda value: value, lambda run: run.data.tags.get(tag) in values
        )

    def _tagged(
        self,
        tag: str,
        values: set[str],
        pattern: Callable[[str], str],
        fits: Callable[[MlflowRun], bool],
    ) -> list[MlflowRun]:
        """Return runs whose tag holds one of some values, as far as `fits` says so."""
        if tag in self._with or len(values) > _ONE_BY_ONE:
            return [run for run in self._all_with(tag) if fits(run)]
        found: dict[str, MlflowRun] = {}
        for value in values:
            runs = list(self._search(f"tags.`{tag}` LIKE {_like(pattern(value))}", MOST_RUNS + 1))
            if len(runs) > MOST_RUNS:
                self._left_out(_TOLD[tag])
            found |= {run.info.run_id: run for run in runs[:MOST_RUNS] if fits(run)}
        return list(found.values())

    def _all_with(self, tag: str) -> list[MlflowRun]:
        """Return all runs that have a tag; they are looked for once."""
        if tag not in self._with:
            found = list(self._search(f"tags.`{tag}` LIKE '%'", _MOST_LOOKED_THROUGH + 1))
            if len(found) > _MOST_LOOKED_THROUGH:
                self._left_out(_TOLD[tag], _MOST_LOOKED_THROUGH)
            self._with[tag] = found[:_MOST_LOOKED_THROUGH]
        return self._with[tag]

    def _search(self, condition: str, limit: int) -> Iterator[MlflowRun]:
        """Return runs that meet a condition, newest first."""
        from mlflow.entities import ViewType

        token, left = None, limit
        while left > 0 and self.experiments:
            page = self.client.search_runs(
                list(self.experiments),
                condition,
                ViewType.ALL,
                max_results=min(left, _PAGE),
                order_by=list(_NEWEST),
                page_token=token,
            )
            for run in page:
                yield self._runs.setdefault(run.info.run_id, run)
            token, left = page.token, left - len(page)
            if not token:
                return

    def _left_out(self, what: str, limit: int = MOST_RUNS) -> None:
        self.missing[f"{what}, beyond the {limit:,} newest"] = None


def _like(pattern: str) -> str:
    """Return a quoted pattern; a % at its ends stays what it is."""
    begins, ends = pattern.startswith("%"), pattern.endswith("%")
    inner = like(pattern[begins : len(pattern) - ends])[1:-1]
    return f"'{'%' * begins}{inner}{'%' * ends}'"


def _listed(values: Iterable[str]) -> str:
    return ", ".join(f"'{each}'" for each in values)


def _parts(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]

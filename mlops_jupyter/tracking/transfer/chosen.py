"""Which runs are to be moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.errors import NotFound
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.history import find
from mlops_jupyter.tracking.history.client_source import experiments

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun


def choose(
    client: MlflowClient, references: Sequence[str] = (), experiment: str | None = None
) -> list[MlflowRun]:
    """Return runs by reference, with those that belong to them, or all, oldest first.

    Raises
    ------
    NotFound
        No such run or experiment.
    """
    everywhere = experiments(client)
    within = [key for key, name in everywhere.items() if experiment in {None, name}]
    if experiment is not None and not within:
        known = ", ".join(sorted(everywhere.values())) or "none"
        raise NotFound(f"no experiment {experiment!r}", f"there are: {known}")
    if not references:
        return list(_search(client, within))
    chosen: dict[str, MlflowRun] = {}
    wanted = [find.run(client, reference) for reference in references]
    while wanted:
        run = wanted.pop(0)
        if run.info.run_id not in chosen:
            chosen[run.info.run_id] = run
            below = f"tags.`{tags.PARENT}` = '{run.info.run_id}'"
            wanted += _search(client, list(everywhere), below)
    return [run for run in chosen.values() if run.info.experiment_id in within]


def _search(
    client: MlflowClient, within: Sequence[str], condition: str = ""
) -> Iterator[MlflowRun]:
    token = None
    while within:
        page = client.search_runs(
            list(within),
            condition,
            order_by=["attributes.start_time ASC"],
            page_token=token,
        )
        yield from page
        token = page.token
        if not token:
            return

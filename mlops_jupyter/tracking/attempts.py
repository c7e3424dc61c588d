"""Which attempt of its cell a run is: the same cell again is a new one, linked to the first."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from mlops_jupyter.tracking import tags

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlflow import MlflowClient

    from mlops_jupyter.tracking.writer import OpenRun


def cell_key(notebook: str | None, cell_id: str | None, source: str) -> str:
    """Return what tells a cell from others: its id where the frontend gives one, else its code.

    Examples
    --------
    >>> cell_key("train.ipynb", "3f2a", "model.fit(X, y)")
    '493ffbbaa0db55ca'
    """
    # Digested: a notebook's name may hold what no filter can quote.
    mark = f"{notebook or ''}\0{cell_id or source.strip()}"
    return hashlib.sha256(mark.encode()).hexdigest()[:16]


class Attempts:
    """Counts attempts within one experiment.

    Parameters
    ----------
    client : callable
        Returns the store's client.
    """

    def __init__(self, client: Callable[[], MlflowClient]) -> None:
        self._client = client
        self._known: dict[tuple[str, str], tuple[int, str]] = {}

    def next(self, cell: str, run: OpenRun) -> dict[str, str]:
        """Return the tags that link a run to the attempts before it.

        Parameters
        ----------
        cell : str
            See `cell_key`.
        run : OpenRun
            The new one.
        """
        key = (run.experiment_id, cell)
        count, first = self._known.get(key) or self._stored(*key) or (0, run.uid)
        self._known[key] = (count + 1, first)
        run.attempt = count + 1
        return {tags.CELL: cell, tags.ATTEMPT: str(count + 1), tags.ATTEMPT_OF: first}

    def _stored(self, experiment_id: str, cell: str) -> tuple[int, str] | None:
        """Look up the newest attempt of an earlier session."""
        page = self._client().search_runs(
            [experiment_id],
            f"tags.`{tags.CELL}` = '{cell}'",
            max_results=1,
            order_by=["attributes.start_time DESC"],
        )
        if not page:
            return None
        known = page[0].data.tags
        count = known.get(tags.ATTEMPT, "")
        if not count.isdecimal():
            return None
        return int(count), known.get(tags.ATTEMPT_OF) or known.get(tags.UID, "")

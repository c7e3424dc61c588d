"""The drift reports that were kept with a run, as its tags tell of them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.history import foreign
from mlops_jupyter.tracking.history.summaries import json_tag
from mlops_jupyter.tracking.run_parts import KeptDrift

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from mlflow.entities import Run as MlflowRun

FOLDER = "drift"
# By which reports are in the order in which they were kept.
_STEM = "%Y-%m-%dT%H-%M-%S.%fZ"


def stem_of(moment: datetime) -> str:
    """Return what a report is called that is kept at a moment.

    Examples
    --------
    >>> stem_of(datetime(2013, 7, 4, 12, tzinfo=UTC))
    '2013-07-04T12-00-00.000000Z'
    """
    return moment.astimezone(UTC).strftime(_STEM)


def kept(run: MlflowRun) -> list[KeptDrift]:
    """Return the reports that were kept with a run, the first one first."""
    known: Mapping[str, str] = run.data.tags
    moments: dict[str, datetime] = {}
    for tag in known:
        stem = tag.removeprefix(tags.DRIFT)
        if stem != tag and (moment := _moment(stem)) is not None:
            moments[stem] = moment
    stems = sorted(moments)
    return [
        _one(run.info.run_id, count, stem, moments[stem], json_tag(known, tags.DRIFT + stem))
        for count, stem in enumerate(stems, 1)
    ]


def _one(
    run_id: str, count: int, stem: str, moment: datetime, said: Mapping[str, Any]
) -> KeptDrift:
    drifted, share = said.get("drifted"), said.get("share")
    error = foreign.text(said.get("error"))
    return KeptDrift(
        reference=f"drift:{run_id}@{count}",
        kept=moment,
        drifted=drifted if isinstance(drifted, bool) else None,
        share=share if isinstance(share, float | int) and 0 <= share <= 1 else None,
        columns=foreign.whole(said.get("columns")),
        columns_drifted=foreign.whole(said.get("columns_drifted")),
        before=foreign.text(said.get("reference")) or "",
        after=foreign.text(said.get("current")) or "",
        error=error[:40] if error else None,
        path=f"{FOLDER}/{stem}.json",
    )


def _moment(stem: str) -> datetime | None:
    """Return when a report was kept; None where others have written something else."""
    if not re.fullmatch(r"[0-9TZ.-]{27}", stem):
        return None
    try:
        return datetime.strptime(stem, _STEM).replace(tzinfo=UTC)
    except ValueError:
        return None

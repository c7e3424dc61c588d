"""Comparing by what profiles say, where the content of a version is not on this machine."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlops_jupyter.data.comparing import headline, schema
from mlops_jupyter.data.comparing.distances import jensen_shannon, wasserstein
from mlops_jupyter.data.comparing.records import (
    ColumnChange,
    ColumnSide,
    DataComparison,
    Overlay,
    ShownAs,
)
from mlops_jupyter.data.comparing.sides import side_of
from mlops_jupyter.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from mlops_jupyter.data.comparing.sides import Source
    from mlops_jupyter.data.profile.records import Bound, ColumnProfile, Profile
    from mlops_jupyter.workspace import Workspace

_WAIT = 60.0  # seconds for the profile of the side that is here
_SHOWN_AS: dict[str, ShownAs] = {
    "integer": "numbers",
    "number": "numbers",
    "moment": "times",
    "boolean": "categories",
    "text": "lengths",
}
_POINTS = 200  # by which a distribution is told from its histogram


def by_profiles(
    workspace: Workspace, old: Source, new: Source, key: Sequence[str]
) -> DataComparison:
    """Compare schema and columns by the profiles of two versions.

    Raises
    ------
    NotFound
        There is no profile, or one side is no version.
    """
    before, after = (_profile(workspace, side, old, new) for side in (old, new))
    changed = schema.by_types(_types(before), _types(after))
    earlier = {each.name: each for each in before.columns}
    columns = [
        _change(earlier[each.name], each, before, after)
        for each in after.columns
        if each.name in earlier
    ]
    columns.sort(key=lambda each: (not each.moved, -each.weight))
    absent = [side.label for side in (old, new) if not side.files]
    by_key = " by key" if key else ""
    note = (
        f"the content of {' and '.join(absent)} is not on this machine: rows could not be "
        f"compared{by_key}; this is from profiles, so distances are rough. "
        f"Fetch it: `mlops data pull {' '.join(absent)}`"
    )
    return DataComparison(
        old=side_of(old, rows=before.rows, columns=len(before.columns)),
        new=side_of(new, rows=after.rows, columns=len(after.columns)),
        by="profiles",
        headline=headline.of_tables(
            changed, None, columns, rows=(before.rows or 0, after.rows or 0)
        ),
        schema_changes=tuple(changed),
        columns=tuple(columns),
        notes=(note,),
    )


def _profile(workspace: Workspace, side: Source, old: Source, new: Source) -> Profile:
    from mlops_jupyter.data.profile.asking import profile_of

    absent = next(each for each in (old, new) if not each.files)
    hint = f"fetch it from the DVC remote: `mlops data pull {absent.label}`"
    problem = f"the content of {absent.label} is not on this machine"
    if side.version is None:
        raise NotFound(f"{problem}, and {side.label} is no version that has a profile", hint)
    found = profile_of(workspace, side.version, wait=_WAIT)
    if found is None or found.problem or found.rows is None:
        raise NotFound(f"{problem}, and {side.label} has no profile of a table", hint)
    return found


def _types(profile: Profile) -> dict[str, str]:
    return {each.name: each.type for each in profile.columns}


def _change(
    old: ColumnProfile, new: ColumnProfile, before: Profile, after: Profile
) -> ColumnChange:
    shown_as = _SHOWN_AS.get(new.kind, "other")
    told: dict[str, Any] = {}
    if _SHOWN_AS.get(old.kind, "other") == shown_as:
        told = _shift(old, new, shown_as)
    return ColumnChange(
        column=new.name,
        type=new.type,
        shown_as=shown_as,
        old=_side(old, before.rows or 0, shown_as),
        new=_side(new, after.rows or 0, shown_as),
        **told,
    )


def _side(column: ColumnProfile, rows: int, shown_as: ShownAs) -> ColumnSide:
    missing = (column.missing + column.not_a_number) / rows if rows else 0.0
    if shown_as == "lengths":
        if column.lengths is None:
            return ColumnSide(missing=missing)
        lengths = column.lengths
        return ColumnSide(
            missing=missing, mean=lengths.mean, min=lengths.shortest, max=lengths.longest
        )
    if shown_as not in ("numbers", "times"):
        return ColumnSide(missing=missing)
    return ColumnSide(
        missing=missing,
        mean=_number(column.mean),
        std=column.sd,
        min=_number(column.minimum),
        max=_number(column.maximum),
    )


def _shift(old: ColumnProfile, new: ColumnProfile, shown_as: ShownAs) -> dict[str, Any]:
    import numpy as np

    if shown_as in ("numbers", "times"):
        spread = [_spread(each) for each in (old, new)]
        if not all(each.size for each in spread):
            return {}
        return {
            "distance": wasserstein(spread[0], spread[1]),
            "distance_kind": "wasserstein",
            "overlay": _overlay(old, new),
        }
    if shown_as == "categories" and old.mean is not None and new.mean is not None:
        shares = [np.array([mean, 1 - mean]) for mean in (old.mean, new.mean)]
        return {
            "distance": jensen_shannon(shares[0], shares[1]),
            "distance_kind": "jensen-shannon",
            "overlay": Overlay(
                labels=("true", "false"), old=tuple(shares[0]), new=tuple(shares[1])
            ),
        }
    return {}


def _spread(column: ColumnProfile) -> NDArray[np.float64]:
    """Return values that are spread as the profile says: at even steps of its quantiles."""
    import numpy as np

    from mlops_jupyter.data.profile.records import LEVELS

    if not column.quantiles:
        return np.array([])
    steps = (np.arange(_POINTS) + 0.5) / _POINTS
    levels, values = [*LEVELS], [*column.quantiles]
    if column.histogram is not None and column.kind != "boolean":
        levels = [0.0, *levels, 1.0]
        values = [column.histogram.edges[0], *values, column.histogram.edges[-1]]
    return np.interp(steps, levels, np.maximum.accumulate(values))


def _overlay(old: ColumnProfile, new: ColumnProfile) -> Overlay | None:
    """Bring both histograms into common bins: within a bin, values are taken as spread evenly."""
    import numpy as np

    from mlops_jupyter.data.comparing.bins import edges_between

    sides = [each.histogram for each in (old, new)]
    if any(side is None or not sum(side.counts) for side in sides):
        return None
    known = [side for side in sides if side is not None]
    low, high = min(side.edges[0] for side in known), max(side.edges[-1] for side in known)
    edges = edges_between(low, high, whole=False)
    shares = []
    for side in known:
        below = np.concatenate([[0.0], np.cumsum(side.counts)]) / sum(side.counts)
        at_edges = np.interp(edges, np.maximum.accumulate(side.edges), below)
        shares.append(tuple(round(float(each), 4) for each in np.diff(at_edges)))
    return Overlay(
        edges=tuple(float(f"{edge:.10g}") for edge in edges), old=shares[0], new=shares[1]
    )


def _number(value: Bound | None) -> float | None:
    if value is None or isinstance(value, int | float):
        return value
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()

"""How the data of runs differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_jupyter.tracking.history.compare_records import DataDifference

if TYPE_CHECKING:
    from mlops_jupyter.tracking.run_parts import DataInput

_MOST_COLUMNS = 40


@dataclass(frozen=True)
class Compared:
    """Data of one name, and whether it differs."""

    record: DataDifference
    differs: bool


def data_differences(
    sides: Sequence[Sequence[DataInput] | None], *, everything: bool
) -> list[Compared]:
    """Compare what runs read, by name."""
    unknown = [place for place, side in enumerate(sides) if side is None]
    named = [_by_name(side or ()) for side in sides]
    found = []
    for name in dict.fromkeys(name for side in named for name in side):
        inputs = [side.get(name) for side in named]
        known = {_identity(each) for i, each in enumerate(inputs) if i not in unknown}
        first = next(filter(None, inputs), None)
        columns = [_columns(first, each) for each in inputs]
        if len(known) > 1 or everything:
            bare = [each and each.model_copy(update={"column_types": []}) for each in inputs]
            record = DataDifference(name=name, inputs=bare, columns=columns, unknown=unknown)
            found.append(Compared(record, len(known) > 1))
    return found


def _by_name(inputs: Sequence[DataInput]) -> dict[str, DataInput]:
    """Name each input; a second one of the same name by its number."""
    counted: Counter[str] = Counter()
    found = {}
    for each in inputs:
        counted[each.name] += 1
        count = counted[each.name]
        found[each.name if count == 1 else f"{each.name} ({count})"] = each
    return found


def _identity(each: DataInput | None) -> object:
    """Return what makes data the same: a version alone may have been given later."""
    if each is None:
        return None
    return (each.digest, each.rows, each.columns, each.query, _earlier(each))


def _earlier(each: DataInput) -> bool:
    return each.context == "earlier"


def _columns(first: DataInput | None, other: DataInput | None) -> list[str]:
    if first is None or other is None or not first.column_types or not other.column_types:
        return []
    ours = {column.name: column.type for column in first.column_types}
    theirs = {column.name: column.type for column in other.column_types}
    found = [f"+ {name}" for name in theirs if name not in ours]
    found += [f"- {name}" for name in ours if name not in theirs]
    found += [
        f"{name}: {kind} → {theirs[name]}"
        for name, kind in ours.items()
        if name in theirs and theirs[name] != kind
    ]
    return found[:_MOST_COLUMNS]

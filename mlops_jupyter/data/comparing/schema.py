"""Columns that came, went, or are others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mlops_jupyter.data.comparing.records import SchemaChange
from mlops_jupyter.data.reading.names import quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from mlops_jupyter.data.comparing.reading import Pair, Sheet

_LOOKED_AT = 50  # columns on one side only, whose content is compared to find renamed ones


def changes(
    connection: DuckDBPyConnection, old: Sheet, new: Sheet, pairs: Sequence[Pair]
) -> list[SchemaChange]:
    """Return what changed in the columns themselves."""
    common = {pair.name for pair in pairs}
    gone = [name for name in old.columns if name not in common]
    fresh = [name for name in new.columns if name not in common]
    renamed = list(_renamed(connection, old, new, gone, fresh))
    known = {each.before for each in renamed} | {each.after for each in renamed}
    return [
        *renamed,
        *(
            SchemaChange(change="added", column=name, after=new.types[name])
            for name in fresh
            if name not in known
        ),
        *(
            SchemaChange(change="removed", column=name, before=old.types[name])
            for name in gone
            if name not in known
        ),
        *(
            SchemaChange(
                change="retyped",
                column=pair.name,
                before=pair.old_type,
                after=pair.new_type,
                why=pair.why,
            )
            for pair in pairs
            if pair.is_retyped
        ),
        *_reordered(old, pairs),
    ]


def by_types(old: dict[str, str], new: dict[str, str]) -> list[SchemaChange]:
    """Return what names and types alone tell.

    Examples
    --------
    >>> [(each.change, each.column) for each in by_types({"a": "DATE"}, {"b": "DATE"})]
    [('added', 'b'), ('removed', 'a')]
    """
    return [
        *(SchemaChange(change="added", column=n, after=new[n]) for n in new if n not in old),
        *(SchemaChange(change="removed", column=n, before=old[n]) for n in old if n not in new),
        *(
            SchemaChange(change="retyped", column=n, before=old[n], after=new[n])
            for n in new
            if n in old and old[n] != new[n]
        ),
    ]


def _renamed(
    connection: DuckDBPyConnection,
    old: Sheet,
    new: Sheet,
    gone: Sequence[str],
    fresh: Sequence[str],
) -> Iterator[SchemaChange]:
    """Yield columns that likely have another name: nearly the same name, or the same content."""
    left = list(fresh)
    unmatched = []
    for name in gone:
        alike = [other for other in left if _bare(other) == _bare(name) != ""]
        if len(alike) == 1:
            left.remove(alike[0])
            yield _rename(name, alike[0], "the names differ in case or signs only")
        else:
            unmatched.append(name)
    if not unmatched or not left or len(unmatched) + len(left) > _LOOKED_AT:
        return
    before, after = _contents(connection, old, unmatched), _contents(connection, new, left)
    for name, content in before.items():
        same = [other for other, theirs in after.items() if theirs == content]
        twins = [other for other, theirs in before.items() if theirs == content]
        if len(same) == len(twins) == 1 and content[1] > 1:
            yield _rename(name, same[0], "the values are the same")


def _rename(before: str, after: str, why: str) -> SchemaChange:
    return SchemaChange(change="renamed", column=before, before=before, after=after, why=why)


def _contents(
    connection: DuckDBPyConnection, sheet: Sheet, names: Sequence[str]
) -> dict[str, tuple[str, int, int]]:
    """Return type, different values and a sum over all values of each column, in any order."""
    columns = [quoted(sheet.columns[name]) for name in names]
    told = ", ".join(f"approx_count_distinct({c}), sum(hash({c}))::VARCHAR" for c in columns)
    row = connection.execute(f"SELECT {told} FROM {sheet.view}").fetchone() or ()  # noqa: S608
    return {
        name: (f"{sheet.types[name]} {row[2 * place + 1]}", row[2 * place], sheet.rows)
        for place, name in enumerate(names)
    }


def _reordered(old: Sheet, pairs: Sequence[Pair]) -> list[SchemaChange]:
    now = [pair.name for pair in pairs]
    names = {*now}
    then = [name for name in old.columns if name in names]
    if then == now:
        return []
    place = next(i for i, name in enumerate(now) if then[i] != name)
    return [SchemaChange(change="reordered", column=now[place])]


def _bare(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())

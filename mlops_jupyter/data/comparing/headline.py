"""What changed, in a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops_jupyter.data.comparing.records import (
        ColumnChange,
        FileChanges,
        SchemaChange,
        SchemaKind,
    )
    from mlops_jupyter.data.comparing.rows import Found

IDENTICAL = "identical: the same content, byte for byte"
_NAMED = 3
_ORDER: tuple[SchemaKind, ...] = ("added", "removed", "retyped", "renamed", "reordered")
_WORDS = {"added": "new", "removed": "gone", "retyped": "retyped", "renamed": "renamed, likely"}


def of_tables(
    changed: Sequence[SchemaChange],
    found: Found | None,
    columns: Sequence[ColumnChange],
    *,
    rows: tuple[int, int],
) -> str:
    """Return the sentence for two tables."""
    about_rows = _of_rows(found, columns) if found else f"{_rows(rows[0])} became {rows[1]:,}"
    about_columns = _of_schema(changed)
    if about_columns:
        return f"{about_rows}; {about_columns}"
    return about_rows


def of_files(changed: FileChanges, folder: bool) -> str:
    """Return the sentence for what is no table."""
    counts = changed.added_count, changed.changed_count, changed.removed_count
    if not any(counts):
        return IDENTICAL
    return _counted("file", *counts) if folder else "the content differs"


def _of_rows(found: Found, columns: Sequence[ColumnChange]) -> str:
    counts = found.rows
    if not (counts.added or counts.removed or counts.changed):
        return f"the same {_rows(counts.unchanged)}"
    where = ""
    if counts.changed:
        names = [each.column for each in columns if each.rows_changed]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        where = f" ({', '.join(names[:_NAMED])}{more})"
    return _counted("row", counts.added, counts.changed, counts.removed, where)


def _counted(noun: str, added: int, changed: int | None, removed: int, where: str = "") -> str:
    """Return counts; what is none is said last, in short."""
    parts = [(added, "added", ""), (changed, "changed", where), (removed, "removed", "")]
    some = [(count, word, more) for count, word, more in parts if count]
    none = [word for count, word, _ in parts if count == 0]
    first, *others = some
    said = [f"{first[0]:,} {noun}{'' if first[0] == 1 else 's'} {first[1]}{first[2]}"]
    said += [f"{count:,} {word}{more}" for count, word, more in others]
    if none:
        said.append(f"none {' or '.join(none)}")
    return ", ".join(said)


def _of_schema(changed: Sequence[SchemaChange]) -> str:
    counts = Counter(each.change for each in changed)
    told = [kind for kind in _ORDER if counts[kind] and kind in _WORDS]
    said = [f"{counts[kind]:,} {_WORDS[kind]}" for kind in told]
    if not said:
        return "columns in another order" if counts["reordered"] else ""
    total = counts[told[0]]
    first, *others = said
    count, _, word = first.partition(" ")
    said = [f"{count} {'column' if total == 1 else 'columns'} {word}", *others]
    return ", ".join(said)


def _rows(count: int) -> str:
    return f"{count:,} {'row' if count == 1 else 'rows'}"

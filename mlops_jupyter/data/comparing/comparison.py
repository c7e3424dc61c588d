"""``mlops compare`` of data: what changed from one state to another."""

from __future__ import annotations

import difflib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter.data.comparing import files, headline, reading, schema, sides
from mlops_jupyter.data.comparing.keys import Keys
from mlops_jupyter.data.comparing.profiles import by_profiles
from mlops_jupyter.data.comparing.records import (
    By,
    ColumnChange,
    DataComparison,
    RowExample,
    SchemaChange,
)
from mlops_jupyter.data.comparing.rows import VALUES, Comparer, Found
from mlops_jupyter.data.comparing.shifts import Shifts
from mlops_jupyter.data.comparing.sides import side_of
from mlops_jupyter.data.reading import tables
from mlops_jupyter.errors import BadInput, NotFound

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from mlops_jupyter.data.comparing.reading import Pair, Sheet
    from mlops_jupyter.data.comparing.sides import Name, Source
    from mlops_jupyter.settings import PrivacySettings
    from mlops_jupyter.workspace import Workspace


def compare(
    workspace: Workspace, references: Sequence[Name], *, key: Sequence[str] = ()
) -> DataComparison:
    """Say what changed from one state of data to another: schema, rows, columns.

    Parameters
    ----------
    workspace : Workspace
        Where.
    references : sequence of str or path
        Old and new: versions (``data:NAME@vN``) or paths to tables. One alone is held against
        what was before: the version before it, or for a path its newest version. An only version
        is held against the file as it is now.
    key : sequence of str
        The columns that name a row. Without them rows are compared as they are, and none is
        called changed.

    Returns
    -------
    DataComparison
        What changed; shows itself in a notebook.

    Raises
    ------
    NotFound
        There is no such version, file or column, or its content is not on this machine.
    BadInput
        It cannot be read as a table.
    UsageError
        Too many, or the same twice.

    Examples
    --------
    >>> june.assign(temp=june["temp"] + 1).to_parquet("data/warmer.parquet")
    >>> print(compare(ws, ["data:flights", "data/warmer.parquet"]).by)
    rows
    """
    old, new = sides.both(workspace, references)
    keys = _checked(key)
    if sides.are_identical(workspace, old, new):
        return DataComparison(
            old=side_of(old),
            new=side_of(new),
            identical=True,
            by="hash",
            headline=headline.IDENTICAL,
        )
    if not old.files or not new.files:
        return by_profiles(workspace, old, new, keys)
    if not old.tables or not new.tables:
        return _by_files(old, new, keys)
    return _by_tables(workspace, old, new, keys)


def _checked(key: Sequence[str]) -> list[str]:
    """Return a key's columns, each once; ``a,b`` is two, unless that is a column's name."""
    return list(dict.fromkeys([key] if isinstance(key, str) else key))


def _by_files(old: Source, new: Source, key: Sequence[str]) -> DataComparison:
    if key:
        raise BadInput(
            f"{' and '.join(each.label for each in (old, new) if not each.tables)}: no table "
            "that can be read here, so there are no rows to compare by key",
            "leave --key out",
        )
    changed = files.changes(sides.with_hashes(old), sides.with_hashes(new))
    same = not (changed.added_count or changed.removed_count or changed.changed_count)
    return DataComparison(
        old=side_of(old),
        new=side_of(new),
        identical=same,
        by="files",
        headline=headline.of_files(changed, old.is_folder or new.is_folder),
        file_changes=changed,
        notes=() if same else ("no tables that can be read here: compared file by file",),
    )


def _by_tables(
    workspace: Workspace, old: Source, new: Source, key: Sequence[str]
) -> DataComparison:
    import duckdb

    privacy = workspace.settings.privacy
    workspace.state_dir.mkdir(parents=True, exist_ok=True)
    with (
        tables.connected(workspace) as connection,
        tempfile.TemporaryDirectory(prefix="compare-", dir=workspace.state_dir) as folder,
    ):
        try:
            connection.execute("SET TimeZone = 'UTC'")
            before = reading.read(connection, old, "old_table", Path(folder))
            after = reading.read(connection, new, "new_table", Path(folder))
            both = _Tables(connection, (old, new), (before, after), privacy)
            return both.compared(key)
        except duckdb.OutOfMemoryException as error:
            raise BadInput(
                f"there is not the memory or disk to compare these: {str(error).splitlines()[0]}",
                f"see what fills the disk of {workspace.state_dir}",
            ) from None
        except duckdb.Error as error:
            raise BadInput(
                f"{old.label} and {new.label} cannot be compared: {str(error).splitlines()[0]}",
                "is each file what its name says?",
            ) from None


class _Tables:
    """Two tables of one connection, and what is found out about them."""

    def __init__(
        self,
        connection: DuckDBPyConnection,
        sources: tuple[Source, Source],
        sheets: tuple[Sheet, Sheet],
        privacy: PrivacySettings,
    ) -> None:
        self._connection = connection
        self._sources = sources
        self._sheets = sheets
        self._pairs = reading.pair(connection, *sheets)
        self._privacy = privacy
        shows_rows = privacy.input_examples != "never"
        self._rows = Comparer(connection, self._pairs, *sheets, shows_rows)
        self._notes: list[str] = []

    def compared(self, key: Sequence[str]) -> DataComparison:
        """Return all that changed."""
        old, new = self._sheets
        keys = self._key(key)
        changed = schema.changes(self._connection, old, new, self._pairs)
        by, found = self._compare_rows(keys)
        sampled_by = keys if by == "key" else self._pairs
        shifts = Shifts(
            self._connection,
            old,
            new,
            ", ".join(pair.id for pair in sampled_by),
            self._privacy.top_values != "never",
        )
        columns = self._columns(shifts, found, keys)
        possible: list[str] = []
        if by == "rows" and found is not None and (found.rows.added or found.rows.removed):
            guess = Keys(self._connection, self._pairs, old, new)
            possible = guess.alone(shifts.unique_looking(self._pairs))
            possible = possible or guess.together()
        file_changes = None
        if any(source.is_folder for source in self._sources):
            file_changes = files.changes_by_size(*self._sources)
        return DataComparison(
            old=side_of(self._sources[0], rows=old.rows, columns=len(old.columns)),
            new=side_of(self._sources[1], rows=new.rows, columns=len(new.columns)),
            by=by,
            key=tuple(pair.name for pair in keys) if by == "key" else (),
            possible_keys=tuple(possible),
            headline=headline.of_tables(changed, found, columns, rows=(old.rows, new.rows)),
            schema_changes=tuple(changed),
            rows=found.rows if found else None,
            examples=_most_moved_first(found.examples, columns) if found else (),
            columns=tuple(columns),
            file_changes=file_changes,
            sampled=shifts.sampled(len(self._pairs)) if self._pairs else None,
            notes=(*self._notes, *self._remarks(found, changed)),
        )

    def _key(self, names: Sequence[str]) -> list[Pair]:
        """Return the columns that a key names."""
        known = {pair.name: pair for pair in self._pairs}
        split = [
            part
            for name in names
            for part in ([name] if name in known else [each.strip() for each in name.split(",")])
        ]
        for name in split:
            if name not in known:
                where = [
                    source.label
                    for source, sheet in zip(self._sources, self._sheets, strict=True)
                    if name not in sheet.columns
                ]
                close = difflib.get_close_matches(name, known, n=1)
                raise NotFound(
                    f"{' and '.join(where)}: no column {name!r}",
                    f"did you mean {close[0]!r}?" if close else f"there are: {_some(list(known))}",
                )
        return [known[name] for name in dict.fromkeys(split)]

    def _compare_rows(self, keys: Sequence[Pair]) -> tuple[By, Found | None]:
        if not self._pairs:
            self._notes.append("no column in common: rows cannot be compared")
            return "rows", None
        if keys:
            found = self._rows.by_key(keys)
            if isinstance(found, Found):
                return "key", found
            self._notes.append(f"{found}. Rows are compared as they are instead")
        return "rows", self._rows.as_they_are()

    def _columns(
        self, shifts: Shifts, found: Found | None, keys: Sequence[Pair]
    ) -> list[ColumnChange]:
        """Return all columns that both have, the most moved first, a key last."""
        columns = []
        for pair, change in zip(self._pairs, shifts.of(self._pairs), strict=True):
            told: dict[str, object] = {}
            if found and found.rows.changed is not None:
                told["rows_changed"] = found.by_column.get(pair.id, 0)
            if found and pair.id in found.by_column_example:
                told["example_key"], told["example"] = found.by_column_example[pair.id]
            columns.append(change.model_copy(update=told))
        named = {pair.name for pair in keys}
        return sorted(
            columns,
            key=lambda each: (
                not each.moved,
                each.column in named,
                -(each.rows_changed or 0),
                -each.weight,
            ),
        )

    def _remarks(self, found: Found | None, changed: Sequence[SchemaChange]) -> list[str]:
        said = []
        for source, sheet in zip(self._sources, self._sheets, strict=True):
            if ignored := [file.name for file in source.files if file not in source.tables]:
                said.append(f"no part of the table of {source.label}: {_some(ignored)}")
            if len(source.tables) > 1:
                said.append(
                    f"the {len(source.tables):,} files of {source.label} are read as one table"
                )
            said += [f"{source.label}: {note}" for note in sheet.notes]
        if found and not (found.rows.added or found.rows.removed or found.rows.changed):
            if not changed:
                said.append("what differs is the order of rows, or how the files are written")
        elif any(each.change in ("added", "removed", "renamed") for each in changed):
            said.append("rows are compared by the columns that both sides have")
        return said


def _most_moved_first(
    examples: Sequence[RowExample], columns: Sequence[ColumnChange]
) -> tuple[RowExample, ...]:
    """Return examples that begin with the columns that differ most, and hold no more than those."""
    weight = {each.column: each.weight for each in columns}
    return tuple(
        each.model_copy(
            update={
                "values": tuple(
                    sorted(each.values, key=lambda value: -weight.get(value.column, 0.0))
                )[:VALUES]
            }
        )
        for each in examples
    )


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 8:,} more" if len(names) > 8 else ""
    return ", ".join(names[:8]) + more

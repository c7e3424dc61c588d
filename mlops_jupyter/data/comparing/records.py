"""What comparing two states of data returns."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from mlops_jupyter.results import Record, Result

By = Literal["hash", "key", "rows", "profiles", "files"]
SchemaKind = Literal["added", "removed", "retyped", "renamed", "reordered"]
DistanceKind = Literal["wasserstein", "jensen-shannon"]
ShownAs = Literal["numbers", "lengths", "times", "categories", "other"]


class DataSide(Record):
    """One of the two states.

    Attributes
    ----------
    label : str
        The reference or path it was named by.
    path : str
        Where it lies, or lay; for people.
    hash : str or None
        MD5 of its content as DVC takes it, where it is known.
    size, files : int
        Bytes and number of files.
    rows, columns : int or None
        Of the table; None where it is none, or was not read.
    created : datetime or None
        When a version was made, in UTC.
    """

    label: str
    path: str
    hash: str | None = None
    size: int
    files: int = 1
    rows: int | None = None
    columns: int | None = None
    created: datetime | None = None


class SchemaChange(Record):
    """A column that came, went, or is another.

    Attributes
    ----------
    change : {"added", "removed", "retyped", "renamed", "reordered"}
        What happened; ``renamed`` is a likely guess, for which `why` has the reason.
    column : str
        Its name; for ``reordered`` the first column that stands elsewhere.
    before, after : str
        Types; names for ``renamed``.
    why : str
        What a guess rests on, or how values of two types were compared.
    """

    change: SchemaKind
    column: str
    before: str = ""
    after: str = ""
    why: str = ""


class RowChanges(Record):
    """How many rows are new, gone, other and the same.

    Attributes
    ----------
    added, removed, unchanged : int
        Rows.
    changed : int or None
        Rows with the same key and other values; None without a key.
    """

    added: int
    removed: int
    changed: int | None = None
    unchanged: int


class Value(Record):
    """A value of a row, as text; None where it is missing or there is none."""

    column: str
    before: str | None = None
    after: str | None = None


class RowExample(Record):
    """A row that changed, came or went.

    Attributes
    ----------
    change : {"changed", "added", "removed"}
        What happened to it.
    key : str
        Its key; empty where there is none.
    values : tuple of Value
        What changed in it; for rows that came or went, what they hold.
    """

    change: Literal["changed", "added", "removed"]
    key: str = ""
    values: tuple[Value, ...] = ()


class ColumnSide(Record):
    """A column on one side.

    Attributes
    ----------
    missing : float
        Share of rows without a value; NaN counts as none.
    mean, std, min, max : float or None
        Of numbers, of the lengths of texts, of times in seconds since 1970; infinities left out
        of mean and std.
    """

    missing: float = 0.0
    mean: float | None = None
    std: float | None = None
    min: float | None = None
    max: float | None = None


class Overlay(Record):
    """Both sides of a column in the same bins, as shares of the rows that have a value.

    Attributes
    ----------
    edges : tuple of float
        Of bins; one more than bins. Empty for categories.
    labels : tuple of str
        Of categories.
    old, new : tuple of float
        Shares.
    below, above : bool
        The first, the last bin also holds a far tail.
    others : int
        How many categories the last bar gathers.
    """

    edges: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()
    old: tuple[float, ...] = ()
    new: tuple[float, ...] = ()
    below: bool = False
    above: bool = False
    others: int = 0


class ColumnChange(Record):
    """A column that both sides have, and how its values moved.

    Attributes
    ----------
    column, type : str
        Its name and its type now.
    shown_as : {"numbers", "lengths", "times", "categories", "other"}
        What of its values is described: themselves, the lengths of texts, or nothing.
    rows_changed : int or None
        Rows with the same key and another value here; None without a key.
    example : Value or None
        One of them; its row's key is `example_key`.
    example_key : str
        See `example`.
    old, new : ColumnSide
        The two sides.
    distance : float or None
        How far the distributions are apart, see `distance_kind`; None where there is none.
    distance_kind : {"wasserstein", "jensen-shannon"} or None
        Wasserstein's distance in standard deviations of the old side, or Jensen and Shannon's:
        the measures that `mlops drift` uses.
    new_categories, gone_categories : tuple of str
        The most frequent of those that only one side has.
    new_count, gone_count : int
        How many those are.
    overlay : Overlay or None
        For a picture.
    """

    column: str
    type: str
    shown_as: ShownAs = "other"
    rows_changed: int | None = None
    example: Value | None = None
    example_key: str = ""
    old: ColumnSide = ColumnSide()
    new: ColumnSide = ColumnSide()
    distance: float | None = None
    distance_kind: DistanceKind | None = None
    new_categories: tuple[str, ...] = ()
    gone_categories: tuple[str, ...] = ()
    new_count: int = 0
    gone_count: int = 0
    overlay: Overlay | None = None

    @property
    def weight(self) -> float:
        """How much it moved, between columns."""
        return max(self.distance or 0.0, abs(self.new.missing - self.old.missing))

    @property
    def moved(self) -> bool:
        """Whether there is more to say of it than that samples differ."""
        return bool(self.rows_changed or self.new_count or self.gone_count or self.weight >= 0.01)


class FileChanges(Record):
    """Files of a folder that are new, gone or other; the first names of each, and how many."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    added_count: int = 0
    removed_count: int = 0
    changed_count: int = 0
    unchanged: int = 0


class DataComparison(Result):
    """What changed from one state of data to another.

    Attributes
    ----------
    old, new : DataSide
        What was compared.
    identical : bool
        The content is the same, byte for byte.
    headline : str
        What changed, in a sentence.
    by : {"hash", "key", "rows", "profiles", "files"}
        What it was found by: hashes alone; rows by their key; rows as they are, counted; the
        profiles of versions whose content is not here; files, where they are no tables.
    key : tuple of str
        The columns that name a row.
    possible_keys : tuple of str
        Columns that could be a key: all there, and each value once, on both sides. Several that
        are one only together are written with commas.
    schema_changes : tuple of SchemaChange
        Columns that came, went or are others.
    rows : RowChanges or None
        None where rows could not be compared.
    examples : tuple of RowExample
        A few of the rows.
    columns : tuple of ColumnChange
        Those of both sides, the most moved first.
    file_changes : FileChanges or None
        For folders.
    sampled : tuple of int or None
        Rows of either side that distances and pictures rest on, where not all.
    notes : tuple of str
        What else the user should know.
    """

    kind: ClassVar[str] = "data_comparison"

    old: DataSide
    new: DataSide
    identical: bool = False
    headline: str
    by: By
    key: tuple[str, ...] = ()
    possible_keys: tuple[str, ...] = ()
    schema_changes: tuple[SchemaChange, ...] = ()
    rows: RowChanges | None = None
    examples: tuple[RowExample, ...] = ()
    columns: tuple[ColumnChange, ...] = ()
    file_changes: FileChanges | None = None
    sampled: tuple[int, int] | None = None
    notes: tuple[str, ...] = ()

    def to_text(self) -> str:
        """Return the comparison for a terminal."""
        from mlops_jupyter.data.comparing import view

        return view.comparison_text(self)

    def to_html(self) -> str:
        """Return the comparison as a card."""
        from mlops_jupyter.data.comparing import view

        return view.comparison_html(self)

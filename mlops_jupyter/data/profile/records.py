"""What a profile says."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from mlops_jupyter.results import Record

SCHEMA_VERSION = 1
# Enough for a distribution to be compared with another when the data is gone.
LEVELS = (0.01, *(round(0.05 * step, 2) for step in range(1, 20)), 0.99)

Kind = Literal["integer", "number", "boolean", "text", "moment", "nested", "binary", "other"]


def _finite(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("not a finite number")
    return value


# JSON has no infinities, and none is ever stored: they are counted apart.
Finite = Annotated[float, BeforeValidator(_finite)]
# Integers stay what they are: a float holds them up to 2**53 only.
Bound = int | Finite | str
# A profile may come from a remote that others write to.
Count = Annotated[int, Field(ge=0, lt=2**63)]


class TopValue(Record):
    """A value that is frequent, as text, and how often it is there."""

    value: str
    count: Count


class Histogram(Record):
    """How values are spread.

    Attributes
    ----------
    edges : tuple of float
        Where bins begin and the last one ends. Moments count in seconds since 1970 (UTC), truth
        values as 0 and 1.
    counts : tuple of int
        Values in each.
    """

    edges: tuple[Finite, ...]
    counts: tuple[Count, ...] = Field(max_length=100)

    @model_validator(mode="after")
    def _one_edge_more(self) -> Histogram:
        if len(self.edges) != len(self.counts) + 1 or not self.counts:
            raise ValueError("a histogram has one edge more than bins")
        return self


class Lengths(Record):
    """How many characters texts have; how many elements lists have."""

    shortest: Count
    mean: Finite
    longest: Count


class ColumnProfile(Record):
    """A column in numbers.

    Attributes
    ----------
    name : str
        Its name.
    type : str
        Its type as DuckDB calls it, such as ``BIGINT``.
    kind : str
        What can be said of such a type: integer, number, boolean, text, moment (dates and times),
        nested (lists, structs, maps), binary or other.
    missing : int
        Rows without a value (null).
    not_a_number, infinite : int
        Rows with NaN, or an infinity: not missing, and left out of all that follows.
    empty : int
        Texts of no characters.
    distinct : int or None
        Different values; None where it was not counted.
    distinct_is_exact : bool
        False: an estimate, within some 5 %.
    minimum, maximum : number, str or None
        The range; moments in ISO form. None for a text where `[privacy]` keeps values back.
    mean, sd : float or None
        Mean and standard deviation (of a sample); the share of true for truth values.
    quantiles : tuple of float
        At `LEVELS`; moments in seconds since 1970 (UTC). Empty where there is no order or no
        value.
    quantiles_are_exact : bool
        False: by t-digest, from one pass over a big table.
    histogram : Histogram or None
        Of numbers, moments and truth values.
    lengths : Lengths or None
        Of texts and lists.
    top : tuple of TopValue
        The most frequent values, most frequent first.
    """

    name: str
    type: str
    kind: Kind
    missing: Count = 0
    not_a_number: Count = 0
    infinite: Count = 0
    empty: Count = 0
    distinct: Count | None = None
    distinct_is_exact: bool = True
    minimum: Bound | None = None
    maximum: Bound | None = None
    mean: Finite | None = None
    sd: Finite | None = None
    quantiles: tuple[Finite, ...] = ()
    quantiles_are_exact: bool = True
    histogram: Histogram | None = None
    lengths: Lengths | None = None
    top: tuple[TopValue, ...] = ()

    @model_validator(mode="after")
    def _all_levels(self) -> ColumnProfile:
        if len(self.quantiles) not in (0, len(LEVELS)):
            raise ValueError("quantiles are at other levels")
        return self

    def quantile(self, level: float) -> float | None:
        """Return one of the quantiles.

        Examples
        --------
        >>> ColumnProfile(name="a", type="DOUBLE", kind="number").quantile(0.5) is None
        True
        """
        return self.quantiles[LEVELS.index(level)] if self.quantiles else None


class Part(Record):
    """The files of one suffix: how many, and their bytes."""

    suffix: str
    files: Count
    size: Count


class Profile(Record):
    """What is in a data version.

    Attributes
    ----------
    hash : str
        The content.
    rows : int or None
        Rows of the table; None where it is none.
    format : str
        What its files were read as, such as ``.csv.gz``; empty for what is no table.
    schema_version : int
        Of this record.
    made : datetime
        When.
    columns : tuple of ColumnProfile
        The columns, in their order.
    parts : tuple of Part
        The files by suffix, those that take most first.
    problem : str
        Why it could not be read as the table that its name promises.
    misfits : tuple of str
        Which files do not fit the others, in words.
    values : bool
        Whether frequent values and texts are in it; `[privacy]` may keep them back.
    """

    hash: str
    rows: Count | None = None
    format: str = ""
    schema_version: Literal[1] = 1
    made: datetime
    columns: tuple[ColumnProfile, ...] = ()
    parts: tuple[Part, ...] = ()
    problem: str = ""
    misfits: tuple[str, ...] = ()
    values: bool = True

"""Some of the values of a column, drawn by the database that holds them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from mlops_jupyter.drift.expressions.buckets import number

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import pyarrow as pa

    from mlops_jupyter.drift.expressions.asking import Database
    from mlops_jupyter.drift.expressions.held import Held

_SPREAD = 6  # standard deviations: once in a thousand million draws too few rows come
_MORE = 50  # rows on top, where so few are wanted that this says little


def can_draw(database: Database) -> bool:
    """Whether a database is known to give each row a number by a seed.

    Examples
    --------
    >>> import ibis
    >>> from mlops_jupyter.drift.expressions.asking import Database
    >>> can_draw(Database(ibis.duckdb.connect()))
    True
    """
    return database.backend.name in _NUMBERS


def drawn(held: Held, count: int, size: int, seed: np.random.SeedSequence) -> pa.ChunkedArray:
    """Return some of the values, each row as likely as any other.

    Each row is given a random number by the seed, and those with the smallest ones are taken. So
    that nothing has to be sorted there, only numbers below a bound leave the database, a few more
    than are wanted. Were they too few, a higher bound would give the same ones and others.

    Parameters
    ----------
    held : Held
        All values, of a database that `can_draw`.
    count : int
        How many there are.
    size : int
        How many to draw.
    seed : numpy.random.SeedSequence
        Draws the same rows again, while the database gives rows in the same order.

    Examples
    --------
    >>> import ibis, numpy
    >>> from mlops_jupyter.drift.expressions.asking import Database
    >>> from mlops_jupyter.drift.expressions.held import Held
    >>> table = ibis.memtable({"value": range(1000)})
    >>> held = Held(Database(ibis.duckdb.connect()), table)
    >>> some = drawn(held, 1000, 30, numpy.random.SeedSequence(1))
    >>> len(some), len(set(some.to_pylist()))
    (30, 30)
    """
    import numpy as np

    name = held.database.backend.name
    numbered = held.table.mutate(drawn=_NUMBERS[name](_whole(seed)))
    share = (size + _SPREAD * math.sqrt(size) + _MORE) / count
    while True:
        wanted = numbered if share >= 1 else numbered.filter(numbered["drawn"] < number(share))
        found = held.database.arrow(wanted)
        if found.num_rows >= size or share >= 1:
            break
        share *= 2
    # In the order of their numbers: databases give rows in any.
    smallest = np.argsort(found.column("drawn").to_numpy(), kind="stable")[:size]
    return found.column("value").take(smallest)


def _of_duckdb(seed: int) -> Any:
    """Return a number from 0 to 1 by the place of a row, whichever thread reads it.

    `random()` differs by thread. The seed goes into what is hashed: on top of hashes of the places
    it would only move the bound, and samples of two seeds would be the same or have no row in
    common.
    """
    import ibis

    places = ibis.row_number() + ibis.literal(seed, type="int64")
    return places.hash().cast("float64") / number(2.0**64) + number(0.5)


def _of_spark(seed: int) -> Any:
    """Return a number from 0 to 1 by the partition of a row, and its place there."""
    import ibis

    @ibis.udf.scalar.builtin(name="rand")
    def rand(seed: int) -> float:
        raise NotImplementedError  # it is Spark's own: Ibis reads the signature alone

    return rand(seed)


_NUMBERS: dict[str, Callable[[int], Any]] = {"duckdb": _of_duckdb, "pyspark": _of_spark}


def _whole(seed: np.random.SeedSequence) -> int:
    """Return a number that leaves room for the places of rows below 64 bits."""
    return int(seed.generate_state(1, "uint64")[0] >> 2)

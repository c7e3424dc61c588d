"""What the user chose, per column: methods and thresholds by option."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlops_jupyter.drift.engines import evidently
from mlops_jupyter.drift.engines.columnar import type_of
from mlops_jupyter.drift.engines.methods import METHODS
from mlops_jupyter.drift.engines.verdicts import Choice
from mlops_jupyter.errors import BadInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlops_jupyter.drift.pairs import Pair
    from mlops_jupyter.drift.report import ColumnType


@dataclass(frozen=True)
class Choices:
    """Methods and thresholds: of single columns, and of all others.

    Attributes
    ----------
    method : str or None
        For all columns of a type that it is for; others keep Evidently's default.
    threshold : float or None
        For all columns; where `method` is given, for those it is used on.
    methods : dict of str to str
        By column.
    thresholds : dict of str to float
        By column.

    Examples
    --------
    >>> choices = Choices.parse(["psi", "origin=chisquare"], ["0.2"])
    >>> choices.method, choices.threshold, choices.methods
    ('psi', 0.2, {'origin': 'chisquare'})
    """

    method: str | None = None
    threshold: float | None = None
    methods: dict[str, str] = field(default_factory=dict)
    thresholds: dict[str, float] = field(default_factory=dict)

    @classmethod
    def parse(cls, methods: Iterable[str] = (), thresholds: Iterable[str] = ()) -> Choices:
        """Read ``NAME`` and ``COLUMN=NAME``, and numbers in the same way.

        Parameters
        ----------
        methods, thresholds : iterable of str
            As given by option. A column's name may have a ``=``: the last one parts.

        Raises
        ------
        BadInput
            No such method, no number, or one thing said twice.
        """
        by_column = _parted(methods, "method")
        limits = _parted(thresholds, "threshold")
        for name in by_column.values():
            types_of(name)  # raises where there is no such method
        numbers = {column: _number(value) for column, value in limits.items()}
        return cls(
            by_column.pop(None, None),
            numbers.pop(None, None),
            {str(column): name for column, name in by_column.items()},
            {str(column): number for column, number in numbers.items()},
        )

    def check(self, names: Sequence[str]) -> None:
        """Say so where a column that something was chosen for is not among these.

        Raises
        ------
        NotFound
            It names the column, and the one that was likely meant.
        """
        for column in {**self.methods, **self.thresholds}:
            if column not in names:
                close = difflib.get_close_matches(column, names, n=1)
                raise NotFound(
                    f"a method or threshold is given for {column!r}, which is no column",
                    f"did you mean {close[0]!r}?"
                    if close
                    else f"there are {', '.join(names[:8])}{' …' if len(names) > 8 else ''}",
                )

    def of(self, pair: Pair) -> Choice:
        """Return what was chosen for a column."""
        named = self.methods.get(pair.column)
        method = named or (self.method if self._fits(pair) else None)
        threshold = self.thresholds.get(pair.column)
        if threshold is None and (self.method is None or method == self.method):
            threshold = self.threshold
        return Choice(method, threshold)

    def _fits(self, pair: Pair) -> bool:
        return self.method is not None and type_of(pair) in types_of(self.method)


def types_of(method: str) -> frozenset[ColumnType]:
    """Return the types of column that a method may be chosen for.

    Parameters
    ----------
    method : str
        Its short name, as Evidently has it.

    Raises
    ------
    BadInput
        Evidently has no method of this name.

    Examples
    --------
    >>> sorted(types_of("psi"))
    ['categorical', 'numeric']
    """
    if method in METHODS:  # without Evidently, which takes seconds to import
        return METHODS[method].types
    known = evidently.methods()
    if method in known:
        return frozenset(known[method])
    close = difflib.get_close_matches(method, known, n=1, cutoff=0.5)
    raise BadInput(
        f"no method {method!r}",
        (f"did you mean {close[0]!r}? " if close else "") + f"there are {', '.join(sorted(known))}",
    )


def _parted(options: Iterable[str], what: str) -> dict[str | None, str]:
    """Return what is said of each column; of all others under None."""
    found: dict[str | None, str] = {}
    for option in options:
        column, sign, value = option.rpartition("=")
        key = column.strip() if sign else None
        if not value.strip() or key == "":
            raise BadInput(f"{what} {option!r} says nothing", f"write {what} or COLUMN={what}")
        if key in found:
            where = "for all columns" if key is None else f"for {key}"
            raise BadInput(
                f"two {what}s {where}: {found[key]} and {value.strip()}", "give one of them"
            )
        found[key] = value.strip()
    return found


def _number(value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number >= 0):
        raise BadInput(f"threshold {value!r} is no number from 0 on", "write one such as 0.1")
    return number

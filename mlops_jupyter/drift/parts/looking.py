"""One column of a part of the data: the same verdict, numbers and picture as of the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_jupyter.drift.columns import pairs
from mlops_jupyter.drift.judging import How, about_texts, judged
from mlops_jupyter.drift.report import Finding
from mlops_jupyter.drift.severity import FEW_ROWS
from mlops_jupyter.drift.sides import tables_of

if TYPE_CHECKING:
    from mlops_jupyter.drift.pairs import Both
    from mlops_jupyter.drift.report import ColumnDrift
    from mlops_jupyter.drift.sides import Source


@dataclass(frozen=True)
class Look:
    """What is seen of one column.

    Attributes
    ----------
    drift : ColumnDrift or None
        The verdict; None where a finding says why there is none.
    findings : list of Finding
        What else is to be known.
    rows : Both of int
        Rows of either side.
    """

    drift: ColumnDrift | None
    findings: list[Finding]
    rows: Both[int]


def look(
    before: Source, after: Source, column: str, of: str | None = None, how: How | None = None
) -> Look:
    """Compare one column of both sides.

    Parameters
    ----------
    before, after : Source
        The reference and current, or parts of them; either may have no row at all.
    column : str
        A column of either, or what is measured of a text column.
    of : str, optional
        That text column.
    how : How, optional
        Engine, methods and thresholds, where they are not the defaults.

    Examples
    --------
    >>> sides = [drift.sides.read(ws, f"data/{month}.csv", month) for month in ("june", "july")]
    >>> look(*sides, "temp").drift.drifted
    True
    """
    tables = tables_of(before, after)
    findings = list(_about_size(tables.rows))
    drift = None
    for item in pairs(tables, [of or column]):
        if isinstance(item, Finding):
            findings.append(item)
        elif of is not None:
            measured = about_texts(item, how or How())
            drift = next((each for each in measured if each.column == column), None)
        else:
            found = judged(item, how)
            drift = found.drift
            findings += found.findings
    return Look(drift, findings, tables.rows)


def _about_size(rows: Both[int]) -> list[Finding]:
    small = [
        f"{side} has {count:,} row{'' if count == 1 else 's'}"
        for side, count in zip(("the reference", "current"), rows, strict=True)
        if count < FEW_ROWS
    ]
    if not small:
        return []
    message = f"here {' and '.join(small)}: the verdict says little"
    return [Finding(kind="few_rows", message=message)]

"""Two sides that are explored: answers as plain data, small whatever the size of the sides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from mlops_jupyter.drift import parts
from mlops_jupyter.drift.view import words
from mlops_jupyter.drift.view.order import ordered
from mlops_jupyter.errors import BadInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops_jupyter.drift.parts import Part, Parts
    from mlops_jupyter.drift.report import ColumnDrift, DriftReport
    from mlops_jupyter.drift.sides import Source
    from mlops_jupyter.widgets.messages import Chosen, LookRequest, PartsRequest
    from mlops_jupyter.widgets.periods import Period

_Listed = TypeVar("_Listed")

MOST_COLUMNS = 2000
_NAME = 200  # characters of a name that are shown


class Comparison:
    """The sides, and what was asked of them before.

    Parameters
    ----------
    report : DriftReport
        The comparison as a whole; its columns can be chosen, in the order of its card.
    before, after : Source
        The reference and current.
    periods : sequence of Period
        The periods of current.
    """

    def __init__(
        self, report: DriftReport, before: Source, after: Source, periods: Sequence[Period] = ()
    ) -> None:
        self.report = report
        self.columns: Sequence[ColumnDrift] = ordered(report.columns)[:MOST_COLUMNS]
        self._before, self._after = before, after
        self._parts: dict[int, Parts] = {}
        self._periods = periods

    def outline(self) -> dict[str, Any]:
        """Return what the page shows before anything is asked."""
        sides = (self.report.reference, self.report.current)
        return {
            "columns": [
                {
                    "name": column.column[:_NAME],
                    "parts": _makes_parts(column),
                    "drifted": column.drifted,
                    "verdict": words.verdict(column),
                }
                for column in self.columns
            ],
            "left_out": len(self.report.columns) - len(self.columns),
            "sides": [{"label": side.label[:_NAME], "rows": side.rows} for side in sides],
            "periods": [{"label": period.label, "rows": period.rows} for period in self._periods],
            "first": self._whole(0) if self.columns else None,
        }

    def parts(self, request: PartsRequest) -> dict[str, Any]:
        """Return the parts of a column."""
        found = self._parts_of(request.column)
        return {
            "kind": "parts",
            "parts": [{"label": part.label, "rows": [*part.rows]} for part in found.listed],
            "others": found.others,
        }

    def look(self, request: LookRequest) -> dict[str, Any]:
        """Return verdict, numbers and distributions of a column in a selection."""
        column = self._column(request.column)
        chosen = [] if request.part is None else [self._part(request.part)]
        if not chosen and request.period is None:
            return self._whole(request.column)
        current = self._after
        if request.period is not None:
            current = _at(self._periods, request.period, "period").taken()
        before, after = (parts.only(side, chosen) for side in (self._before, current))
        seen = parts.look(before, after, column.column, column.of)
        return _answer(seen.drift, [each.message for each in seen.findings], [*seen.rows])

    def _whole(self, place: int) -> dict[str, Any]:
        column = self._column(place)
        rows = [self.report.reference.rows, self.report.current.rows]
        about = [each.message for each in self.report.findings if each.column == column.column]
        return _answer(column, about, rows)

    def _column(self, place: int) -> ColumnDrift:
        return _at(self.columns, place, "column")

    def _part(self, chosen: Chosen) -> Part:
        return _at(self._parts_of(chosen.column).listed, chosen.part, "part")

    def _parts_of(self, place: int) -> Parts:
        if place not in self._parts:
            column = self._column(place)
            if not _makes_parts(column):
                raise BadInput(f"{column.column} is text: it makes no parts of the data")
            self._parts[place] = parts.parts_of(self._before, self._after, column.column)
        return self._parts[place]


def _makes_parts(column: ColumnDrift) -> bool:
    return column.type != "text" and column.of is None


def _answer(drift: ColumnDrift | None, findings: list[str], rows: list[int]) -> dict[str, Any]:
    """Return what is shown: in the words of the card."""
    return {
        "kind": "look",
        "drift": None if drift is None else drift.model_dump(mode="json"),
        "verdict": "" if drift is None else words.verdict(drift),
        "method": "" if drift is None else words.method(drift),
        "rule": "" if drift is None else words.rule(drift),
        "words": "" if drift is None else words.change(drift),
        "findings": findings,
        "rows": rows,
    }


def _at(listed: Sequence[_Listed], place: int, what: str) -> _Listed:
    if place >= len(listed):
        raise NotFound(f"there is no {what} {place}", f"there are {len(listed)}")
    return listed[place]

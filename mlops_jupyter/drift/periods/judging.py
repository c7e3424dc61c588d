"""Each period of current, held against the reference or the period before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_jupyter.drift.columns import pairs
from mlops_jupyter.drift.engines.columnar import type_of
from mlops_jupyter.drift.engines.correction import corrected
from mlops_jupyter.drift.engines.sampling import MOST_TEXTS
from mlops_jupyter.drift.engines.verdicts import Verdict, not_compared
from mlops_jupyter.drift.judging import How, compared
from mlops_jupyter.drift.memory.columns import MemoryPair
from mlops_jupyter.drift.pairs import Both
from mlops_jupyter.drift.periods.recording import (
    Cells,
    over_periods,
    periods_of,
    without_verdict,
)
from mlops_jupyter.drift.periods.slicing import Sliced
from mlops_jupyter.drift.periods_record import Periods
from mlops_jupyter.drift.report import Finding
from mlops_jupyter.results import Event, Events, ignore_events

if TYPE_CHECKING:
    from mlops_jupyter.drift.pairs import Pair
    from mlops_jupyter.drift.periods.slicing import SlicedColumn
    from mlops_jupyter.drift.periods_record import Against

_NAMED = 5
# Texts that Evidently trains on, of a side and over all periods; of a period no fewer than these.
_ALL_TEXTS, _LEAST_TEXTS = 12 * MOST_TEXTS, 2000
# Up to so many texts of a reference Evidently guesses a thousand times for each period: seconds.
_GUESSED = 1000
_MOST_GUESSED = 24  # periods


def over_time(
    sliced: Sliced,
    how: How,
    *,
    against: Against = "reference",
    events: Events = ignore_events,
) -> Periods | Finding:
    """Say for each column and period whether it still looks like the reference.

    Parameters
    ----------
    sliced : Sliced
        Both sides, current cut into periods.
    how : How
        What the user chose. P-values are corrected for their number in each period.
    against : {"reference", "previous"}
        What a period is held against; ``previous`` is the last one before it that has rows, and
        the reference for the first one.
    events : callable
        Takes the progress.

    Returns
    -------
    Periods or Finding
        The verdicts, or why there is not one.

    Examples
    --------
    >>> from mlops_jupyter.drift.periods.choosing import Cut
    >>> sides = [drift.sides.read(ws, f"data/{month}.csv", month) for month in ("june", "july")]
    >>> found = over_time(Sliced(*sides, Cut(None, ("carrier",))), How())
    >>> [period.label for period in found.periods]
    ['B6', 'EV', 'UA']
    >>> [(column.column, column.drifted(0)) for column in found.columns][:2]
    [('distance', False), ('temp', True)]
    """
    cut, correct = sliced.cut, how.correction
    periods = sum(map(bool, sliced.rows))
    judge = _Judge(how, against, periods, patient=sliced.wanted is not None)
    judged: dict[str, Cells] = {}
    for place, column in enumerate(sliced.columns()):
        events(Event(f"{column.name} over {len(sliced.rows):,} periods", place, len(sliced.names)))
        judged[column.name] = judge.column(column)
    if correct is not None:
        judged = _corrected(judged, correct, len(sliced.rows))
    shown = [over_periods(name, cells) for name, cells in judged.items()]
    found = [column for column in shown if column is not None]
    silent = without_verdict(judged.values())
    if not found:
        message = f"no column can be compared in any period: {'; '.join(silent)}"
        return Finding(kind="not_compared", message=message)
    return Periods(
        by=cut.unit or "column",
        time=", ".join(cut.columns),
        zone=sliced.slices.zone,
        against=against,
        periods=periods_of(sliced, judged.values()),
        columns=found,
        without_time=sliced.without,
        notes=[
            *sliced.slices.notes,
            *_left_out(sliced),
            *silent,
            *judge.notes(),
            *([f"p-values of each period are corrected by {correct}"] if correct else []),
            *_cost(sliced),
        ],
    )


@dataclass
class _Judge:
    """What gives the verdicts, and remembers what was drawn for them."""

    how: How
    against: Against
    periods: int
    patient: bool  # whether to wait for verdicts that take minutes

    def __post_init__(self) -> None:
        self.texts = max(_ALL_TEXTS // max(self.periods, 1), _LEAST_TEXTS)
        self.drawn: dict[str, int] = {}

    def column(self, column: SlicedColumn) -> list[Verdict | str | None]:
        """Return what is said of each period: a verdict, why there is none, or None for a gap."""
        found: list[Verdict | str | None] = []
        reference = column.reference
        for period in column.periods:
            if period is None:
                found.append(None)
                continue
            found.append(self._one(MemoryPair(column.name, reference, period)))
            if self.against == "previous":
                reference = period
        return found

    def notes(self) -> list[str]:
        """Say what was drawn."""
        by_size: dict[int, list[str]] = {}
        for name, size in self.drawn.items():
            by_size.setdefault(size, []).append(name)
        return [
            f"{_listed(names)}: at most {size:,} values of either side are looked at per period, "
            f"drawn by seed {self.how.seed}, as Evidently would take minutes on all"
            for size, names in by_size.items()
        ]

    def _one(self, pair: MemoryPair) -> Verdict | str:
        for item in pairs(_OneColumn(pair), [pair.column]):
            if not isinstance(item, Finding):
                outcome = self._verdict(item)
                return outcome.message if isinstance(outcome, Finding) else outcome
            reason = item.message
        return reason

    def _verdict(self, pair: Pair) -> Verdict | Finding:
        if self._takes_minutes(pair):
            return not_compared(
                pair,
                "of so few texts Evidently takes seconds for each period; name the column "
                "to have it compared, or cut coarser",
            )
        found = compared(pair, self.how, self.texts)
        if found.looked_at is not found.asked:
            self.drawn[pair.column] = max(found.looked_at.count)
        return found.outcome

    def _takes_minutes(self, pair: Pair) -> bool:
        if self.patient or self.periods <= _MOST_GUESSED:
            return False
        texts, sampling = pair.count.reference, self.how.sampling
        few = (texts if sampling is None else sampling.of(texts)) <= _GUESSED
        by_default = self.how.choices.of(pair).method is None
        return few and by_default and type_of(pair) == "text"


@dataclass(frozen=True)
class _OneColumn:
    """Two sides of one column each, of which a pair is made already."""

    made: MemoryPair
    backend: str = "in memory"

    @property
    def names(self) -> Both[list[str]]:
        return Both([self.made.column], [self.made.column])

    @property
    def rows(self) -> Both[int]:
        return self.made.rows

    def pair(self, name: str) -> MemoryPair:  # noqa: ARG002 - there is one
        return self.made


def _corrected(judged: dict[str, Cells], name: str, count: int) -> dict[str, Cells]:
    """Return the same, the p-values of each period corrected for their number."""
    found = {column: list(cells) for column, cells in judged.items()}
    for place in range(count):
        verdicts = {
            column: cell
            for column, cells in judged.items()
            if isinstance(cell := cells[place], Verdict)
        }
        better = corrected(list(verdicts.values()), name)
        for column, verdict in zip(verdicts, better, strict=True):
            found[column][place] = verdict
    return dict(found)


def _left_out(sliced: Sliced) -> list[str]:
    gone = [
        name for name in sliced.cut.columns if sliced.wanted is None and name in sliced.before.names
    ]
    if not gone:
        return []
    what = "it" if len(gone) == 1 else "them"
    return [f"not in the strip, as the periods are made of {what}: {_listed(gone)}"]


def _cost(sliced: Sliced) -> list[str]:
    sides = sliced.from_database
    if not sides:
        return []
    whose = " and ".join(sides)
    return [f"the values of {whose} were taken out of the database, some columns at a time"]


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more

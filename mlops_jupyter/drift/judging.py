"""One column at a time: the verdict, and what is shown beside it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast, get_args

from mlops_jupyter.drift.columns import pairs
from mlops_jupyter.drift.engines import columnar
from mlops_jupyter.drift.engines.choices import Choices
from mlops_jupyter.drift.engines.choosing import Asked, chosen, engine_for
from mlops_jupyter.drift.engines.correction import CORRECTIONS, corrected
from mlops_jupyter.drift.engines.descriptors import described
from mlops_jupyter.drift.engines.sampling import MOST_TEXTS, Sampling, needed, sampled
from mlops_jupyter.drift.engines.verdicts import Verdict, not_compared
from mlops_jupyter.drift.report import ColumnDrift, Finding
from mlops_jupyter.drift.summary import about_values, describe
from mlops_jupyter.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlops_jupyter.drift.engines.choosing import Engine
    from mlops_jupyter.drift.pairs import Pair, Tables


@dataclass(frozen=True)
class How:
    """What the user chose for a comparison.

    Attributes
    ----------
    engine : {"auto", "columnar", "evidently"}
        What gives the verdicts.
    choices : Choices
        Methods and thresholds.
    sampling : Sampling or None
        How many rows to judge by; None for all.
    seed : int
        Draws the rows, also where a method cannot take all.
    correction : str or None
        How p-values are corrected for their number.
    """

    engine: Asked = "auto"
    choices: Choices = field(default_factory=Choices)
    sampling: Sampling | None = None
    seed: int = 0
    correction: str | None = None

    @classmethod
    def parse(
        cls,
        *,
        engine: str = "auto",
        method: str | Sequence[str] = (),
        threshold: float | str | Sequence[str] = (),
        correct: str | None = None,
        sample: float | str | None = None,
        seed: int = 0,
    ) -> How:
        """Read what is given by option, as `detect` has it.

        Raises
        ------
        BadInput
            No such engine, method or correction, or no number.

        Examples
        --------
        >>> how = How.parse(method="psi", sample=0.1)
        >>> how.choices.method, how.sampling.share
        ('psi', 0.1)
        """
        if engine not in get_args(Asked):
            raise BadInput(f"no engine {engine!r}", f"there are {', '.join(get_args(Asked))}")
        if correct is not None and correct not in CORRECTIONS:
            raise BadInput(f"no correction {correct!r}", f"there are {', '.join(CORRECTIONS)}")
        return cls(
            engine=cast("Asked", engine),
            choices=Choices.parse(_listed(method), _listed(threshold)),
            sampling=None if sample is None else Sampling.parse(str(sample), seed),
            seed=seed,
            correction=correct,
        )


@dataclass(frozen=True)
class Compared:
    """What an engine says of a column, and of which values.

    Attributes
    ----------
    outcome : Verdict or Finding
        The verdict, or why there is none.
    engine : str
        What gave it.
    asked, looked_at : Pair
        The values that were asked for; those it is of, where fewer: all would take minutes.
    """

    outcome: Verdict | Finding
    engine: Engine
    asked: Pair
    looked_at: Pair


def compared(pair: Pair, how: How, texts: int = MOST_TEXTS) -> Compared:
    """Ask an engine about a column: of a sample where `how` or the method asks for one.

    What the column is, and so which method it has, is always of all values: of a sample, text might
    be all different, and whole numbers few.

    Parameters
    ----------
    pair : Pair
        All values.
    how : How
        What the user chose.
    texts : int, optional
        How many texts of a side an engine is given that would take minutes on all.

    Examples
    --------
    >>> import pandas as pd
    >>> from mlops_jupyter.drift.memory.columns import MemoryPair
    >>> pair = MemoryPair("late", pd.Series(range(50)), pd.Series(range(20, 70)))
    >>> found = compared(pair, How.parse(sample=20, method="psi"))
    >>> found.outcome.method, found.looked_at.count
    ('PSI', Both(reference=20, current=20))
    """
    choice, type_ = how.choices.of(pair), columnar.type_of(pair)
    asked = pair if how.sampling is None else sampled(pair, how.sampling)
    engine = engine_for(asked, how.engine, choice, type_)
    limit = needed(asked, type_, engine, how.seed, texts)
    looked_at = asked if limit is None else sampled(asked, limit)
    return Compared(chosen(looked_at, engine, choice, type_), engine, asked, looked_at)


@dataclass(frozen=True)
class Judged:
    """What is known of one column.

    Attributes
    ----------
    drift : ColumnDrift or None
        The verdict, and both distributions; None where a finding says why there is none.
    findings : list of Finding
        What else is to be known.
    engine : str
        What gave the verdict.
    """

    drift: ColumnDrift | None
    findings: list[Finding]
    engine: Engine


def judged(pair: Pair, how: How | None = None) -> Judged:
    """Return the verdict on a column, with both summaries and distributions.

    The verdict is of a sample where `how` or the method asks for one; the rest is of all values.

    Parameters
    ----------
    pair : Pair
        The column on both sides.
    how : How, optional
        By default Evidently's methods and thresholds, on all rows where that does not take minutes.

    Examples
    --------
    >>> import pandas as pd
    >>> from mlops_jupyter.drift.memory.columns import MemoryPair
    >>> pair = MemoryPair("late", pd.Series(range(50)), pd.Series(range(20, 70)))
    >>> judged(pair).drift.drifted
    True
    """
    how = how or How()
    found = compared(pair, how)
    outcome = found.outcome
    if isinstance(outcome, Finding):
        return Judged(None, [outcome], found.engine)
    findings: list[Finding] = []
    if found.looked_at is not found.asked:
        findings.append(_about_sample(found.asked, found.looked_at, how.seed))
    findings += about_values(pair, outcome.type)
    if outcome.score is None:
        message = f"{outcome.column}: {outcome.method} has no answer for these values"
        findings.append(Finding(kind="no_score", column=outcome.column, message=message))
    reference, current, histogram = describe(pair, outcome.type)
    drift = ColumnDrift(**vars(outcome), reference=reference, current=current, histogram=histogram)
    return Judged(drift, findings, found.engine)


@dataclass(frozen=True)
class AllJudged:
    """What is known of all columns.

    Attributes
    ----------
    columns : list of ColumnDrift
        In the order of the reference.
    findings : list of Finding
        What else is to be known; every column that has no verdict is named here.
    engines : set of str
        What gave the verdicts.
    """

    columns: list[ColumnDrift]
    findings: list[Finding]
    engines: set[Engine]


def all_judged(tables: Tables, how: How, wanted: Sequence[str] | None = None) -> AllJudged:
    """Return the verdicts on all columns, one after the other: only one has to be in memory.

    Parameters
    ----------
    tables : Tables
        Both sides.
    how : How
        What the user chose.
    wanted : sequence of str, optional
        The columns to look at; all by default.

    Raises
    ------
    NotFound
        A column that something was chosen for is on neither side.
    BadInput
        No column is asked for, or one twice.
    """
    how.choices.check(list(dict.fromkeys([*tables.names.reference, *tables.names.current])))
    found = AllJudged([], [], set())
    for item in pairs(tables, wanted):
        if isinstance(item, Finding):
            found.findings.append(item)
            continue
        try:
            one = judged(item, how)
        except BadInput as refused:  # by a database, which does not give a column away
            found.findings.append(not_compared(item, refused.message))
            continue
        found.findings.extend(one.findings)
        if one.drift is None:
            continue
        found.columns.append(one.drift)
        found.engines.add(one.engine)
        if one.drift.type == "text":
            found.columns.extend(about_texts(item, how))
    if how.correction is not None:
        found.columns[:] = _corrected(found.columns, how.correction)
    return found


def about_texts(pair: Pair, how: How) -> Iterator[ColumnDrift]:
    """Yield the verdicts on what is measured of texts; not where it is one number throughout."""
    limit = how.sampling or needed(pair, "text", "evidently", how.seed)
    texts = pair if limit is None else sampled(pair, limit)
    for _, measured in described(texts):
        if measured.distinct_together() == 1:
            continue
        one = judged(measured, replace(how, sampling=None))
        if one.drift is not None:
            yield one.drift.model_copy(update={"of": pair.column})


def _corrected(columns: Sequence[ColumnDrift], name: str) -> list[ColumnDrift]:
    """Return the columns, the p-values among their scores corrected for their number."""
    verdicts = [
        Verdict(
            column=column.column,
            type=column.type,
            method=column.method,
            score=column.score,
            threshold=column.threshold,
            drifted=column.drifted,
            low_is_drift=column.low_is_drift,
        )
        for column in columns
    ]
    return [
        column.model_copy(update={"score": verdict.score, "drifted": verdict.drifted})
        for column, verdict in zip(columns, corrected(verdicts, name), strict=True)
    ]


def _about_sample(whole: Pair, looked_at: Pair, seed: int) -> Finding:
    parts = [
        f"{some:,} of {all_:,} values of {side} ({some / all_:.2g})"
        for some, all_, side in zip(
            looked_at.count, whole.count, ("the reference", "current"), strict=True
        )
        if some != all_
    ]
    message = (
        f"{whole.column} is judged by {' and '.join(parts)}, drawn by seed {seed}: "
        "its method would take minutes for all"
    )
    return Finding(kind="sampled", column=whole.column, message=message)


def _listed(given: float | str | Sequence[str]) -> list[str]:
    if isinstance(given, int | float):
        return [str(given)]
    return [given] if isinstance(given, str) else list(given)

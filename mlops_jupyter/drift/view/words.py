"""What moved in a column, in plain words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mlops_jupyter.drift.severity import BY_MODEL
from mlops_jupyter.render.text import clean, number, plural, shorten

if TYPE_CHECKING:
    from mlops_jupyter.drift.report import ColumnDrift, Sample, Side, Summary

NAME = 60  # characters kept of a column's name
_LABEL = 20
_SOURCE = 100
_MOVED = 0.01  # deviations below which a mean is about the same
_WIDER = 0.1  # share by which a deviation has to change to be mentioned
_SHARE = 0.005  # change of a share that is not mentioned
_MUCH = 0.05  # change of missing values that is told first

Move = tuple[str, str]  # what moved, and its figures

_METHODS = {
    "Wasserstein distance (normed)": "Wasserstein distance",
    "K-S p_value": "Kolmogorov-Smirnov p",
    "chi-square p_value": "chi-square p",
    "Z-test p_value": "Z-test p",
    "Percentile text content drift": "ROC AUC",
    "Absolute text content drift": "ROC AUC",
}
MEANINGS = {
    "Wasserstein distance": "how far values moved, in standard deviations of the reference",
    "Jensen-Shannon distance": "how much shares differ: 0 the same, 1 nothing in common",
    "Kolmogorov-Smirnov p": "how likely distributions this far apart are by chance",
    "chi-square p": "how likely shares this far apart are by chance",
    "Z-test p": "how likely two shares this far apart are by chance",
    "ROC AUC": "how well a model tells the sides' texts apart: 0.5 is chance, 1 always",
    "PSI": "the population stability index: 0 the same",
    "Kullback-Leibler divergence": "how much the reference's shares diverge: 0 the same",
}


def name(column: ColumnDrift) -> str:
    """Return a column's name, cut where it is very long."""
    return shorten(clean(column.column), NAME) or "(no name)"


def about(column: ColumnDrift) -> str:
    """Say what kind of column it is, and what it is to the model.

    A role comes first: ``target, numeric``; then ``categorical, 16 values, 38 % of the model``.
    """
    said = [str(column.type)]
    if column.type == "categorical":
        said.append(plural(column.reference.unique, "value"))
    if column.role:
        said.insert(0, str(column.role))
    if column.of is not None:
        said.append(f"describes {shorten(clean(column.of), _LABEL * 2)}")
    if column.importance is not None:
        said.append(f"{percent(column.importance)} of the model")
    return ", ".join(said)


def verdict(column: ColumnDrift) -> str:
    """Return the verdict on a column in a word or two."""
    if column.score is None:
        return "no score"
    return "drift" if column.drifted else "no drift"


def method(column: ColumnDrift) -> str:
    """Return the method's name."""
    return shorten(clean(_METHODS.get(column.method, column.method)), _SOURCE)


def rule(column: ColumnDrift) -> str:
    """Say where drift begins."""
    if BY_MODEL.get(column.method):
        return f"drift if better than {percent(column.threshold)} of random guesses"
    sign = "below" if column.low_is_drift else "from"
    return f"drift {sign} {number(column.threshold)}"


def side(side_: Side) -> str:
    """Return where data is from, and how much it is."""
    return f"{shorten(clean(side_.label), _SOURCE)} ({plural(side_.rows, 'row')})"


def sample(drawn: Sample, reference: Side, current: Side) -> str:
    """Say what was looked at in place of all rows, and how to draw the same again."""
    parts = [
        f"{looked:,} of {plural(side_.rows, 'row')} of {what} ({percent(looked / side_.rows)})"
        for looked, side_, what in (
            (drawn.reference, reference, "the reference"),
            (drawn.current, current, "current"),
        )
        if side_.rows
    ]
    return f"{' and '.join(parts)}, drawn by seed {drawn.seed}"


def change(column: ColumnDrift) -> str:
    """Say what moved, the most telling first.

    Examples
    --------
    >>> from mlops_jupyter.drift.report import ColumnDrift, Histogram, Summary
    >>> before = Summary(count=98, missing=0.02, unique=9, mean=10.0, std=5.0)
    >>> after = Summary(count=70, missing=0.3, unique=9, mean=12.0, std=5.0)
    >>> bins = Histogram(kind="numbers", edges=[0, 9], reference=[1], current=[1])
    >>> late = ColumnDrift(
    ...     column="late", type="numeric", method="PSI", score=0.2, threshold=0.1, drifted=True,
    ...     reference=before, current=after, histogram=bins)
    >>> change(late)
    '28 % more missing (2 % → 30 %); mean up 0.4 sd (10 → 12)'
    >>> gist(late)
    '28 % more missing, mean up 0.4 sd'
    """
    return "; ".join(changes(column))


def changes(column: ColumnDrift) -> list[str]:
    """Return what moved, one by one, each with its figures."""
    return [f"{said} ({figures})" if figures else said for said, figures in _moves(column)]


def gist(column: ColumnDrift, parts: int = 2) -> str:
    """Return the beginning of `change` without its figures: enough for a headline."""
    return ", ".join(said for said, _ in _moves(column)[:parts])


def percent(share: float) -> str:
    """Return a share in per cent, with a digit where it is small or nearly all.

    Examples
    --------
    >>> percent(0.024), percent(0.312), percent(0), percent(0.0004), percent(0.9996), percent(1)
    ('2.4 %', '31 %', '0 %', '0.04 %', '99.96 %', '100 %')
    >>> percent(1e-7)
    '< 0.01 %'
    """
    if share == 0 or 0.1 <= share < 0.995 or share >= 1:
        return f"{share * 100:.0f} %"
    if share >= 0.995:
        return f"{share * 100:.4g} %" if share < 0.9999 else "> 99.99 %"
    return f"{share * 100:.2g} %" if share >= 0.0001 else "< 0.01 %"


def label(value: str) -> str:
    """Return a category's name, cut."""
    return shorten(clean(value), _LABEL) or "(empty)"


def _moves(column: ColumnDrift) -> list[Move]:
    """Return all that moved; missing values first where many more or less are."""
    moved = _of_categories(column) if column.type == "categorical" else _of_numbers(column)
    missing = _missing(column.reference, column.current)
    much = abs(column.current.missing - column.reference.missing) >= _MUCH
    found = [*_constant(column), *(missing if much else []), *moved]
    found += [] if much else missing
    return found or [("shape changed" if column.drifted else "about the same", "")]


def _constant(column: ColumnDrift) -> list[Move]:
    before, after = column.reference.unique == 1, column.current.unique == 1
    if before and after:
        return [("one value on each side", "")]
    return [("now constant", "")] if after else [("was constant", "")] if before else []


def _missing(before: Summary, after: Summary) -> list[Move]:
    moved = after.missing - before.missing
    if after.missing and not before.missing:
        return [(f"now {percent(after.missing)} missing", "none before")]
    if before.missing and not after.missing:
        return [("none missing now", f"{percent(before.missing)} before")]
    if abs(moved) < _SHARE:
        return []
    which = "more" if moved > 0 else "less"
    figures = f"{percent(before.missing)} → {percent(after.missing)}"
    return [(f"{percent(abs(moved))} {which} missing", figures)]


def _of_numbers(column: ColumnDrift) -> list[Move]:
    what = "mean length" if column.type == "text" else "mean"
    means = _mean(column.reference, column.current, what)
    spread = _spread(column.reference, column.current)
    told = spread or any("same" not in said for said, _ in means)
    return means + spread + ([] if told or not column.drifted else _bin(column))


def _mean(before: Summary, after: Summary, what: str) -> list[Move]:
    if before.mean is None or after.mean is None:
        return []
    moved = after.mean - before.mean
    if not moved:
        return [(f"{what} the same", number(after.mean, 3))]
    which = "up" if moved > 0 else "down"
    figures = " → ".join(_beside(value, before.std) for value in (before.mean, after.mean))
    if before.std and math.isfinite(deviations := abs(moved) / before.std):
        if deviations < _MOVED:
            return [(f"{what} about the same", number(after.mean, 3))]
        return [(f"{what} {which} {_deviations(deviations)} sd", figures)]
    return [(f"{what} {which}", figures)]


def _beside(value: float, spread: float | None) -> str:
    """Return a mean to a hundredth of its spread: what is smaller says nothing.

    Examples
    --------
    >>> _beside(-4.92e-05, 1.0), _beside(0.4032, 1.0), _beside(1006.83, 700.0)
    ('0', '0.4', '1007')
    """
    if spread and math.isfinite(places := 2 - math.floor(math.log10(spread))) and places < 300:
        value = round(value, places)
    return number(value, 3)


def _deviations(value: float) -> str:
    """Return deviations, with one digit where that says enough."""
    if value >= 10:
        return number(float(f"{value:.2g}"))
    return f"{value:.1f}" if value >= 0.095 else f"{value:.2f}"


def _spread(before: Summary, after: Summary) -> list[Move]:
    if not before.std or not after.std or abs(after.std / before.std - 1) < _WIDER:
        return []
    which = "wider" if after.std > before.std else "narrower"
    return [(f"spread {which}", f"sd {number(before.std, 3)} → {number(after.std, 3)}")]


def _bin(column: ColumnDrift) -> list[Move]:
    """Name the bin whose share moved most, for what neither mean nor spread tells."""
    bins = column.histogram
    if len(bins.edges) != len(bins.reference) + 1:
        return []
    moves = [abs(b - a) for a, b in zip(bins.reference, bins.current, strict=True)]
    place = moves.index(max(moves))
    span = f"{number(bins.edges[place], 3)} to {number(bins.edges[place + 1], 3)}"
    if place == 0 and bins.below:
        span = f"below {number(bins.edges[1], 3)}"
    elif place == len(moves) - 1 and bins.above:
        span = f"from {number(bins.edges[-2], 3)}"
    shares = f"{percent(bins.reference[place])} → {percent(bins.current[place])}"
    return [(f"share of {span}: {shares}", "")]


def _of_categories(column: ColumnDrift) -> list[Move]:
    """Say how much is new, how much is gone, and which share moved most."""
    found = _new(column.current) + _gone(column.reference)
    bins = column.histogram
    shares = list(zip(bins.labels, bins.reference, bins.current, strict=True))
    named = shares[:-1] if bins.others else shares
    # What is new as a whole was said; of single values these are the ones that stayed.
    stayed = [each for each in named if (each[1] and each[2]) or not found]
    if stayed:
        value, before, after = max(stayed, key=lambda share: abs(share[2] - share[1]))
        shown = percent(before), percent(after)
        if abs(after - before) >= _SHARE and shown[0] != shown[1]:
            found.append((f"share of {label(value)}: {' → '.join(shown)}", ""))
    constant = column.reference.unique == column.current.unique == 1
    return found or ([] if constant else [("about the same shares", "")])


def _new(after: Summary) -> list[Move]:
    if not (share := (after.unseen or 0.0) * (1 - after.missing)):
        return []
    count = after.unseen_values
    return [(plural(count, "new value") if count else "new values", f"{percent(share)} of rows")]


def _gone(before: Summary) -> list[Move]:
    if not (share := (before.unseen or 0.0) * (1 - before.missing)):
        return []
    what = plural(before.unseen_values, "value") if before.unseen_values else "values"
    return [(f"{what} gone", f"{percent(share)} of rows before")]

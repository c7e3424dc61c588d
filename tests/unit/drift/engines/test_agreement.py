"""Two engines, one answer: columnar gives Evidently's scores and verdicts on any column.

Left out is where Evidently has no self-consistent result: see `consistent`, and the cases by name.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops_jupyter.drift.columns import pairs
from mlops_jupyter.drift.engines import columnar, evidently
from mlops_jupyter.drift.engines.methods import METHODS
from mlops_jupyter.drift.engines.verdicts import Choice, Verdict
from mlops_jupyter.drift.memory.columns import MemoryPair
from mlops_jupyter.drift.memory.tables import FrameColumns, MemoryTables
from mlops_jupyter.drift.pairs import Both
from mlops_jupyter.drift.report import Finding

WORDS = np.array(
    ["", "a", "b", "A", "é", "b ", "\n", "日本"] + [f"w{i}" for i in range(90)], object
)
DAYS = pd.date_range("2013-01-01", periods=90)
BINNED = {"jensenshannon", "psi", "kl_div"}
# Where a score is a difference of numbers near 1, or a sum of such, it is rounded at about 1e-16.
ROUNDED = {"kl_div": 2e-15, "z": 1e-15, "psi": 2e-15}


def whole(rng, n, most, moved):
    return rng.integers(0, most, n) + moved * (most // 3)


def categories(rng, n, most, moved):
    return whole(rng, n, most, moved) % 90


# By name: of a generator, a number of values, of different ones at most, and of the side.
KINDS = {
    "numbers": lambda rng, n, _, moved: rng.normal(moved / 3, 1, n),
    "heavy tails": lambda rng, n, _, moved: rng.standard_cauchy(n) + moved,
    "ties": lambda rng, n, most, moved: whole(rng, n, most, moved) / 7,
    "offset": lambda rng, n, _, moved: 1e9 + rng.normal(moved / 3, 1, n),
    "32 bits": lambda rng, n, _, moved: rng.normal(moved / 3, 1, n).astype("float32"),
    "whole": whole,
    "16 bits": lambda rng, n, most, moved: whole(rng, n, most, moved).astype("int16"),
    "unsigned": lambda rng, n, most, moved: whole(rng, n, most, moved).astype("uint8"),
    "64 bits": lambda rng, n, _, __: rng.integers(-(2**63), 2**63 - 1, n),
    "nullable": lambda rng, n, most, moved: pd.array(whole(rng, n, most, moved), "Int32"),
    "true or false": lambda rng, n, _, moved: rng.random(n) < 0.3 + moved / 5,
    "nullable truth": lambda rng, n, _, moved: pd.array(rng.random(n) < 0.3 + moved / 5, "boolean"),
    "texts": lambda rng, n, most, moved: WORDS[categories(rng, n, most, moved)],
    "strings": lambda *args: pd.array(WORDS[categories(*args)], "string"),
    "strings of Arrow": lambda *args: pd.array(WORDS[categories(*args)], "string[pyarrow]"),
    "categories": lambda *args: pd.Categorical(WORDS[categories(*args)], categories=WORDS),
    "categories of numbers": lambda *args: pd.Categorical(categories(*args)),
    "categories of days": lambda *args: pd.Categorical(DAYS[categories(*args)]),
}
ALIKE = [
    ["numbers", "ties", "32 bits", "whole", "16 bits", "nullable", "categories of numbers"],
    ["true or false", "nullable truth"],
    ["texts", "strings", "strings of Arrow", "categories"],
]
SIZES = st.one_of(
    *(st.integers(*span) for span in ((2, 9), (10, 300), (995, 1005), (1006, 2500))),
)


@st.composite
def columns(draw):
    """Draw a column on both sides: of any type, with ties and gaps, of any size, also constant."""
    first = draw(st.sampled_from(sorted(KINDS)))
    others = next((group for group in ALIKE if first in group), [first])
    kinds = [first, draw(st.sampled_from(others))]
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    most = draw(st.sampled_from([1, 2, 3, 5, 6, 10, 11, 20, 21, 60]))
    moved = draw(st.sampled_from([0, 0, 1]))
    scale = 10.0 ** draw(st.sampled_from([0, 0, -300, -3, 3, 150]))
    sides = []
    for kind, side in zip(kinds, (0, moved), strict=True):
        values = pd.Series(KINDS[kind](rng, draw(SIZES), most, side))
        if kind in ("numbers", "ties"):
            values *= scale
        gaps = draw(st.sampled_from([0, 0, 0.3]))
        if gaps and not (isinstance(values.dtype, np.dtype) and values.dtype.kind in "biu"):
            values = values.mask(rng.random(len(values)) < gaps)
        sides.append(values)
    return sides


def paired(sides):
    """Return the column as engines get it; None where no engine does."""
    tables = MemoryTables(Both(*(FrameColumns(pd.DataFrame({"x": side})) for side in sides)))
    found = [item for item in pairs(tables) if not isinstance(item, Finding)]
    return found[0] if found else None


def consistent(pair, method, theirs):
    """Whether a result of Evidently's can be held to: it is there, and one for the same values.

    Where the deviation of the reference is too large for a number, Evidently divides by infinity.
    """
    if not isinstance(theirs, Verdict) or theirs.score is None:
        return False
    if theirs.method == METHODS["wasserstein"].title:
        before = pair.statistics().reference
        # A mean of 1e12 is rounded at 1e-4: so would be a deviation of 1.
        if not math.isfinite(before.std) or abs(before.mean) > 1e10 * max(before.std, 1e-3):
            return False
    turned = MemoryPair("x", *pair.series().map(lambda side: side.iloc[::-1]))
    again = evidently.compare(turned, Choice(method))
    return again.drifted == theirs.drifted and again.score == pytest.approx(theirs.score, rel=1e-9)


def assert_same(pair, method):
    theirs = evidently.compare(pair, Choice(method))
    ours = columnar.compare(pair, Choice(method))
    assert isinstance(ours, Verdict), (ours, theirs)
    if not consistent(pair, method, theirs):
        return
    assert (ours.type, ours.method) == (theirs.type, theirs.method)
    assert (ours.threshold, ours.low_is_drift) == (theirs.threshold, theirs.low_is_drift)
    by_title = {METHODS[name].title: name for name in METHODS}
    name = by_title[ours.method]
    binned = name in BINNED and ours.type == "numeric"
    # The root of a sum: near 0 it is the sum that is rounded.
    power = 2 if name == "jensenshannon" else 1
    tolerance = {"rel": 1e-6 if binned else 1e-9, "abs": ROUNDED.get(name, 1e-300)}
    if name == "jensenshannon":
        tolerance["abs"] = 2e-15
    assert ours.score**power == pytest.approx(theirs.score**power, **tolerance)
    if ours.score != pytest.approx(ours.threshold, rel=1e-9):  # there rounding decides
        assert ours.drifted == theirs.drifted


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(columns())
def test_defaults(sides):
    pair = paired(sides)
    if pair is not None and columnar.type_of(pair) != "text":
        assert_same(pair, None)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(columns(), st.data())
def test_methods_by_name(sides, data):
    pair = paired(sides)
    if pair is not None:
        type_ = columnar.type_of(pair)
        fitting = sorted(name for name in METHODS if type_ in METHODS[name].types)
        if fitting:
            assert_same(pair, data.draw(st.sampled_from(fitting)))


NUMBERS = st.lists(st.floats(-1e150, 1e150) | st.sampled_from([0.0, 1.0, -1.0]), min_size=2)


@settings(max_examples=150, deadline=None)
@given(NUMBERS, NUMBERS, st.sampled_from(["wasserstein", "ks", None]))
def test_any_numbers(before, after, method):
    assert_same(MemoryPair("x", pd.Series(before), pd.Series(after)), method)


@pytest.mark.parametrize("rows", [3000, 30_000])
@pytest.mark.parametrize("method", sorted(METHODS))
def test_more_rows(method, rows):
    rng = np.random.default_rng(rows)
    sizes = (rows, rows // 3 + 1)
    numeric = "numeric" in METHODS[method].types
    make = rng.normal if numeric else lambda *args: rng.integers(0, 3, args[-1])
    sides = [pd.Series(make(at, 1, size)) for at, size in zip((0, 0.01), sizes, strict=True)]
    assert_same(MemoryPair("x", *sides), method)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_the_same_values_in_another_order(method):
    values = pd.Series(np.random.default_rng(0).integers(0, 7, 5000))
    if METHODS[method].types == {"numeric"}:
        values = values / 7
    verdict = columnar.compare(MemoryPair("x", values, values[::-1]), Choice(method))
    assert verdict.score == (1.0 if METHODS[method].low_is_drift else 0.0)
    assert not verdict.drifted


def test_types_of_one_kind_are_compared_by_current():
    """Numbers as categories beside numbers: Evidently, given these, has no answer."""
    as_categories = pd.Series(pd.Categorical(np.arange(40) % 13))
    for sides in ((as_categories, pd.Series(range(40))), (pd.Series(range(40)), as_categories)):
        pair = MemoryPair("x", *sides)
        assert set(pair.storage) == {"integer"}
        assert_same(pair, None)


class TestWhereEvidentlyIsNotConsistent:
    """What it says there, and what columnar says; a version that mends one of them shows here."""

    def both(self, before, after, method):
        pair = MemoryPair("x", pd.Series(before), pd.Series(after))
        return [engine.compare(pair, Choice(method)) for engine in (evidently, columnar)]

    def test_a_deviation_that_is_no_number(self):
        theirs, ours = self.both([-1e200, 1e200], [5e200, 6e200], "wasserstein")
        assert (theirs.score, theirs.drifted) == (0.0, False)
        assert (ours.score, ours.drifted) == (None, False)

    @pytest.mark.parametrize("method", sorted(BINNED))
    def test_a_range_that_is_no_number(self, method):
        values = np.linspace(-1.0, 1.0, 30) * 1.7e308
        theirs, ours = self.both(values, values[:20], method)
        assert isinstance(theirs, Finding)
        assert ours.drifted

    def test_texts_with_a_zero_byte(self):
        """pandas counts them in two ways, of which one ends a text at it."""
        theirs, ours = self.both(["\0a", "\0b"] * 600, ["\0a", "\0a", "\0b"] * 300, "psi")
        assert ours.drifted
        assert ours.score != pytest.approx(theirs.score)

    def test_whole_numbers_beyond_2_to_the_53_beside_fractions(self):
        """Python tells them apart, and NumPy does not."""
        whole_, fractions = [2**53 + i % 3 for i in range(60)], [2.0**53, 2.0**53 + 2] * 30
        theirs, ours = self.both(whole_, fractions, "jensenshannon")
        assert 0 < ours.score < theirs.score

"""Columns in a database are measured as the same columns in memory are."""

from __future__ import annotations

import math
from decimal import Decimal

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from mlops_jupyter.drift.engines import columnar
from mlops_jupyter.drift.engines.choosing import chosen
from mlops_jupyter.drift.engines.sampling import Sampling, sampled
from mlops_jupyter.drift.engines.verdicts import Choice, Verdict
from mlops_jupyter.drift.expressions.resolving import Limits
from mlops_jupyter.drift.expressions.tables import ExpressionTables
from mlops_jupyter.drift.judging import How, all_judged
from mlops_jupyter.drift.memory.columns import MemoryPair
from mlops_jupyter.drift.pairs import Both
from mlops_jupyter.drift.sides.arrow import as_series
from mlops_jupyter.drift.summary import about_values
from mlops_jupyter.errors import BadInput
from tests.questions import counted

# What a small column is then looked at as one of many millions of rows is: cut, and cut again.
LARGE = Limits(different=0, rows=2, first=3, cells=4, rounds=4)


@pytest.fixture
def asked(monkeypatch):
    """How many rows each question to a database brought back."""
    return counted(monkeypatch)


def in_database(backend, before, after, limits=None):
    """Return a column of Arrow's values as a pair in DuckDB."""
    tables = []
    for number, values in enumerate((before, after)):
        name = f"side_{number}"
        backend.con.register(name, pa.table({"x": values}))
        tables.append(backend.table(name))
    return ExpressionTables(Both(*tables), limits or Limits()).pair("x")


def in_memory(before, after):
    """Return the same column, as sides in files have it."""
    return MemoryPair("x", *(as_series(pa.chunked_array([side])) for side in (before, after)))


def close(found, wanted, spread=1.0):
    """Whether numbers are the same but for rounding, as seen by the spread of what they are of."""
    return found == wanted or found == pytest.approx(wanted, rel=1e-9, abs=1e-13 * spread)


def assert_same(found, wanted):
    """Hold all that a pair has against the one in memory."""
    for name in ("rows", "count", "infinite"):
        assert getattr(found, name) == getattr(wanted, name), name
    if not all(wanted.count):
        return  # which is a finding, and nothing else is asked
    assert (found.families, found.storage) == (wanted.families, wanted.storage)
    assert found.distinct() == wanted.distinct()
    assert found.distinct_together() == wanted.distinct_together()
    all_, expected = found.frequencies(), wanted.frequencies()
    assert list(all_.values) == list(expected.values)
    for side, other in zip(all_.counts, expected.counts, strict=True):
        assert side.tolist() == other.tolist()
    if wanted.families.reference in ("numbers", "text"):
        assert_same_numbers(found, wanted)


def assert_same_numbers(found, wanted):
    statistics = [*wanted.statistics()]
    low, high = min(s.min for s in statistics), max(s.max for s in statistics)
    spread = max(abs(low), abs(high))
    for side, other in zip(found.statistics(), statistics, strict=True):
        for name, value in vars(other).items():
            assert close(getattr(side, name), value, spread), (name, getattr(side, name), value)
    assert found.gap() == wanted.gap()
    assert close(found.area(), wanted.area(), high - low)
    edges = np.linspace(low, high, 6) if low < high else np.array([low - 1, low + 1])
    for side, other in zip(found.histogram(edges), wanted.histogram(edges), strict=True):
        assert side.tolist() == other.tolist()
    try:
        series = found.series()
    except BadInput as refused:  # more values than are taken out: said, and tested below
        assert "takes all values" in refused.message
        return
    for side, other in zip(series, wanted.series(), strict=True):
        assert side.dtype.kind == other.dtype.kind
        assert sorted(side) == sorted(other)


def assert_same_verdict(found, wanted):
    """Hold score and verdict of every method that fits against the one in memory."""
    if columnar.type_of(wanted) is None or not all(wanted.count):
        return
    for method in (None, "psi", "kl_div", "jensenshannon", "ks", "wasserstein", "chisquare", "z"):
        choice = Choice(method)
        if not columnar.can(wanted, choice):
            continue
        one, other = (chosen(pair, "columnar", choice) for pair in (found, wanted))
        assert type(one) is type(other)
        if isinstance(other, Verdict):
            assert one.method == other.method
            assert one.drifted == other.drifted
            same = one.score == other.score or math.isclose(
                one.score, other.score, rel_tol=1e-9, abs_tol=1e-12
            )
            assert same, (method, one.score, other.score)


LETTERS = st.characters(codec="utf-8", exclude_characters="\0")
numbers = st.floats(-1e12, 1e12, allow_subnormal=False)
few = st.sampled_from([0.0, -0.0, 1.0, 2.5, 1e9])
special = st.sampled_from([None, math.nan, math.inf, -math.inf])
VALUES = {
    pa.float64(): st.one_of(numbers, few, special),
    pa.int64(): st.one_of(st.integers(-5, 5), st.integers(-(2**40), 2**40), st.none()),
    pa.int8(): st.integers(-128, 127),
    pa.string(): st.one_of(
        st.sampled_from(["a", "b", "öß", "😀x"]), st.text(LETTERS, max_size=4), st.none()
    ),
    pa.bool_(): st.one_of(st.booleans(), st.none()),
}


@st.composite
def sides(draw):
    kind = draw(st.sampled_from(list(VALUES)))
    size = st.integers(0, 40)
    values = VALUES[kind]
    if draw(st.booleans()):  # without gaps, or only such values
        values = values.filter(lambda value: value is not None)
    if draw(st.booleans()):  # many ties
        values = st.sampled_from(draw(st.lists(values, min_size=1, max_size=6)))
    made = [draw(st.lists(values, min_size=1, max_size=draw(size) or 1)) for _ in range(2)]
    if draw(st.integers(0, 9)) == 0:
        made[1] = list(made[0])
    return tuple(pa.array(side, kind) for side in made)


def hold(duckdb, both, limits):
    found, wanted = in_database(duckdb, *both, limits), in_memory(*both)
    assert_same(found, wanted)
    assert_same_verdict(found, wanted)


relaxed = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@relaxed
@given(sides())
def test_small_columns_are_measured_as_in_memory(duckdb, both):
    hold(duckdb, both, Limits())


@relaxed
@given(sides())
def test_so_are_columns_that_are_cut_into_pieces(duckdb, both):
    hold(duckdb, both, LARGE)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@settings(relaxed, max_examples=2000)
@given(sides(), st.sampled_from([Limits(), LARGE]))
def test_a_great_many_columns_are_measured_as_in_memory(duckdb, both, limits):
    hold(duckdb, both, limits)


def random(seed, rows):
    return np.random.default_rng(seed).normal(size=rows)


SHAPES = {
    "normal": lambda seed: random(seed, 20_000),
    "shifted": lambda seed: random(seed, 20_000) + seed / 10,
    "far outliers": lambda seed: np.append(random(seed, 20_000), [1e15, -1e13]),
    "many decades": lambda seed: np.exp(8 * random(seed, 20_000)),
    "half of it zero": lambda seed: np.maximum(random(seed, 20_000), 0),
    "one side in a corner": lambda seed: random(seed, 20_000) * (1e-6 if seed else 1),
    "the same": lambda _: random(3, 20_000),
    "times": lambda seed: 1_400_000_000_000 + (random(seed, 20_000) * 1e9).astype("int64"),
    "hundreds of decades": lambda seed: 10.0 ** (30 * random(seed, 20_000)),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_long_columns_are_measured_as_in_memory(duckdb, shape):
    both = [pa.array(SHAPES[shape](seed)) for seed in (0, 1)]
    limits = Limits(different=100, rows=500, first=256, cells=1024)
    assert_same(in_database(duckdb, *both, limits), in_memory(*both))


def test_few_rows_leave_the_database_where_the_answer_needs_no_more(duckdb, asked):
    both = [pa.array(random(seed, 20_000) + seed / 10) for seed in (0, 1)]
    pair = in_database(duckdb, *both, Limits(different=100, rows=2000, first=256, cells=1024))
    assert pair.area() > 0
    assert pair.gap() > 0
    assert pair.statistics().current.median > 0
    assert 0 < sum(asked) < 8000  # of 40,000


@pytest.mark.parametrize("limits", [Limits(), LARGE])
@pytest.mark.parametrize(
    "values",
    [
        [-1.7e308, 1.7e308, 0.0, 1.0],
        [1e308, 1e308, 1e308],
        [5e-324, 0.0, 1e-320, 2e-320, 3e-320],
        [0.1] * 7,
    ],
)
def test_the_ends_of_what_numbers_can_be(duckdb, values, limits):
    both = [pa.array(values), pa.array([*values, 0.5])]
    found, wanted = in_database(duckdb, *both, limits), in_memory(*both)
    assert found.gap() == wanted.gap()
    assert found.area() == pytest.approx(wanted.area(), rel=1e-9, abs=1e-300)
    assert found.distinct() == wanted.distinct()
    for side, other in zip(found.statistics(), wanted.statistics(), strict=True):
        assert (side.min, side.median, side.max) == (other.min, other.median, other.max)
        assert side.std == pytest.approx(other.std) or not math.isfinite(other.std)


@pytest.mark.parametrize("limits", [Limits(), LARGE])
def test_whole_numbers_beyond_what_floats_tell_apart(duckdb, limits):
    large = 2**60
    both = [pa.array([large, large + 1, large + 1, large + 7]), pa.array([large + 1, large + 2])]
    found, wanted = in_database(duckdb, *both, limits), in_memory(*both)
    assert list(found.frequencies().values) == list(wanted.frequencies().values)
    assert (found.gap(), found.distinct()) == (wanted.gap(), wanted.distinct())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (pa.array([1, 2, 3]), pa.array([1.5, 2.5])),
        (pa.array([1, 2, 3]), pa.array([1, None, 3])),
        (pa.array([1, 2**64 - 1], pa.uint64()), pa.array([1, 2], pa.uint8())),
        (pa.array([Decimal("1.25"), None]), pa.array([1, 2], pa.int16())),
        (pa.array([True, False]), pa.array([True, None])),
        (pa.array(["a", "b"]), pa.array([1, 2])),
        (pa.array([1, 2], pa.date32()), pa.array([3, 4], pa.timestamp("us"))),
        (pa.array([1, 2], pa.timestamp("us", "UTC")), pa.array([3, None], pa.timestamp("us"))),
        (pa.array([[1], [2]]), pa.array([[1]])),
    ],
)
def test_types_are_what_they_are_in_memory(duckdb, before, after):
    found, wanted = in_database(duckdb, before, after), in_memory(before, after)
    for name in ("rows", "count", "families", "storage"):
        assert getattr(found, name) == getattr(wanted, name), name


def test_floats_of_half_the_size(duckdb):
    both = [pa.array(random(seed, 500).astype("float32")) for seed in (0, 1)]
    found, wanted = in_database(duckdb, *both), in_memory(*both)
    assert found.area() == pytest.approx(wanted.area(), rel=1e-9)
    assert found.gap() == wanted.gap()


def test_each_side_may_be_in_a_database_of_its_own():
    tables = []
    for seed in (0, 1):
        backend = ibis.duckdb.connect()
        backend.con.register("same_name", pa.table({"x": random(seed, 100)}))
        tables.append(backend.table("same_name"))
    found = ExpressionTables(Both(*tables)).pair("x")
    assert_same(found, in_memory(pa.array(random(0, 100)), pa.array(random(1, 100))))


def test_nothing_is_left_in_the_database(duckdb):
    both = [pa.array(random(seed, 2000)) for seed in (0, 1)]
    pair = in_database(duckdb, *both, Limits(different=10, rows=100, first=8, cells=32))
    before = duckdb.con.sql("SHOW TABLES").fetchall()
    assert pair.area() > 0
    assert duckdb.con.sql("SHOW TABLES").fetchall() == before


def test_many_columns_take_one_look_per_side(duckdb, asked):
    frame = pd.DataFrame({f"c{number}": [number, 1] for number in range(30)})
    duckdb.con.register("wide", pa.Table.from_pandas(frame))
    table = duckdb.table("wide")
    tables = ExpressionTables(Both(table, table))
    assert [tables.pair(name).count for name in frame] == [Both(2, 2)] * 30
    assert len(asked) == 4  # rows, and the look at all columns


@pytest.mark.parametrize(
    "values",
    [
        [*range(50), math.nan, None],
        [*range(50), math.nan, math.inf, -math.inf, None],
        [7.5, 7.5, math.nan, None],
        [math.nan, math.nan],
        [0.0, math.inf, math.nan],
    ],
)
def test_what_parquet_notes_of_a_column_hides_no_nan(duckdb, tmp_path, values):
    """Its bounds leave NaN out; DuckDB would conclude that there is none."""
    side = pa.array(values, pa.float64())
    parquet.write_table(pa.table({"x": side}), tmp_path / "x.parquet")
    table = duckdb.read_parquet(str(tmp_path / "x.parquet"))
    found = ExpressionTables(Both(table, table)).pair("x")
    assert_same(found, in_memory(side, side))


def test_a_constant_is_said_without_the_values_of_the_other_side(duckdb, asked):
    both = [pa.array([7.5] * 100), pa.array(random(0, 20_000))]
    pair = in_database(duckdb, *both, Limits(different=100, rows=2000, first=256, cells=1024))
    assert [f.message for f in about_values(pair, "numeric")] == [
        "x is constant: in the reference 7.5"
    ]
    assert sum(asked) < 8000  # of 20,100


def test_no_more_values_leave_a_database_than_should(duckdb, asked):
    """Texts, and numbers for Evidently's methods, come as they are: up to the limit."""
    texts = [f"flight {number} was late" for number in range(60)]
    for values in (texts, [float(number) for number in range(60)]):
        within = in_database(duckdb, values, values[:50], Limits(rows=60))
        assert within.series().map(len) == Both(60, 50)
        assert sampled(within, Sampling(rows=10)).count == Both(10, 10)
        beyond = in_database(duckdb, values[:50], values, Limits(rows=59))
        asked.clear()
        with pytest.raises(BadInput, match="values of x out of DuckDB: 60 of a side") as raised:
            beyond.series()
        assert "USING SAMPLE" in raised.value.hint
        assert asked == [], "nothing was taken"


def test_what_no_sample_is_drawn_of_is_passed_over_where_it_is_too_long_and_said(duckdb):
    tables = []
    for number in range(2):
        values = {"x": np.arange(60.0) + number, "note": [f"late by {n}" for n in range(60)]}
        duckdb.con.register(f"long_{number}", pa.table(values))
        tables.append(duckdb.table(f"long_{number}"))
    found = all_judged(ExpressionTables(Both(*tables), Limits(rows=59)), How())
    assert [column.column for column in found.columns] == ["x"]
    (finding,) = (finding for finding in found.findings if finding.column == "note")
    assert "draw a sample there first" in finding.message
    whole = all_judged(ExpressionTables(Both(*tables), Limits(rows=60)), How())
    assert {"x", "note"} <= {column.column for column in whole.columns}

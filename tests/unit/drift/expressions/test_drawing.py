"""Some of the values of a column in a database: as many as said, each as likely as any other."""

from __future__ import annotations

from collections import Counter

import ibis
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import csv, parquet

from mlops_jupyter.drift import detect
from mlops_jupyter.drift.engines.sampling import Sampling, sampled
from mlops_jupyter.drift.expressions import columns, drawing
from mlops_jupyter.drift.expressions.asking import Database
from mlops_jupyter.drift.expressions.held import Held
from mlops_jupyter.drift.expressions.resolving import Limits
from mlops_jupyter.drift.expressions.tables import ExpressionTables
from mlops_jupyter.drift.judging import How, compared
from mlops_jupyter.drift.pairs import Both
from mlops_jupyter.errors import BadInput
from mlops_jupyter.settings import Settings
from mlops_jupyter.workspace import Workspace
from tests.questions import counted


@pytest.fixture
def taken(monkeypatch):
    """How many rows each question to a database brought back."""
    return counted(monkeypatch)


def table_of(backend, values, name="x"):
    backend.con.register(f"drawn_{name}", pa.table({"x": values}))
    return backend.table(f"drawn_{name}")


def pair_of(backend, before, after=None, limits=None):
    tables = [table_of(backend, before, "a")]
    tables.append(tables[0] if after is None else table_of(backend, after, "b"))
    return ExpressionTables(Both(*tables), limits or Limits()).pair("x")


def drawn(pair, rows, seed):
    return [side.tolist() for side in sampled(pair, Sampling(rows=rows, seed=seed)).series()]


def places_drawn(backend, rows, size, seeds):
    """Draw places, so that each row is known again."""
    table = table_of(backend, np.arange(rows))
    held = Held(Database(backend), table.select(value=table["x"]))
    return [
        drawing.drawn(held, rows, size, np.random.SeedSequence(seed)).to_numpy() for seed in seeds
    ]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from([None, 1.0, 2.0, 2.5, float("inf"), float("nan")]), max_size=80)
    | st.lists(st.none() | st.integers(-3, 3), max_size=80)
    | st.lists(st.none() | st.sampled_from(["a", "", "öß"]), max_size=80)
    | st.lists(st.none() | st.booleans(), max_size=80),
    st.integers(1, 90),
    st.integers(0, 2**32),
)
def test_of_any_column_so_many_of_the_values_that_are_there(duckdb, values, size, seed):
    if not any(value is not None for value in values):
        return  # which is a finding, and nothing is drawn
    whole = pair_of(duckdb, values)
    some = sampled(whole, Sampling(rows=size, seed=seed))
    assert some.count == whole.count.map(lambda count: min(count, size))
    assert (some.families, some.storage) == (whole.families, whole.storage)
    for side, of in zip(some.series(), whole.series(), strict=True):
        # Each row once at most: no value more often than it is there.
        assert Counter(side.tolist()) <= Counter(of.tolist())


def test_the_same_by_seed_and_others_by_another(duckdb):
    first, again, other = (drawn(pair_of(duckdb, np.arange(5000)), 300, seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert [len(set(side)) for side in first] == [300, 300]
    assert first[0] != first[1], "each side draws by numbers of its own"


def test_every_row_is_as_likely_as_any_other(duckdb):
    rows, size, times = 200, 60, 300
    seen = np.bincount(np.concatenate(places_drawn(duckdb, rows, size, range(times))))
    share = size / rows
    spread = np.sqrt(times * share * (1 - share))
    # Five deviations: chance goes beyond for one of 200 rows in one of 9,000 such series.
    assert np.abs(seen - times * share).max() < 5 * spread
    # And as scattered as chance has it: the variance of 200 counts, to five of its deviations.
    assert abs(seen.var() / spread**2 - 1) < 5 * np.sqrt(2 / rows)


def test_the_mean_of_many_samples_is_that_of_the_column(duckdb):
    values = np.exp(np.random.default_rng(0).normal(size=20_000))
    pair = pair_of(duckdb, values)
    size, times = 500, 40
    means = [np.mean(drawn(pair, size, seed), axis=1) for seed in range(times)]
    error = values.std() * np.sqrt((1 - size / len(values)) / (size * 2 * times))
    assert abs(np.mean(means) - values.mean()) < 5 * error


@pytest.mark.parametrize("share", [0.5, 0.05])
def test_samples_of_two_seeds_have_as_much_in_common_as_chance_has_it(duckdb, share):
    rows = 10_000
    size = int(rows * share)
    seen = [set(each) for each in places_drawn(duckdb, rows, size, range(8))]
    for number, one in enumerate(seen):
        for other in seen[:number]:
            spread = np.sqrt(size * share * (1 - share) ** 2)
            assert abs(len(one & other) - size * share) < 5 * spread


def test_equal_values_are_rows_of_their_own(duckdb):
    """By hashes of values, all with a value would be drawn or none."""
    values = np.repeat([0, 1], [9000, 1000])
    for side in drawn(pair_of(duckdb, values), 1000, 3):
        assert abs(sum(side) - 100) < 5 * np.sqrt(1000 * 0.1 * 0.9)


def test_missing_values_are_not_drawn_and_change_nothing(duckdb):
    numbers = np.arange(4000.0)
    gaps = np.full(4000, None)
    mixed = np.column_stack([gaps, numbers, gaps]).ravel().tolist()
    with_gaps = drawn(pair_of(duckdb, mixed), 500, 5)
    assert with_gaps == drawn(pair_of(duckdb, numbers), 500, 5)


def test_where_chance_gives_too_few_it_asks_for_more(duckdb, taken, monkeypatch):
    wanted = places_drawn(duckdb, 5000, 400, range(6))
    monkeypatch.setattr(drawing, "_SPREAD", -6)
    monkeypatch.setattr(drawing, "_MORE", 0)
    taken.clear()
    found = places_drawn(duckdb, 5000, 400, range(6))
    assert len(taken) > 6
    for one, other in zip(found, wanted, strict=True):
        assert one.tolist() == other.tolist()


def test_little_more_leaves_the_database_than_is_drawn(duckdb, taken):
    pair = pair_of(duckdb, np.arange(100_000) % 977, limits=Limits(rows=5000))
    taken.clear()
    assert sampled(pair, Sampling(rows=1000, seed=1)).count == Both(1000, 1000)
    assert all(1000 <= rows < 1600 for rows in taken)
    assert len(taken) == 2
    drawn(pair, 1000, 1)
    assert len(taken) == 2, "the same again is not asked again"


def test_a_side_that_is_short_is_left_whole(duckdb):
    pair = pair_of(duckdb, np.arange(50), np.arange(5000), Limits(rows=100))
    before, after = drawn(pair, 100, 1)
    assert before == list(range(50))
    assert len(after) == 100


def test_a_sample_that_is_too_large_is_refused(duckdb, taken):
    pair = pair_of(duckdb, np.arange(500), limits=Limits(rows=100))
    taken.clear()
    with pytest.raises(BadInput, match="sample of 200 values is more than leaves DuckDB") as raised:
        drawn(pair, 200, 1)
    assert raised.value.hint == "draw fewer: --sample 100"
    assert taken == []


def test_of_another_database_it_is_drawn_here_or_not_at_all(duckdb, monkeypatch):
    monkeypatch.setattr(columns, "can_draw", lambda _database: False)
    assert len(drawn(pair_of(duckdb, np.arange(500)), 100, 1)[0]) == 100
    with pytest.raises(BadInput, match="draw a sample there first"):
        drawn(pair_of(duckdb, np.arange(500), limits=Limits(rows=400)), 100, 1)


@pytest.mark.parametrize("form", ["parquet", "csv", "table", "files"])
def test_the_number_of_threads_changes_nothing(form, tmp_path):
    table = pa.table({"x": np.random.default_rng(0).normal(size=200_000)})
    found = []
    for threads in (1, 4, 4):
        backend = ibis.duckdb.connect(threads=threads)
        if form == "table":
            backend.con.register("given", table)
            backend.con.execute("CREATE TABLE x AS SELECT * FROM given")
            side = backend.table("x")
        elif form == "csv":
            csv.write_csv(table, tmp_path / "x.csv")
            side = backend.read_csv(str(tmp_path / "x.csv"))
        else:
            parts = 4 if form == "files" else 1
            for part in range(parts):
                rows = table.slice(part * 50_000, 50_000) if parts > 1 else table
                parquet.write_table(rows, tmp_path / f"x{part}.parquet", row_group_size=5000)
            side = backend.read_parquet(str(tmp_path / "x*.parquet"))
        found.append(drawn(ExpressionTables(Both(side, side)).pair("x"), 2000, 9))
        backend.disconnect()
    assert found[0] == found[1] == found[2]


def long_texts(backend, name, late):
    draw = np.random.default_rng(len(name))
    words = draw.choice(["gate", "crew", "weather", late], (3000, 4))
    values = {
        "note": [f"{' '.join(row)} {number}" for number, row in enumerate(words)],
        "delay": draw.normal(size=3000),
    }
    backend.con.register(name, pa.table(values))
    return backend.table(name)


@pytest.fixture
def two_thousand(monkeypatch):
    """Let no more values leave a database."""
    defaults = Limits()
    short = (defaults.different, 2000, defaults.first, defaults.cells, defaults.rounds)
    monkeypatch.setattr(Limits.__init__, "__defaults__", short)


@pytest.mark.usefixtures("two_thousand")
def test_texts_beyond_the_limit_are_judged_by_a_sample(duckdb, tmp_path):
    ws = Workspace(tmp_path, Settings())
    sides = [long_texts(duckdb, name, late) for name, late in (("ab", "rain"), ("abc", "snow"))]
    report = detect(ws, *sides, sample=1200, seed=4)
    assert report.backend == "DuckDB"
    assert "not_compared" not in {each.kind for each in report.findings}
    note = next(each for each in report.columns if each.column == "note")
    assert (note.type, note.drifted) == ("text", True)
    assert {"note: length", "note: non-letters in %"} <= {each.column for each in report.columns}
    assert "seed 4" in report.to_text()
    assert "1,200" in report.to_text()


@pytest.mark.usefixtures("two_thousand")
def test_more_texts_than_evidently_is_given_come_as_a_sample_unasked(duckdb):
    sides = [long_texts(duckdb, name, late) for name, late in (("ab", "rain"), ("abc", "snow"))]
    found = compared(ExpressionTables(Both(*sides)).pair("note"), How(seed=6), texts=1200)
    assert found.outcome.drifted
    assert found.asked.count == Both(3000, 3000)
    assert found.looked_at.count == Both(1200, 1200)

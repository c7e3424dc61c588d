"""The flights of 2013 in databases: DuckDB and Spark give the numbers that memory gives."""

from __future__ import annotations

import shutil
from collections import Counter
from itertools import pairwise

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlops_jupyter import drift
from mlops_jupyter.drift import detect, parts
from mlops_jupyter.drift.engines import columnar
from mlops_jupyter.drift.engines.sampling import Sampling, sampled
from mlops_jupyter.drift.expressions import drawing
from mlops_jupyter.drift.expressions.asking import Database
from mlops_jupyter.drift.expressions.grids import Grid
from mlops_jupyter.drift.expressions.held import Held, cut
from mlops_jupyter.drift.expressions.resolving import Limits
from mlops_jupyter.drift.expressions.tables import ExpressionTables
from mlops_jupyter.drift.memory.columns import MemoryPair
from mlops_jupyter.drift.pairs import Both
from mlops_jupyter.drift.periods import choosing
from mlops_jupyter.drift.sides.arrow import as_series
from mlops_jupyter.drift.sides.fetching import fetched
from mlops_jupyter.drift.sides.sources import Source, drawn
from mlops_jupyter.errors import BadInput
from mlops_jupyter.project.flights import read_flights
from tests.questions import counted

COLUMNS = [
    *("dep_delay", "arr_delay", "air_time", "distance", "hour", "minute", "day"),
    *("carrier", "origin"),
]
pytestmark = [
    pytest.mark.timeout(600),  # Spark takes its time to start
    pytest.mark.xdist_group("spark"),  # one Java machine is enough
]


@pytest.fixture(scope="module")
def halves(tmp_path_factory):
    """The halves of the year as Parquet: all columns, of every type that the flights have."""
    folder = tmp_path_factory.mktemp("flights")
    flights = read_flights()
    for name, chosen in (("before", flights.month <= 6), ("after", flights.month > 6)):
        flights[chosen].to_parquet(folder / f"{name}.parquet", index=False)
    return folder


@pytest.fixture(scope="module")
def duckdb():
    backend = ibis.duckdb.connect()
    yield backend
    backend.disconnect()


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    """One session, which nobody outside can reach."""
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java")
    sql = pytest.importorskip("pyspark.sql")
    folder = tmp_path_factory.mktemp("spark")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        session = (
            sql.SparkSession.builder.master("local[2]")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.log.level", "ERROR")
            .config("spark.sql.shuffle.partitions", "2")
            .config("spark.sql.warehouse.dir", str(folder / "warehouse"))
            .config("spark.local.dir", str(folder / "local"))
            .getOrCreate()
        )
        yield ibis.pyspark.connect(session)
        session.stop()


@pytest.fixture(scope="module", params=["duckdb", "spark"])
def backend(request):
    return request.getfixturevalue(request.param)


def opened(backend, folder):
    return [
        backend.read_parquet(str(folder / f"{name}.parquet"), table_name=f"{folder.name}_{name}")
        for name in ("before", "after")
    ]


def test_the_flights_have_the_scores_and_verdicts_of_memory(workspace, halves, backend):
    files = [halves / f"{name}.parquet" for name in ("before", "after")]
    wanted = detect(workspace, *files, columns=COLUMNS)
    assert wanted.backend == "in memory"
    found = detect(workspace, *opened(backend, halves), columns=COLUMNS)
    assert found.backend == {"duckdb": "DuckDB", "pyspark": "PySpark"}[backend.name]
    assert [c.column for c in found.columns] == [c.column for c in wanted.columns]
    for one, other in zip(found.columns, wanted.columns, strict=True):
        assert (one.type, one.method, one.drifted) == (other.type, other.method, other.drifted)
        assert one.score == pytest.approx(other.score, rel=1e-9, abs=1e-12), one.column
        for side, expected in ((one.reference, other.reference), (one.current, other.current)):
            numbers = expected.model_dump(exclude_none=True)
            assert side.model_dump(exclude_none=True) == pytest.approx(numbers, rel=1e-9)
        assert one.histogram == other.histogram
    assert [(f.kind, f.column) for f in found.findings] == [
        (f.kind, f.column) for f in wanted.findings
    ]


def tables_of_random(seed, rows=3000):
    """Columns of every type, with ties, gaps, infinities and far values."""
    draw = np.random.default_rng(seed)
    normal = draw.normal(size=rows)
    gaps = draw.random(rows) < 0.05
    words = np.array(["ab", "ö😀", "", "zzz", "new"])[draw.integers(0, 4 + seed, rows)]
    return pa.table(
        {
            "normal": normal + seed / 20,
            "holes": pa.array(np.where(gaps, np.nan, normal), mask=draw.random(rows) < 0.05),
            "endless": np.where(gaps, np.inf, np.where(normal < -2, -np.inf, normal)),
            "tail": np.exp(5 * normal),
            "far": np.where(np.arange(rows) < 2, 1e13, normal),
            "zeros": np.where(normal < 0, np.where(gaps, 0.0, -0.0), normal),
            "constant": np.full(rows, 7.5),
            "whole": draw.integers(-(10**6), 10**6, rows) + seed * 10**4,
            "whole_gaps": pa.array(draw.integers(0, 5, rows), mask=gaps),
            "huge": 2**60 + draw.integers(0, 50, rows),
            "small": pa.array(draw.integers(0, 9, rows), pa.int8()),
            "text": words,
            "many": [f"id {number}" for number in draw.integers(0, 2500, rows)],
            "flag": normal > seed / 10,
            "flag_gaps": pa.array(normal > 0, mask=gaps),
            "day": pa.array(draw.integers(0, 400, rows).astype("int32"), pa.date32()),
        }
    )


@pytest.fixture(scope="module")
def mixture(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mixture")
    for seed, name in enumerate(("before", "after")):
        pq.write_table(tables_of_random(seed), folder / f"{name}.parquet")
    return folder


def test_every_type_is_measured_as_in_memory(mixture, backend):
    assert_as_in_memory(mixture, ExpressionTables(Both(*opened(backend, mixture))))


@pytest.mark.parametrize(
    "backend", ["duckdb", pytest.param("spark", marks=pytest.mark.slow)], indirect=True
)
def test_columns_are_measured_so_when_they_are_too_long_to_take_out(mixture, backend):
    limits = Limits(different=50, rows=600, first=64, cells=512, rounds=4)
    tables = ExpressionTables(Both(*opened(backend, mixture)), limits)
    assert_as_in_memory(mixture, tables, ["normal", "holes", "tail", "huge"])


def assert_as_in_memory(mixture, tables, names=None):
    sides = [pq.read_table(mixture / f"{name}.parquet") for name in ("before", "after")]
    for name in names or sides[0].column_names:
        wanted = MemoryPair(name, *(as_series(side.column(name)) for side in sides))
        found = tables.pair(name)
        for what in ("rows", "count", "infinite", "families", "storage"):
            assert getattr(found, what) == getattr(wanted, what), (name, what)
        type_ = columnar.type_of(wanted)
        assert columnar.type_of(found) == type_
        if type_ is None:
            assert name == "day"
            continue
        assert found.distinct() == wanted.distinct(), name
        if wanted.families.current in ("numbers", "text"):
            for one, other in zip(found.statistics(), wanted.statistics(), strict=True):
                assert vars(one) == pytest.approx(vars(other), rel=1e-9), name
            assert found.area() == pytest.approx(wanted.area(), rel=1e-9, abs=1e-12), name
            assert found.gap() == wanted.gap(), name
        one, other = columnar.compare(found), columnar.compare(wanted)
        if type_ == "text":
            continue
        assert (one.method, one.drifted) == (other.method, other.drifted), name
        assert one.score == pytest.approx(other.score, rel=1e-9, abs=1e-12), name


@pytest.mark.parametrize("column", ["endless", "holes", "flag_gaps"])
def test_parts_have_the_rows_of_memory(workspace, mixture, backend, column):
    files = [mixture / f"{name}.parquet" for name in ("before", "after")]
    wanted = parts.parts_of(*(drift.sides.read(workspace, f, f.stem) for f in files), column)
    sides = [drift.sides.read(workspace, t, "current") for t in opened(backend, mixture)]
    found = parts.parts_of(*sides, column)
    assert [part.label for part in found.listed] == [part.label for part in wanted.listed]
    for part, expected in zip(found.listed, wanted.listed, strict=True):
        assert part.rows == expected.rows, part.label
        assert [parts.only(side, [part]).rows for side in sides] == [*part.rows], part.label


@pytest.mark.parametrize("column", ["holes", "whole_gaps", "many"])
def test_a_sample_is_drawn_where_the_rows_are(mixture, backend, column, monkeypatch):
    """Of a column that is too long to be taken out: as many as said, the same again by seed."""
    taken = counted(monkeypatch)

    def drawn(seed):
        sides = [side.select(column) for side in opened(backend, mixture)]
        pair = ExpressionTables(Both(*sides), Limits(rows=600)).pair(column)
        taken.clear()
        some = sampled(pair, Sampling(rows=200, seed=seed))
        assert len(taken) == 2
        assert sum(taken) < 1000  # of 6000
        assert some.count == Both(200, 200)
        assert (some.families, some.storage) == (pair.families, pair.storage)
        return [side.tolist() for side in some.series()]

    found = drawn(1)
    assert found == drawn(1)
    assert found != drawn(2)
    for side, name in zip(found, ("before", "after"), strict=True):
        values = pq.read_table(mixture / f"{name}.parquet").column(column)
        assert Counter(side) <= Counter(as_series(values).tolist())


def test_every_row_is_as_likely_as_any_other(backend, tmp_path):
    """In all partitions, and whatever was drawn by another seed."""
    rows, size = 40_000, 8000
    for part in range(4):
        places = np.arange(part * rows // 4, (part + 1) * rows // 4)
        pq.write_table(pa.table({"value": places}), tmp_path / f"{part}.parquet")
    table = backend.read_parquet(str(tmp_path / "*.parquet"), table_name=f"rows_{backend.name}")
    held = Held(Database(backend), table)
    samples = [
        drawing.drawn(held, rows, size, np.random.SeedSequence(seed)).to_numpy()
        for seed in range(3)
    ]
    share, tenth = size / rows, rows // 10
    for drawn_ in samples:
        assert len(set(drawn_.tolist())) == size
        counts = np.bincount(drawn_ // tenth, minlength=10)
        spread = np.sqrt(tenth * share * (1 - share))
        assert np.abs(counts - size / 10).max() < 5 * spread
    for one, other in pairwise(samples):
        common = len(set(one.tolist()) & set(other.tolist()))
        assert abs(common - size * share) < 5 * np.sqrt(size * share) * (1 - share)


def test_texts_beyond_the_limit_are_judged_by_a_sample(workspace, mixture, backend, monkeypatch):
    defaults = Limits()
    short = (defaults.different, 2000, defaults.first, defaults.cells, defaults.rounds)
    monkeypatch.setattr(Limits.__init__, "__defaults__", short)
    sides = opened(backend, mixture)
    report = detect(workspace, *sides, columns=["normal", "many"], sample=1100, seed=4)
    assert [c.type for c in report.columns if c.of is None] == ["numeric", "text"]
    assert "not_compared" not in {finding.kind for finding in report.findings}
    assert (report.sample.reference, report.sample.current, report.sample.seed) == (1100, 1100, 4)
    # What does not fit is said.
    large = detect(workspace, *sides, columns=["normal", "many"], sample=2500, engine="columnar")
    assert [c.column for c in large.columns] == []
    assert all("more than leaves" in finding.message for finding in large.findings)


def test_spark_draws_a_sample_without_moving_rows(spark, mixture):
    table = opened(spark, mixture)[0]
    numbered = table.select(value=table["normal"]).mutate(drawn=drawing._of_spark(7))
    expression = numbered.filter(numbered["drawn"] < 0.1)
    frame = spark.raw_sql(str(ibis.to_sql(expression)))
    plan = frame._jdf.queryExecution().executedPlan().toString()
    for step in ("Exchange", "Sort", "Window"):
        assert step not in plan
    assert plan.count("rand(7)") == 1, "a row keeps its number"


def test_spark_gathers_no_column_in_one_partition(spark, mixture):
    """What is counted per cell stays where it is: only what was counted moves, by cell."""
    table = opened(spark, mixture)[0]
    table = table.select(value=table["normal"])
    coarse = Grid.first(-5, 5, 64)
    cells = np.arange(10, 20)
    fine = coarse.finer(cells, cells * 0.1, cells * 0.1 + 0.1, np.full(10, 4))
    expression = cut(table, fine)
    spark._run_pre_execute_hooks(expression)
    frame = spark.raw_sql(str(ibis.to_sql(expression)))
    plan = frame._jdf.queryExecution().executedPlan().toString()
    assert "hashpartitioning(cell" in plan
    assert plan.index("HashAggregate") < plan.index("Exchange") < plan.rindex("HashAggregate")
    assert "Window" not in plan
    assert "SinglePartition" not in plan
    assert "Sort " not in plan
    assert "BroadcastHashJoin" in plan  # the cells go to the rows


def test_each_side_may_be_in_another_database(workspace, halves, duckdb, spark):
    before, after = opened(duckdb, halves)[0], opened(spark, halves)[1]
    found = detect(workspace, before, after, columns=["dep_delay", "origin"])
    wanted = detect(
        workspace,
        halves / "before.parquet",
        halves / "after.parquet",
        columns=["dep_delay", "origin"],
    )
    assert found.backend == "DuckDB and PySpark"
    assert [c.score for c in found.columns] == pytest.approx([c.score for c in wanted.columns])


def test_a_database_that_does_not_answer_is_said(workspace, tmp_path, backend):
    path = tmp_path / "gone.parquet"
    pd.DataFrame({"x": [1, 2]}).to_parquet(path)
    table = backend.read_parquet(str(path), table_name=f"gone_{backend.name}")
    path.unlink()
    with pytest.raises(BadInput, match="does not answer"):
        ExpressionTables(Both(table, table)).pair("x")
    side = Source("current", "gone", table)
    for ask in (
        lambda: side.rows,
        lambda: side.frame(["x"]),
        lambda: fetched(table, [0], np.array([1]), ["x"]),
        lambda: choosing.chosen(side, "month"),
    ):
        with pytest.raises(BadInput, match="does not answer") as raised:
            ask()
        assert "\n" not in raised.value.message


def test_some_rows_are_taken_as_they_are(mixture, backend):
    side = Source("current", "after", opened(backend, mixture)[1])
    found = side.frame(["huge", "whole_gaps", "text", "day"], limit=100, seed=1)
    wanted = pq.read_table(mixture / "after.parquet").to_pandas()
    kept = drawn(3000, 100, 1)
    assert found["huge"].tolist() == wanted["huge"].iloc[kept].tolist()
    assert found["text"].tolist() == wanted["text"].iloc[kept].tolist()
    assert found["whole_gaps"].isna().tolist() == wanted["whole_gaps"].iloc[kept].isna().tolist()

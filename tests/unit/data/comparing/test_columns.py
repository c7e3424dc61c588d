"""Columns that came and went, and how the values of the others moved."""

from __future__ import annotations

import datetime as dt
import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from mlops_jupyter import data
from mlops_jupyter.data.comparing import shifts
from mlops_jupyter.data.comparing.distances import jensen_shannon, wasserstein


def compared(ws, old, new, **options):
    for name, frame in (("old", old), ("new", new)):
        table = pa.Table.from_pandas(frame) if isinstance(frame, pd.DataFrame) else frame
        parquet.write_table(table, ws.root / f"{name}.parquet")
    return data.compare(ws, [ws.root / "old.parquet", ws.root / "new.parquet"], **options)


def schema(found):
    return {(each.change, each.column): each for each in found.schema_changes}


def column(found, name):
    return next(each for each in found.columns if each.column == name)


@pytest.fixture(scope="module")
def evidently_tests():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from evidently.legacy.calculations.stattests import (
            jensenshannon_stat_test,
            wasserstein_stat_test,
        )
        from evidently.legacy.core import ColumnType
    return ColumnType, wasserstein_stat_test, jensenshannon_stat_test


@pytest.mark.parametrize("spread", [1, 1e-6, 1e6])
def test_distances_are_evidentlys(evidently_tests, spread):
    kinds, of_numbers, of_categories = evidently_tests
    draw = np.random.default_rng(3)
    old = draw.normal(5, spread, 900).round(3)
    new = draw.gamma(2, spread, 700)
    theirs = of_numbers(pd.Series(old), pd.Series(new), kinds.Numerical, None).drift_score
    assert wasserstein(old, new) == pytest.approx(theirs, rel=1e-9)
    old, new = pd.Series(list("aaabbc")), pd.Series(list("aabdd"))
    theirs = of_categories(old, new, kinds.Categorical, None).drift_score
    counts = [[side.eq(each).sum() for each in "abcd"] for side in (old, new)]
    ours = jensen_shannon(*(np.array(each, dtype="float64") for each in counts))
    assert ours == pytest.approx(theirs, rel=1e-9)


def test_schema_changes_are_told_apart(ws):
    old = {"id": [1, 2], "Dep Delay": [1.5, 2.5], "city": ["a", "b"], "gone": [True, True]}
    new = {"dep_delay": [1.5, 9.5], "town": ["b", "a"], "id": [1.0, 2.0], "new": [1, 2]}
    found = compared(ws, pa.table(old), pa.table(new), key="id")
    changes = schema(found)
    assert {*changes} == {
        ("renamed", "Dep Delay"),
        ("renamed", "city"),
        ("added", "new"),
        ("removed", "gone"),
        ("retyped", "id"),
    }
    assert changes["renamed", "city"].after == "town"
    assert changes["renamed", "city"].why == "the values are the same"
    assert (changes["retyped", "id"].before, changes["retyped", "id"].after) == ("BIGINT", "DOUBLE")
    assert found.rows.unchanged == 2
    assert "1 column new, 1 gone, 1 retyped, 2 renamed, likely" in found.headline


def test_columns_in_another_order(ws):
    old = pa.table({"a": [1], "b": [2], "c": [3]})
    found = compared(ws, old, old.select(["a", "c", "b"]))
    assert found.headline == "the same 1 row; columns in another order"


def test_names_that_are_hard_on_sql_html_and_case(ws):
    names = ['"quoted"', "it's", "<b>bold</b>", "größe 📏", "a", "A", "a_1", "c0", "select", " x "]
    old = pa.table({name: [1, 2] for name in names})
    new = pa.table({name: [1, 2 + (name in ("A", "<b>bold</b>"))] for name in names})
    found = compared(ws, old, new, key="c0")
    assert [each.column for each in found.columns if each.rows_changed] == ["<b>bold</b>", "A"]
    assert not found.schema_changes
    assert "<b>bold" not in found.to_html()
    found = compared(ws, old.drop_columns(["A"]), new.drop_columns(["a"]), key="c0")
    assert ("renamed", "a") in schema(found)


def test_nested_names_are_no_columns(ws):
    rows = [{"x": 1, "id": 5}, {"x": 2, "id": 6}]
    pairs = pa.array([[("k", 1)], []], pa.map_(pa.string(), pa.int64()))
    table = pa.table({"s": rows, "l": [[rows[0]], []], "m": pairs, "id": [1, 2], "ID": [3, 4]})
    found = compared(ws, table, table.set_column(0, "s", pa.array(rows[::-1])), key="id")
    assert [each.column for each in found.columns if each.rows_changed] == ["s"]
    assert {each.column for each in found.columns} == {"s", "l", "m", "id", "ID"}


def test_a_shift_is_described(ws):
    draw = np.random.default_rng(0)
    old = pd.DataFrame({"n": draw.normal(0, 1, 4000), "c": list("aabb") * 1000, "same": 1})
    new = pd.DataFrame({"n": draw.normal(1, 1, 4000), "c": list("aacx") * 1000, "same": 1})
    new.loc[::10, "n"] = None
    new.loc[0, "n"] = np.inf
    found = compared(ws, old, new)
    n, c = column(found, "n"), column(found, "c")
    assert n.distance == pytest.approx(1, abs=0.1)
    assert n.new.missing == pytest.approx(0.1, abs=0.001)
    assert n.new.mean == pytest.approx(1, abs=0.05)
    assert n.old.std == pytest.approx(old["n"].std(ddof=0), rel=1e-9)
    assert sum(n.overlay.new) == pytest.approx(1, abs=0.01)
    assert (c.new_categories, c.gone_categories) == (("c", "x"), ("b",))
    assert [each.column for each in found.columns][-1] == "same"
    assert not column(found, "same").moved
    assert "hardly moved, or not at all: same" in found.to_text()


def test_numbers_at_the_limits(ws):
    days = [dt.date(1, 1, 1), dt.date(9999, 12, 31), None]
    old = pa.table({"big": [1e308, -1e308, 0.0], "d": days})
    found = compared(ws, old, pa.table({"big": [1e308, 1e308, 5.0], "d": old["d"]}))
    assert column(found, "big").old.std is None
    assert column(found, "d").distance == 0
    assert found.to_html()


def test_a_sample_of_equal_data_is_the_same(ws):
    count = shifts.WHOLE + 1
    draw = np.random.default_rng(1)
    texts = draw.integers(0, 9, count).astype(str)
    old = pd.DataFrame({"id": range(count), "x": draw.normal(0, 1, count), "t": texts})
    new = old.sample(frac=1, random_state=2).reset_index(drop=True)
    new.loc[new["id"] == 17, "x"] = 0.5
    for key in ((), ("id",)):
        found = compared(ws, old, new, key=key)
        assert found.sampled[0] == pytest.approx(shifts.SAMPLE, rel=0.01)
        assert column(found, "x").distance < 0.01
        assert column(found, "t").distance == pytest.approx(0)


@pytest.mark.parametrize("width", [150, pytest.param(1000, marks=pytest.mark.slow)])
def test_many_columns(ws, width):
    draw = np.random.default_rng(0)
    wide = pd.DataFrame(draw.normal(size=(300, width)), columns=[f"f{i}" for i in range(width)])
    wide["id"] = range(300)
    moved = wide.assign(f7=wide["f7"] + 9, f50=wide["f50"] * -1)
    found = compared(ws, wide, moved, key="id")
    assert [each.column for each in found.columns if each.rows_changed] == ["f7", "f50"]
    many = compared(ws, wide, wide + 1)
    assert len(many.to_html().encode()) < 200_000
    assert f"and {width + 1 - 25:,} columns that moved less" in many.to_text()

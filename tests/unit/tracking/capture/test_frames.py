"""A frame's digest: another one for any change of a cell, label, type or order."""

import copy
import decimal
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops_jupyter.tracking.capture import digests, frames
from mlops_jupyter.tracking.capture.digests import digest_of
from mlops_jupyter.tracking.capture.frames import describe

VALUES = st.one_of(
    st.integers(-(2**60), 2**60), st.floats(), st.booleans(), st.none(), st.text(max_size=6),
    st.binary(max_size=4), st.dates(), st.datetimes(), st.decimals(allow_nan=False),
    st.lists(st.integers(), max_size=3), st.frozensets(st.text(max_size=3), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)  # fmt: skip
TYPED = {
    "i8": st.integers(-(2**60), 2**60),
    "f8": st.floats(),
    "f4": st.floats(width=32),
    "bool": st.booleans(),
    "M8[ns]": st.integers(0, 2**60).map(pd.Timestamp),
    "Int64": st.one_of(st.none(), st.integers(-(2**60), 2**60)),
    "boolean": st.one_of(st.none(), st.booleans()),
    "string": st.one_of(st.none(), st.text(max_size=6)),
    "category": st.sampled_from(["a", "b", "c"]),
    "object": VALUES,
    "text": st.one_of(st.none(), st.text(max_size=6)),
}
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def a_column(draw, rows):
    kind = draw(st.sampled_from(list(TYPED)))
    values = draw(st.lists(TYPED[kind], min_size=rows, max_size=rows))
    series = pd.Series(index=range(rows), dtype=object)
    series[:] = values
    return series if kind in ("object", "text") else series.astype(kind)


@st.composite
def a_frame(draw):
    rows = draw(st.integers(1, 6))
    columns = [draw(a_column(rows)) for _ in range(draw(st.integers(1, 4)))]
    frame = pd.concat(columns, axis=1)
    frame.columns = [f"c{n}" for n in range(frame.shape[1])]
    return frame


@QUICK
@given(a_frame())
def test_an_equal_frame_has_the_same_digest_and_none_is_changed(frame):
    before = copy.deepcopy(frame)
    first = digest_of(frame)
    # Another memory: a column at a time, each of its own.
    again = pd.DataFrame({name: frame[name].copy(deep=True) for name in frame.columns})
    assert digest_of(again) == first == digest_of(before)
    pd.testing.assert_frame_equal(frame, before)
    assert len(first) <= 36  # what MLflow takes


@QUICK
@given(a_frame(), st.data())
def test_a_change_of_any_cell_is_another_digest(frame, data):
    row = data.draw(st.integers(0, len(frame) - 1))
    column = data.draw(st.integers(0, frame.shape[1] - 1))
    changed = frame.copy(deep=True)
    other = _another(changed.iloc[row, column], changed.dtypes.iloc[column])
    changed.isetitem(column, _put(changed.iloc[:, column], row, other))
    assert changed.dtypes.iloc[column] == frame.dtypes.iloc[column]
    assert digest_of(changed) != digest_of(frame)


def _put(series, row, value):
    values = list(series)
    values[row] = value
    new = pd.Series(index=series.index, dtype=object)
    new[:] = values
    return new if series.dtype == object else new.astype(series.dtype)


def _another(value, dtype):
    """Another value of the same type; of categories one that is there, or none."""
    kind = str(dtype)
    if kind == "category":
        return next((c for c in dtype.categories if c != value), None)
    if kind in ("bool", "boolean"):
        return value is pd.NA or not value
    if kind.startswith("datetime"):
        return value + pd.Timedelta(1, "ns")
    if kind in ("float32", "float64", "int64", "Int64"):
        return 7 if value is pd.NA or value != 7 else 8
    return "another" if not isinstance(value, str) else value + "x"


@QUICK
@given(a_frame())
def test_order_names_types_and_labels_count(frame):
    first = digest_of(frame)
    assert digest_of(frame.rename(columns={"c0": "other"})) != first
    assert digest_of(frame.set_axis(range(5, 5 + len(frame)))) != first
    assert digest_of(frame.rename_axis(index="row")) != first
    assert digest_of(frame.rename_axis(columns="col")) != first
    assert digest_of(pd.concat([frame, frame.iloc[:1]])) != first
    if frame.shape[1] > 1:
        assert digest_of(frame[frame.columns[::-1]]) != first
    assert digest_of(frame.astype(object)) != first or set(map(str, frame.dtypes)) == {"object"}


def test_what_mlflow_takes_for_the_same_is_not():
    rows = pd.DataFrame({"x": np.arange(20_000.0)})
    later = rows.copy()
    later.iloc[15_000, 0] = -1
    assert digest_of(later) != digest_of(rows)
    when = pd.DataFrame({"d": pd.date_range("2026-01-01", periods=3), "b": [True, False, True]})
    moved, turned = when.copy(), when.copy()
    moved.loc[1, "d"] = pd.Timestamp("2027-01-01")
    turned.loc[1, "b"] = True
    assert len({digest_of(when), digest_of(moved), digest_of(turned)}) == 3


@pytest.mark.parametrize(
    "one, other",
    [
        ([1, "1"], ["1", 1]),
        ([None, 1.5], [float("nan"), 1.5]),
        (["a", None], ["a", float("nan")]),
        (["ab", "c"], ["a", "bc"]),
        ([b"x", "y"], ["x", "y"]),
        ([1, 2], [1.0, 2.0]),
        ([True, False], [1, 0]),
        ([[1, 2], [3]], [[1], [2, 3]]),
        ([{"a": 1}], [{"a": 2}]),
        ([decimal.Decimal("1.0")], [decimal.Decimal("1.00")]),
    ],
)
def test_values_that_look_alike_are_told_apart(one, other):
    def frame(values):
        series = pd.Series(index=range(len(values)), dtype=object)
        series[:] = values
        return series

    assert digest_of(frame(one)) != digest_of(frame(other))
    assert digest_of(one) != digest_of(other)


def test_the_layout_in_memory_does_not_count():
    values = np.random.default_rng(0).random((20_000, 3))
    wide = pd.DataFrame(values)
    parts = pd.DataFrame({n: values[:, n].copy() for n in range(3)})
    assert digest_of(wide) == digest_of(parts)
    assert digest_of(values) == digest_of(np.asfortranarray(values))
    doubled = np.repeat(values, 2, axis=0)
    assert digest_of(doubled[::2]) == digest_of(values)


def test_arrow_and_polars_whatever_their_chunks_and_offsets():
    table = pa.table({"n": [1, None, 3, 4], "s": ["a", "bb", None, "d"], "l": [[1], [], None, [2]]})
    chunked = pa.concat_tables([table.slice(0, 1), table.slice(1)])
    assert digest_of(chunked) == digest_of(table)
    assert digest_of(table.slice(1)) == digest_of(
        pa.table(table.slice(1).to_pydict(), table.schema)
    )
    assert digest_of(table.slice(1)) != digest_of(table.slice(0, 3))
    frame = pl.from_arrow(table)
    again = pl.concat([frame[:2], frame[2:]], rechunk=False)
    assert digest_of(frame) == digest_of(again)
    assert digest_of(frame) != digest_of(frame.with_columns(pl.col("n") + 1))
    assert digest_of(frame) != digest_of(frame.cast({"n": pl.Int32}))
    assert digest_of(frame["s"]) != digest_of(frame["s"].to_frame())


def test_null_slots_hold_garbage_that_does_not_count():
    mask = np.array([False, True, False])
    one = pd.DataFrame({"x": pd.arrays.IntegerArray(np.array([1, 5, 3]), mask)})
    other = pd.DataFrame({"x": pd.arrays.IntegerArray(np.array([1, 9, 3]), mask)})
    assert one.equals(other)
    assert digest_of(one) == digest_of(other)


def test_sparse_matrices_by_their_entries():
    matrix = sp.random(50, 40, 0.1, format="csr", random_state=0)
    shuffled = matrix.tocoo()
    order = np.random.default_rng(0).permutation(shuffled.nnz)
    again = sp.coo_matrix(
        (shuffled.data[order], (shuffled.row[order], shuffled.col[order])), matrix.shape
    )
    assert digest_of(again.tocsr()) == digest_of(matrix)
    changed = matrix.copy()
    changed.data[3] += 1
    assert digest_of(changed) != digest_of(matrix)
    wider = sp.csr_matrix((matrix.data, matrix.indices, matrix.indptr), (50, 41))
    assert digest_of(wider) != digest_of(matrix)


def test_the_same_in_another_process_also_for_sets():
    code = (
        "import pandas as pd\n"
        "from mlops_jupyter.tracking.capture.digests import digest_of\n"
        "print(digest_of(pd.DataFrame({'s': [{'a', 'b', 'c'}, {'x': {'p', 'q'}}], 't': ['u', 1]})))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(found) == 1 and found.pop().startswith("xxh:")


def test_what_has_no_content_to_digest_says_why():
    assert "generator" in describe(x for x in [1]).why_not
    assert "lock" in describe(pd.DataFrame({"x": [__import__("threading").Lock()]})).why_not
    lazy = describe(pl.LazyFrame({"x": [1]}))
    assert (lazy.digest, lazy.rows) == (None, None)
    loop = []
    loop.append(loop)
    assert describe(loop).digest is None


def test_what_is_too_large_is_not_digested(monkeypatch):
    monkeypatch.setattr(frames, "BYTES_LIMIT", 1000)
    what = describe(np.zeros(1000))
    assert what.digest is None and "GB in memory" in what.why_not and what.rows == 1000
    monkeypatch.setattr(digests, "OBJECTS_LIMIT", 100)
    assert "Python objects" in describe(pd.Series([[1], {2}] * 50)).why_not


def test_rows_and_schema():
    frame = pd.DataFrame({"a": [1], "b": ["x"]})
    what = describe(frame, digest=False)
    assert (what.rows, what.columns, what.digest) == (1, 2, None)
    assert what.schema == (("a", "int64"), ("b", "object"))
    assert describe(pl.DataFrame({"a": [1, 2]})).schema == (("a", "Int64"),)
    assert describe(pa.table({"a": [1, 2]})).rows == 2
    assert describe(np.zeros((4, 3), "f4")).schema == (("", "float32"),)
    many = describe(pd.DataFrame(np.zeros((2, 5000))))
    assert many.columns == 5000 and len(many.schema) == frames.SCHEMA_COLUMNS

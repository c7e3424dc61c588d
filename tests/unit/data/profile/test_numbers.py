"""What a profile counts is what pandas and NumPy count."""

from __future__ import annotations

import datetime as dt
import itertools
import math
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops_jupyter.data.catalog.contents import KeptFile
from mlops_jupyter.data.profile import measuring
from mlops_jupyter.data.profile.records import LEVELS, Profile

NUMBERS = st.lists(
    st.one_of(
        st.none(),
        st.floats(-1e12, 1e12, allow_subnormal=False),
        st.sampled_from([0.0, 1.0, math.nan, math.inf, -math.inf]),
    ),
    max_size=40,
)
INTEGERS = st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)), max_size=40)
FEW = st.lists(st.one_of(st.none(), st.integers(-3, 60)), max_size=40)
TEXTS = st.lists(st.one_of(st.none(), st.text(max_size=6), st.sampled_from("ab")), max_size=40)
TRUTHS = st.lists(st.one_of(st.none(), st.booleans()), max_size=40)
DAYS = st.lists(
    st.one_of(st.none(), st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1))), max_size=40
)
FRAMES = st.tuples(NUMBERS, INTEGERS, FEW, TEXTS, TRUTHS, DAYS).map(
    lambda lists: list(zip(*itertools.zip_longest(*lists), strict=True)) or [()] * 6
)
TYPES = {
    "number": pa.float64(),
    "integer": pa.int64(),
    "few": pa.int32(),
    "text": pa.string(),
    "truth": pa.bool_(),
    "day": pa.date32(),
}


def told(ws, table, *, exact_rows=10**6):
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(measuring, "_EXACT_ROWS", exact_rows)
        folder = Path(name)
        file = folder / "t.parquet"
        pq.write_table(table, file)
        kept = KeptFile(file.name, file, "0" * 32)
        return measuring.measure(ws, "0" * 32, [kept], folder, values=True)


def check_number(column, values):
    present = np.array([v for v in values if v is not None], dtype=float)
    finite = present[np.isfinite(present)]
    assert column.missing == len(values) - len(present)
    assert column.not_a_number == np.isnan(present).sum()
    assert column.infinite == np.isinf(present).sum()
    # Not by NumPy: as floats the largest integers would be one.
    assert column.distinct == len({v for v in values if v is not None and math.isfinite(v)})
    if not len(finite):
        assert column.minimum is column.maximum is column.mean is column.histogram is None
        assert column.quantiles == ()
        return
    close = {"rel": 1e-9, "abs": 1e-9 * max(1.0, np.abs(finite).max())}
    assert float(column.minimum) == pytest.approx(finite.min(), rel=1e-15)
    assert float(column.maximum) == pytest.approx(finite.max(), rel=1e-15)
    assert column.mean == pytest.approx(finite.mean(), **close)
    if len(finite) > 1:
        assert column.sd == pytest.approx(finite.std(ddof=1), rel=1e-6, abs=close["abs"])
    else:
        assert column.sd is None
    assert column.quantiles == pytest.approx(np.quantile(finite, LEVELS), **close)
    if column.histogram is not None:
        counted(column.histogram, finite)


def counted(histogram, finite):
    assert sum(histogram.counts) == len(finite)
    assert histogram.edges[0] <= finite.min()
    assert finite.max() <= histogram.edges[-1]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(FRAMES)
def test_any_frame(ws, lists):
    data = dict(zip(TYPES, map(list, lists), strict=True))
    table = pa.table({name: pa.array(data[name], TYPES[name]) for name in TYPES})
    profile = told(ws, table)
    assert not profile.problem
    assert profile.rows == table.num_rows
    found = {column.name: column for column in profile.columns}

    check_number(found["number"], data["number"])
    check_number(found["few"], data["few"])
    check_number(found["integer"], data["integer"])
    whole = [v for v in data["integer"] if v is not None]
    assert found["integer"].minimum == min(whole, default=None)  # to the last digit
    assert found["integer"].maximum == max(whole, default=None)

    series = pd.Series(data["text"], dtype="object")
    texts = [v for v in data["text"] if v is not None]
    text = found["text"]
    assert text.missing == series.isna().sum()
    assert text.empty == sum(v == "" for v in texts)
    assert text.distinct == len(set(texts))
    assert text.minimum == min(texts, key=str.encode, default=None)
    assert text.maximum == max(texts, key=str.encode, default=None)
    counts = series.value_counts()
    if text.top:
        assert [each.count for each in text.top] == counts.tolist()[:10]
        assert all(counts[each.value] == each.count for each in text.top)

    truths = [v for v in data["truth"] if v is not None]
    truth = found["truth"]
    assert truth.missing == len(data["truth"]) - len(truths)
    assert truth.mean == (pytest.approx(np.mean(truths)) if truths else None)
    if truths:
        assert truth.histogram.counts == (truths.count(False), truths.count(True))

    days = [v for v in data["day"] if v is not None]
    day = found["day"]
    assert day.missing == len(data["day"]) - len(days)
    assert day.distinct == len(set(days))
    assert day.minimum == (str(min(days)) if days else None)
    assert day.maximum == (str(max(days)) if days else None)
    if days:
        seconds = np.array([(each - dt.date(1970, 1, 1)).total_seconds() for each in days])
        assert day.quantiles == pytest.approx(np.quantile(seconds, LEVELS), abs=1e-3)
        counted(day.histogram, seconds)

    assert Profile.model_validate_json(profile.model_dump_json()) == profile


def test_bins_hold_what_numpy_puts_there(columns, tmp_path):
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"x": rng.normal(size=5000), "n": rng.integers(0, 45, 5000)})
    frame.to_parquet(tmp_path / "t.parquet")
    found = columns(tmp_path / "t.parquet")
    for name in frame:
        histogram = found[name].histogram
        assert list(histogram.counts) == np.histogram(frame[name], histogram.edges)[0].tolist()
    assert len(found["x"].histogram.counts) == 20
    assert np.diff(found["n"].histogram.edges).tolist() == [3.0] * 15  # whole numbers in each


def test_a_big_table_is_estimated_and_says_so(ws):
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {"x": rng.normal(size=200_000), "n": rng.integers(0, 7, 200_000), "id": range(200_000)}
    )
    found = {
        column.name: column
        for column in told(ws, pa.Table.from_pandas(frame), exact_rows=1000).columns
    }
    assert not found["x"].quantiles_are_exact
    assert found["x"].quantiles == pytest.approx(np.quantile(frame["x"], LEVELS), abs=0.05)
    assert found["x"].mean == pytest.approx(frame["x"].mean())
    assert not found["id"].distinct_is_exact
    assert found["id"].distinct == pytest.approx(200_000, rel=0.1)
    assert found["n"].distinct == 7  # few values are counted all the same
    assert found["n"].distinct_is_exact
    assert [each.count for each in found["n"].top] == frame["n"].value_counts().tolist()

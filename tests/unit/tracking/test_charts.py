"""Charts: what is kept of the numbers, and that names from a store stay values."""

import json
import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_jupyter.tracking.history.chart_parts import COLOURS, PALE, downsample
from mlops_jupyter.tracking.history.charts import (
    MAX_BARS,
    MAX_CURVES,
    MAX_POINTS,
    MAX_POINTS_OF_ALL,
    Curve,
    bars,
    curves,
)
from mlops_jupyter.tracking.history.parallel import MAX_AXES, MAX_LINES, Line, parallel
from mlops_jupyter.tracking.history.stored import Point

HOSTILE = "</script><img src=x onerror=alert(1)> datum['y'] {signal}"


def strict(chart):
    """The specification as JSON that every reader takes."""
    return json.dumps(chart.spec, allow_nan=False)


def points(values, *, step=1, time=1000):
    return [Point(i * step, i * time, value) for i, value in enumerate(values)]


def drawn(chart):
    return [(row["x"], row["y"]) for row in chart.spec["data"]["values"]]


@given(
    st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), max_size=300),
    st.integers(8, 60),
)
def test_a_curve_cut_down_keeps_its_ends_extremes_and_order(values, limit):
    whole = [(float(x), y) for x, y in enumerate(values)]
    kept = downsample(whole, limit)
    assert len(kept) <= max(limit, 8)
    assert kept == sorted(set(kept), key=lambda xy: xy[0])
    assert set(kept) <= set(whole)
    if whole:
        assert kept[0] == whole[0]
        assert kept[-1] == whole[-1]
        there = [y for y in values if y is not None]
        shown = [y for _, y in kept if y is not None]
        if there:
            assert (min(shown), max(shown)) == (min(there), max(there))
        assert (None in values) == any(y is None for _, y in kept)


def test_ten_thousand_points_are_a_few_hundred_and_say_so():
    noisy = [math.sin(i) for i in range(10_000)]
    noisy[4321] = 50.0
    chart = curves("loss", [Curve("loss", points(noisy))])
    assert MAX_POINTS / 2 < len(drawn(chart)) <= MAX_POINTS
    assert (4321.0, 50.0) in drawn(chart)
    assert chart.spec["title"]["subtitle"].endswith("of 10,000 points, extremes kept")
    assert len(strict(chart)) < 25_000


def test_many_curves_have_few_points_each():
    long = "a name that is long, " * 20
    chart = curves("x", [Curve(long, points([1.0, 2.0] * 1000))] * (MAX_CURVES + 5))
    assert len(drawn(chart)) <= MAX_POINTS_OF_ALL
    assert f"{MAX_CURVES} of {MAX_CURVES + 5} curves" in chart.spec["title"]["subtitle"]
    assert len(strict(chart)) < 200_000


def test_what_is_no_number_is_a_gap():
    odd = [1.0, math.nan, math.inf, -math.inf, 1.7976931348623157e308, 2.0]
    chart = curves("loss", [Curve("loss", points(odd))])
    assert [y for _, y in drawn(chart)] == [1.0, None, None, None, None, 2.0]
    assert "4 not a number" in chart.alt
    assert "no value" in curves("loss", [Curve("loss", points([math.nan] * 3))]).alt
    strict(chart)


def test_points_of_one_step_are_drawn_over_time_and_those_of_one_moment_in_order():
    assert drawn(curves("x", [Curve("x", points([3.0, 4.0], step=0, time=500))])) == [
        (0.0, 3.0),
        (0.5, 4.0),
    ]
    assert [x for x, _ in drawn(curves("x", [Curve("x", points([3.0] * 2, step=0, time=0))]))] == [
        1.0,
        2.0,
    ]
    by_time = curves("x", [Curve("x", [Point(9, 7000, 1.0), Point(5, 9000, 2.0)])], over="time")
    assert drawn(by_time) == [(0.0, 1.0), (2.0, 2.0)]


def test_runs_of_one_name_are_told_apart():
    chart = curves("auc", [Curve("forest", points([1.0, 2.0]))] * 2)
    assert chart.spec["encoding"]["color"]["scale"]["domain"] == ["forest", "forest (2)"]
    assert "forest (2) 0.6" in bars("auc", [("forest", 0.5), ("forest", 0.6)]).alt


def test_bars_mark_one_and_leave_out_what_is_too_much():
    chart = bars("auc", [(f"run {i}", i / 10) for i in range(MAX_BARS + 3)], marked="run 2")
    rows = chart.spec["data"]["values"]
    assert len(rows) == MAX_BARS
    assert [row["name"] for row in rows if row["marked"]] == ["run 2"]
    assert bars("auc", [("a", math.nan), ("b", None)]).alt == "auc: a –, b –"


def test_parallel_axes_are_those_that_tell_runs_apart():
    lines = [
        Line(f"run {d} {lr}", {"depth": d, "lr": lr, "same": "1", "auc": i / 10})
        for i, (d, lr) in enumerate(product(["2", "10", "None"], ["0.0001", "0.1"]))
    ]
    chart = parallel("sweep", lines, ["depth", "lr", "same"], metric="auc")
    assert chart.alt.endswith("across depth (2, 10, None), lr (0.0001 to 0.1) and auc (0 to 0.5)")
    rows = chart.spec["data"]["values"]
    assert {row["at"] for row in rows if row["a"] == 1} == {0.0, 1.0}
    strict(chart)


def test_parallel_learning_rates_stand_evenly():
    lines = [Line(str(lr), {"lr": lr, "auc": lr}) for lr in (1e-4, 1e-2, 1.0)]
    chart = parallel("sweep", lines, ["lr"], metric="auc")
    rows = chart.spec["data"]["values"]
    assert [row["at"] for row in rows if row["a"] == 0] == [0.0, 0.5, 1.0]


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from("abcm"), st.none() | st.text(max_size=8) | st.floats(), max_size=4
        ),
        max_size=15,
    )
)
def test_parallel_takes_whatever_runs_have(values):
    lines = [Line("run", each) for each in values]
    chart = parallel("sweep", lines, ["a", "b", "c"], metric="m")
    for row in chart.spec["data"]["values"]:
        assert row["at"] is None or 0 <= row["at"] <= 1
    strict(chart)


def test_parallel_is_bounded():
    many = [Line("run", {f"p{k}": str(i + k) for k in range(30)}) for i in range(MAX_LINES + 9)]
    chart = parallel("sweep", many, [f"p{k}" for k in range(30)], metric="m")
    assert len(chart.spec["data"]["values"]) <= MAX_LINES * MAX_AXES
    assert "300 of 309 runs" in chart.spec["title"]["subtitle"]
    assert len(strict(chart)) < 200_000


@pytest.mark.parametrize(
    "chart",
    [
        curves(HOSTILE, [Curve(HOSTILE, points([1.0, 2.0])), Curve("b", points([1.0, 3.0]))]),
        bars(HOSTILE, [(HOSTILE, 1.0)], marked=HOSTILE),
        parallel(
            HOSTILE,
            [Line(HOSTILE, {HOSTILE: HOSTILE, "m": 1.0}), Line("b", {HOSTILE: "b", "m": 2.0})],
            [HOSTILE],
            metric="m",
        ),
    ],
    ids=["curves", "bars", "parallel"],
)
def test_names_are_data_and_never_fields_or_expressions(chart):
    def places(part, path=()):
        if isinstance(part, dict):
            assert HOSTILE not in part
            for key, value in part.items():
                yield from places(value, (*path, key))
        elif isinstance(part, list):
            for value in part:
                yield from places(value, path)
        elif part == HOSTILE:
            yield path

    def is_data(path):
        return "values" in path or path[-1] in ("domain", "sort") or path == ("title", "text")

    found = list(places(chart.spec))
    assert found
    assert all(map(is_data, found)), found


@pytest.mark.parametrize("colour", [*COLOURS, PALE])
@pytest.mark.parametrize("paper", ["#ffffff", "#111111"])
def test_colours_are_seen_on_light_and_on_dark(colour, paper):
    def luminance(code):
        parts = [int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    dark, light = sorted([luminance(colour), luminance(paper)])
    assert (light + 0.05) / (dark + 0.05) >= 3

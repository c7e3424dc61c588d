"""Each row is in one period, or counted as one without a time."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_jupyter.drift.periods import Cut, cut_up
from mlops_jupyter.drift.periods.choosing import UNITS
from mlops_jupyter.drift.periods.cutting import MOST
from mlops_jupyter.errors import BadInput


def of(values, unit="month", dtype=None):
    return cut_up(pd.DataFrame({"at": pd.Series(values, dtype=dtype)}), Cut(unit, ("at",)))


TIMES = st.datetimes(*map(dt.datetime.fromisoformat, ("2012-02-01", "2012-02-15")))
SPANS = {"hour": 15 * 24, "day": 15, "week": 3, "month": 1, "quarter": 1, "year": 1}


@settings(deadline=None, max_examples=60)
@given(
    values=st.lists(st.none() | TIMES, min_size=1, max_size=20).filter(any),
    unit=st.sampled_from(UNITS),
    form=st.sampled_from(["dates", "text", "objects", "arrow", "zoned"]),
)
def test_each_row_is_in_the_one_period_that_holds_its_time(values, unit, form):
    series = pd.Series(values, dtype="datetime64[us]")
    if form == "text":
        series = pd.Series([None if v is None else v.isoformat() for v in values], dtype=object)
    elif form == "objects":
        series = pd.Series(values, dtype=object)
    elif form == "arrow":
        series = series.astype("timestamp[us][pyarrow]")
    elif form == "zoned":
        series = series.dt.tz_localize("UTC")
    found = cut_up(pd.DataFrame({"at": series}), Cut(unit, ("at",)))
    assert len(found.codes) == len(values)
    assert len(found.labels) == len(set(found.labels)) == len(found.spans) <= SPANS[unit]
    assert sorted(found.labels) == found.labels
    assert (found.zone == "UTC") == (form == "zoned")
    spans = [
        tuple(dt.datetime.fromisoformat(end).replace(tzinfo=None) for end in s) for s in found.spans
    ]
    assert [start for start, _ in spans[1:]] == [end for _, end in spans[:-1]]  # no hole
    for value, code in zip(values, found.codes, strict=True):
        inside = [
            place for place, (start, end) in enumerate(spans) if value and start <= value < end
        ]
        assert inside == ([code] if value else [])
        assert value or code == -1
    assert (found.codes == 0).any()
    assert (found.codes == len(spans) - 1).any()


@pytest.mark.parametrize(
    ("unit", "labels"),
    [
        ("hour", ["2012-12-30 23:00", "2012-12-31 00:00"]),
        ("day", ["2012-12-30", "2012-12-31"]),
        ("week", ["2012-W52", "2013-W01"]),  # ISO: a week is of the year that has its Thursday
        ("month", ["2012-12"]),
        ("quarter", ["2012-Q4"]),
        ("year", ["2012"]),
    ],
)
def test_what_periods_are_called(unit, labels):
    assert of(["2012-12-30T23:30", "2012-12-31T00:10"], unit).labels == labels


def test_gaps_are_periods_too():
    found = of(["2013-01-31", "2013-04-01"])
    assert found.labels == ["2013-01", "2013-02", "2013-03", "2013-04"]
    assert found.codes.tolist() == [0, 3]


def test_parts_of_dates():
    frame = pd.DataFrame(
        {
            "year": [2013, 2013, 2013, 2013, np.nan],
            "month": ["1", "2", "13", None, "1"],
            "day": [31.0, 30.0, 1.0, 1.0, 1.0],
        }
    )
    found = cut_up(frame, Cut("day", ("year", "month", "day")))
    assert found.labels == ["2013-01-31"]
    # There is no 30th of February, and no 13th month.
    assert found.codes.tolist() == [0, -1, -1, -1, -1]
    months = cut_up(frame, Cut("month", ("year", "month")))
    assert months.codes.tolist() == [0, 1, -1, -1, -1]


def test_a_year_alone():
    found = cut_up(pd.DataFrame({"year": [2013, 2015, 2013]}), Cut("year", ("year",)))
    assert (found.labels, found.codes.tolist()) == (["2013", "2014", "2015"], [0, 2, 0])


@pytest.mark.parametrize("form", ["dates", "objects", "text"])
def test_days_are_those_of_the_times_own_zone(form):
    times = pd.to_datetime(["2013-06-30T22:30Z", "2013-07-01T21:30Z"]).tz_convert("Europe/Berlin")
    series = pd.Series(times)
    if form == "objects":
        series = series.astype(object)
    elif form == "text":
        series = pd.Series([time.isoformat() for time in times])
    found = cut_up(pd.DataFrame({"at": series}), Cut("day", ("at",)))
    assert found.labels == ["2013-07-01"]
    assert found.zone == ("UTC+02:00" if form == "text" else "Europe/Berlin")
    assert found.spans[0] == ("2013-07-01T00:00:00+02:00", "2013-07-02T00:00:00+02:00")


def test_a_day_when_clocks_change_is_shorter_or_longer():
    times = pd.Series(pd.to_datetime(["2013-03-31", "2013-10-27"])).dt.tz_localize("Europe/Berlin")
    for place, hours in ((0, 23), (-1, 25)):
        frame = pd.DataFrame({"at": times.iloc[[place]]})
        ((start, end),) = cut_up(frame, Cut("day", ("at",))).spans
        length = dt.datetime.fromisoformat(end) - dt.datetime.fromisoformat(start)
        assert length == dt.timedelta(hours=hours)


def test_hours_that_clocks_have_twice_stay_apart():
    times = pd.Series(pd.to_datetime(["2013-10-27T00:30Z", "2013-10-27T01:30Z"]))
    found = cut_up(pd.DataFrame({"at": times.dt.tz_convert("Europe/Berlin")}), Cut("hour", ("at",)))
    assert found.codes.tolist() == [0, 1]
    assert found.zone == "UTC"
    assert "hours are those of UTC" in found.notes[0]


def test_a_midnight_that_clocks_leave_out():
    times = pd.Series(pd.to_datetime(["2013-10-20T12:00"])).dt.tz_localize("America/Sao_Paulo")
    ((start, _),) = cut_up(pd.DataFrame({"at": times}), Cut("day", ("at",))).spans
    assert start == "2013-10-20T01:00:00-02:00"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["2013-07-01T01:00:00+02:00", "2013-07-01T01:00:00Z"], "times of several zones"),
        (["2013-07-01T01:00:00", "2013-07-01T01:00:00Z"], "times with and without a zone"),
        (
            [dt.datetime.fromisoformat(day) for day in ("2013-07-01", "2013-07-01T00:00Z")],
            "times with and without a zone",
        ),
    ],
)
def test_mixed_zones_are_read_as_utc_and_said(values, said):
    found = of(values, "day", dtype=object)
    assert found.zone == "UTC"
    assert (found.codes >= 0).all()
    assert found.notes == [f"at has {said}: days are those of UTC"]


def test_text_that_is_no_time_is_in_no_period():
    found = of(["2013-07-01", "soon", "", None, " 2013-07-02 "], "day")
    assert found.codes.tolist() == [0, -1, -1, -1, 1]


def test_dates_without_a_time_of_day_and_categories():
    days = [dt.date(2013, 7, 1), dt.date(2013, 8, 1), None]
    assert of(days, dtype=object).codes.tolist() == [0, 1, -1]
    text = pd.Series(["2013-07-01", "2013-08-01", None]).astype("category")
    assert cut_up(pd.DataFrame({"at": text}), Cut("month", ("at",))).codes.tolist() == [0, 1, -1]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([1.5, 2.5], "holds floating: no times"),
        (["soon", "later"], "no text that reads as a time"),
        ([None, None], "no row says when"),
    ],
)
def test_a_column_without_times_is_refused(values, said):
    with pytest.raises(BadInput, match=said):
        of(values, dtype=None if said.startswith("holds") else object)


def test_too_many_periods_name_a_coarser_unit():
    with pytest.raises(BadInput) as caught:
        of(["1900-01-01", "2013-07-01"], "month")
    assert "from 1900-01 to 2013-07 there are 1,363 months: at most 400" in str(caught.value)
    assert caught.value.hint.startswith("cut by quarter")


def test_as_many_periods_as_may_be():
    start = pd.Timestamp("2013-01-01")
    assert len(of([start, start + pd.Timedelta(days=MOST - 1)], "day").labels) == MOST
    with pytest.raises(BadInput, match=f"there are {MOST + 1} days"):
        of([start, start + pd.Timedelta(days=MOST)], "day")


@pytest.mark.parametrize(
    ("values", "labels", "codes"),
    [
        (["v10", "v9", None, "v10"], ["v9", "v10"], [1, 0, -1, 1]),
        ([3, 1, 2, 1], ["1", "2", "3"], [2, 0, 1, 0]),
        ([3.0, 1.0, np.nan], ["1", "3"], [1, 0, -1]),
        ([0.5, 0.25], ["0.25", "0.5"], [1, 0]),
        ([True, False, True], ["False", "True"], [1, 0, 1]),
        (["a", 1, "b"], ["1", "a", "b"], [1, 0, 2]),
    ],
)
def test_values_are_periods_in_their_order(values, labels, codes):
    found = cut_up(pd.DataFrame({"v": values}), Cut(None, ("v",)))
    assert (found.labels, found.codes.tolist()) == (labels, codes)
    assert found.spans == [None] * len(labels)


def test_categories_keep_their_order_and_those_without_rows_are_none():
    sizes = pd.Categorical(["L", "S"], categories=["S", "M", "L"], ordered=True)
    found = cut_up(pd.DataFrame({"v": sizes}), Cut(None, ("v",)))
    assert (found.labels, found.codes.tolist()) == (["S", "L"], [1, 0])


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.none() | st.text(max_size=3) | st.integers(-3, 3) | st.booleans(), min_size=1, max_size=9
    ).filter(lambda values: any(value is not None for value in values))
)
def test_equal_values_share_a_period_whatever_they_are(values):
    found = cut_up(pd.DataFrame({"v": pd.Series(values, dtype=object)}), Cut(None, ("v",)))
    for value, code in zip(values, found.codes, strict=True):
        assert (code == -1) == (value is None)
        same = [c for v, c in zip(values, found.codes, strict=True) if v is not None and v == value]
        assert value is None or set(same) == {code}
    assert set(found.codes.tolist()) - {-1} == set(range(len(found.labels)))


def test_too_many_values():
    with pytest.raises(BadInput, match="401 different values: at most 400"):
        cut_up(pd.DataFrame({"v": range(401)}), Cut(None, ("v",)))
    with pytest.raises(BadInput, match="no value"):
        cut_up(pd.DataFrame({"v": [None, None]}), Cut(None, ("v",)))

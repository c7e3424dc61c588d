"""The example of the flights' year: executed by the real verb, and held to what its text claims."""

import pytest

import mlops_jupyter as mlops
from mlops_jupyter.drift.report import DriftReport
from tests.examples import Executed

NAME = "04_drift.ipynb"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@pytest.fixture
def executed(demo_workspace):
    workspace = demo_workspace
    run = mlops.run(workspace, workspace.root / "notebooks" / NAME)
    assert run.status == "FINISHED"
    found = Executed(workspace.root / run.output)
    assert found.complaints() == []
    return found


def reports(executed):
    """The drift reports that cells show."""
    return {
        cell: DriftReport.from_dict(content)
        for cell, content in executed.results()
        if content["kind"] == "drift_report"
    }


def drifted(report):
    return {column.column for column in report.columns if column.drifted}


def test_the_year_the_model_and_the_gate_are_what_the_text_says(executed, demo_workspace):
    shown = reports(executed)
    the_year(shown["year"])

    assert drifted(shown["seasons"]) == {"dep_delay", "arr_delay"}
    assert shown["explore"].columns == shown["seasons"].columns
    assert (shown["explore"].reference.label, shown["explore"].current.label) == (
        "winter", "summer",
    )  # fmt: skip
    (widget,) = [
        output["data"]
        for cell, output in executed.outputs
        if cell == "explore" and "application/vnd.jupyter.widget-view+json" in output["data"]
    ]
    assert "Run this cell" in widget["text/plain"], "for whoever has no kernel"

    storms, september = shown["storms"], shown["september"]
    assert drifted(storms) == set()
    assert storms.performance.verdict == "worse"
    assert "concept drift" in executed.text("storms")
    says, late = (bars(storms, name) for name in ("says_late", "late"))
    assert abs(says[1] - says[0]) < 0.02, "as often as it did"
    assert late[1] - late[0] > 0.07, "but more are"
    before, expected, now = error(storms)
    assert expected == pytest.approx(before, rel=0.05), "the mix explains nothing"
    assert now > 1.15 * before
    assert september.performance.verdict == "better"
    (auc,) = [each for each in september.performance.metrics if each.name == "ROC AUC"]
    assert auc.current < auc.reference - 0.03

    by_importance = {column.column: column for column in shown["importance"].columns}
    dest, distance, hour = (by_importance[name] for name in ("dest", "distance", "hour"))
    assert max(by_importance.values(), key=lambda column: column.score) == dest
    assert distance.importance > dest.importance
    assert max(by_importance.values(), key=lambda column: column.importance) == hour
    words = executed.text("importance").partition("what changed")[2]
    assert words.index("distance") < words.index("dest") < words.index("hour")

    assert "'dep_delay', 'arr_delay', 'air_time'" in executed.text("mondays")
    assert executed.text("mondays").rstrip().endswith("['air_time']")
    assert "columnar" in executed.text("engines")
    assert float(executed.text("engines").rpartition(":")[2]) < 1e-9
    assert "Dataset drift: 4 of 8" in executed.text("gate")
    assert executed.text("gate").split()[-1] == "1"

    (compared,) = [c for cell, c in executed.results() if cell == "compare"]
    assert compared["kind"] == "drift_comparison"
    (trained,) = mlops.runs(demo_workspace, experiment="flights-drift").runs
    kept = mlops.show(demo_workspace, trained.run_id).drift
    assert [(each.error, each.columns_drifted) for each in kept] == [("worse", 0), ("better", 1)]


def the_year(report):
    """Which months are unlike January, and in what."""
    assert drifted(report) == set(), "as a whole"
    over_time = report.periods
    assert [period.label for period in over_time.periods] == [f"2013-{n:02}" for n in range(1, 13)]
    assert [MONTHS[n] for n, period in enumerate(over_time.periods) if period.drifted] == ["Sep"]
    found = {
        column.column: dict(zip(MONTHS, column.severities, strict=True))
        for column in over_time.columns
    }
    for delay in ("dep_delay", "arr_delay"):
        assert all(2.5 < found[delay][month] < 3.5 for month in ("Jun", "Jul"))
        assert 1.7 < found[delay]["Dec"] < 2.3
    assert found["arr_delay"]["Sep"] == pytest.approx(found["arr_delay"]["Jun"], rel=0.05)
    beyond = {
        name: [month for month, severity in months.items() if severity >= 1]
        for name, months in found.items()
    }
    assert beyond["air_time"] == ["May", "Sep"]
    assert beyond["dest"] == ["Jul", "Aug", "Sep", "Oct", "Nov"]
    assert all(beyond[name] == [] for name in ("hour", "carrier", "origin"))
    (new,) = [finding.message for finding in report.findings if finding.kind == "new_categories"]
    assert "ACK" in new
    assert "and 6 more" in new, "eleven airports"


def bars(report, name):
    """The share of True, before and now."""
    (column,) = [column for column in report.columns if column.column == name]
    place = column.histogram.labels.index("True")
    return column.histogram.reference[place], column.histogram.current[place]


def error(report):
    found = report.performance.change
    return found.reference, found.expected, found.current

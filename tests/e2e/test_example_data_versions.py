"""The example of data that changes: executed by the real verb, and asked what it is asked there."""

import subprocess

import pandas as pd

import mlops_jupyter as mlops
from tests.examples import Executed

NAME = "03_data_versions.ipynb"
LATE = "(late correction to March)"


def test_versions_stale_models_what_changed_and_back_again(demo_workspace):
    workspace = demo_workspace
    root = workspace.root
    run = mlops.run(workspace, root / "notebooks" / NAME)

    assert run.status == "FINISHED"
    executed = Executed(root / run.output)
    assert executed.complaints() == []
    shown = {
        cell: content
        for cell, content in executed.results()
        if content["kind"] not in {"tracked_cell", "logged"}
    }

    made = mlops.data.versions(workspace, "arrivals").versions
    assert [(each.ref, each.message, each.rows) for each in reversed(made)] == [
        ("data:arrivals@v1", "first half", 166_158),
        ("data:arrivals@v2", "second half added", 336_776),
        ("data:arrivals@v3", "late correction to March", 336_776),
    ]
    assert shown["half"]["ref"] == "data:arrivals@v1"
    assert reasons(shown["stale-half"]) == {
        "first half": ["data:arrivals@v1 has a newer version v2 (second half added)"]
    }
    assert reasons(shown["which"]) == {
        "whole year": [f"data:arrivals@v2 has a newer version v3 {LATE}"],
        "first half": [f"data:arrivals@v1 has a newer version v3 {LATE}"],
    }
    assert shown["why"]["newer_data"] == ["data:arrivals@v3"]
    assert "3,237 rows changed (arr_delay)" in executed.text("changed")
    profile = executed.text("profile")
    assert profile.startswith(("data:arrivals@v3", "\ndata:arrivals@v3"))
    assert "sched_dep_time  int64" in profile
    assert reasons(shown["overwritten"]) == {
        "with holidays": ["data/holidays.csv has changed since"]
    }
    assert "an AUC of 0.6734 then, and 0.6734 now" in executed.text("again")

    found = {each.name: each for each in mlops.runs(workspace, experiment="arrivals").runs}
    assert {name: each.data for name, each in found.items() if name != "with holidays"} == {
        "first half": ["data:arrivals@v1"],
        "whole year": ["data:arrivals@v2"],
        "March corrected": ["data:arrivals@v3"],
        "first half, again": ["data:arrivals@v1"],
    }
    assert found["March corrected"].stale.reasons == []
    assert all(0.6 < each.metrics["test_auc"] < 0.7 for each in found.values())

    kept = shown["restored"]["ref"]
    assert kept.startswith("data:data/holidays.csv@")
    assert set(found["with holidays"].data) == {"data:arrivals@v3", kept}
    up, down = executed.text("up"), executed.text("down")
    assert kept in up
    assert "data:arrivals@v3" in up
    assert "first half, again" in down
    first = mlops.load("data:arrivals@v1", workspace=workspace)
    assert first.equals(pd.read_parquet(root / "data" / "first_half.parquet"))
    assert len(pd.read_parquet(root / "data" / "arrivals.parquet")) == 336_776

    words = ["git", "-C", str(root), "status", "--porcelain"]
    assert subprocess.run(words, capture_output=True, check=True).stdout == b"", "all as it was"


def reasons(listed):
    return {run["name"]: [each["said"] for each in run["stale"]["reasons"]]
            for run in listed["runs"]}  # fmt: skip

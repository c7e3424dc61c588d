"""The example of data that changes: executed by the real verb, and asked what it is asked there."""

import hashlib
import subprocess

import pandas as pd

import mlops_jupyter as mlops
from mlops_jupyter.tracking.store.opening import client
from tests.examples import Executed

NAME = "03_data_versions.ipynb"
LATE = "(late correction to March)"


def test_versions_stale_models_what_changed_and_back_again(demo_workspace):
    workspace = demo_workspace
    root = workspace.root
    before = history_of(root)
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
    changed = shown["changed"]
    assert changed["rows"] == {
        "added": 0, "removed": 0, "changed": 3237, "unchanged": 336_776 - 3237,
    }  # fmt: skip
    assert changed["schema_changes"] == [], "the same columns"
    rows = {each["column"]: each["rows_changed"] for each in changed["columns"]}
    assert {column: count for column, count in rows.items() if count} == {"arr_delay": 3237}
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
    auc = {name: each.metrics["test_auc"] for name, each in found.items()}
    assert all(0.6 < each < 0.7 for each in auc.values())
    assert auc["first half, again"] == auc["first half"], "to the last digit"
    assert len(set(auc.values())) == 4, "other data, another model"
    first, again = (tree_of(workspace, name) for name in ("first half", "first half, again"))
    for part in ("feature", "threshold", "value", "children_left", "children_right"):
        assert (getattr(first, part) == getattr(again, part)).all(), part

    kept = shown["restored"]["ref"]
    assert kept.startswith("data:data/holidays.csv@")
    assert set(found["with holidays"].data) == {"data:arrivals@v3", kept}
    up, down = executed.text("up"), executed.text("down")
    assert kept in up
    assert "data:arrivals@v3" in up
    assert "first half, again" in down
    first = mlops.load("data:arrivals@v1", workspace=workspace)
    assert first.equals(pd.read_parquet(root / "data" / "first_half.parquet"))
    content = (root / "data" / "arrivals.parquet").read_bytes()
    assert hashlib.md5(content).hexdigest() == made[0].hash, "no load and no checkout touched it"
    by_hand = (root / "data" / "holidays_as_trained.csv").read_bytes()
    assert kept.endswith(f"@{hashlib.md5(by_hand).hexdigest()[:8]}")
    assert (root / "data" / "holidays.csv").read_bytes() != by_hand
    assert history_of(root) == before, "no branch, no index and no file of git's was touched"


def reasons(listed):
    return {run["name"]: [each["said"] for each in run["stale"]["reasons"]]
            for run in listed["runs"]}  # fmt: skip


def history_of(root):
    """Branches, what HEAD is, what is staged and what differs."""
    asked = (
        ["symbolic-ref", "HEAD"], ["for-each-ref", "refs/heads"], ["ls-files", "--stage"],
        ["status", "--porcelain"],
    )  # fmt: skip
    found = [
        subprocess.run(["git", "-C", str(root), *words], capture_output=True, check=True).stdout
        for words in asked
    ]
    assert found[-1] == b""
    return found


def tree_of(workspace, name):
    import mlflow

    (model,) = mlops.show(workspace, name).models
    found = client(workspace).get_logged_model(model.uri.rpartition("/")[2])
    return mlflow.sklearn.load_model(found.artifact_location).tree_

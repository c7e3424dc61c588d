"""Completion of a magic's line."""

from pathlib import Path

import pytest

import mlops_jupyter as mlops
from mlops_jupyter.commands import completing
from mlops_jupyter.magic.completion import complete
from mlops_jupyter.tracking.store.opening import client


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("%mlops tra", ["track"]),
        ("%%mlops tra", ["track"]),
        ("%mlops data sn", ["snapshot"]),
        ("%mlops runs --lim", ["--limit"]),
        ("%mlops drift $fir", ["first_half"]),
        ("%mlops nothing --x", []),
    ],
)
def test_verbs_options_and_live_names(line: str, found: list[str]):
    assert complete(line, {"first_half": 1, "second": 2, "_private": 3}) == found


def test_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "flights.parquet").touch()
    (tmp_path / "other.csv").touch()
    assert complete("%mlops data snapshot da", {}) == ["data/"]
    assert complete("%mlops data snapshot data/fl", {}) == ["data/flights.parquet"]
    assert complete("%mlops data snapshot missing/", {}) == []


def test_data_by_name_and_version(workspace, monkeypatch):
    """Beside files, where those will do as well; never an error."""
    folder = workspace.root / "data"
    folder.mkdir()
    assert complete("%mlops data versions ", {}) == []
    for rows in (1, 2):
        (folder / "flights.csv").write_text("a\n" * rows)
        mlops.data.snapshot(workspace, "data/flights.csv", tag=f"rows{rows}")
    (folder / "two words.csv").write_text("a\n")
    mlops.data.snapshot(workspace, "data/two words.csv")
    assert complete("%mlops data versions ", {}) == ["flights"]
    assert complete("%mlops data versions data:fl", {}) == ["data:flights"]
    assert complete("%mlops data versions nothing", {}) == []
    assert complete("%mlops drift dat", {}) == ["data:flights", "data/"]
    assert complete("%mlops drift data:flights@", {}) == [
        "data:flights@v2", "data:flights@rows2", "data:flights@v1", "data:flights@rows1",
    ]  # fmt: skip
    assert complete("%mlops drift data/fl", {}) == ["data/flights.csv"]
    monkeypatch.setattr(completing, "_MOST", 2)
    assert complete("%mlops drift data:flights@", {}) == ["data:flights@v2", "data:flights@rows2"]


def test_runs_and_models_as_sides_of_drift(workspace):
    assert complete("%mlops drift run:", {}) == []
    assert complete("%mlops drift ru", {}) == ["run:"]
    opened = client(workspace)
    ids = {
        name: opened.create_run("0", run_name=name).info.run_id
        for name in ("forest", "two words", "trees")
    }
    again = opened.create_run("0", run_name="trees").info.run_id
    opened.create_registered_model("late")
    opened.create_model_version("late", source="somewhere", run_id=ids["forest"])
    assert set(complete("%mlops drift run:", {})) == {
        "run:forest",
        *(f"run:{run_id[:8]}" for run_id in (ids["two words"], ids["trees"], again)),
    }
    assert complete("%mlops drift run:for", {}) == ["run:forest"]
    assert complete("%mlops drift data.csv mo", {}) == ["model:"]
    assert complete("%mlops drift data.csv model:", {}) == ["model:late@1"]


def test_no_workspace_completes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert complete("%mlops data versions fl", {}) == []

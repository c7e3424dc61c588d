"""``mlops du``: what is said to lie on the disk lies there."""

from __future__ import annotations

from pathlib import Path

import mlflow

import mlops_jupyter as mlops
from tests.e2e.disk.conftest import system_du


def beside_the_store(use):
    """The bytes of all but the store itself, whose log grows as it likes."""
    return use.total - sum(entry.size for entry in use.entries if entry.kind == "store")


def system_du_beside_the_cache():
    """What ``.dvc`` holds beside its cache, which is not counted."""
    cache = system_du(".dvc/cache") if Path(".dvc/cache").exists() else 0
    return system_du(".dvc") - cache


def test_it_agrees_with_the_system(workspace, trained, run):
    trained()
    run()
    Path("data.csv").write_text("a\n1\n" * 10_000)
    mlops.data.snapshot(workspace, "data.csv")
    use = mlops.du(workspace)
    assert use.total == system_du(".mlops", ".dvc/cache")
    assert use.total == sum(entry.size for entry in use.entries)


def test_it_names_experiments_runs_models_and_data(workspace, trained):
    found = trained()
    Path("data.csv").write_text("a\n1\n" * 10_000)
    mlops.data.snapshot(workspace, "data.csv")
    use = mlops.du(workspace)
    entries = {(entry.kind, entry.name) for entry in use.entries}
    assert {("artifacts", "trees"), ("models", "trees"), ("data", "data")} <= entries
    (data,) = [entry for entry in use.entries if (entry.kind, entry.name) == ("data", "data")]
    assert data.size >= 40_000
    assert data.files == 1
    (model,) = [part for part in use.largest if part.kind == "models"]
    assert found.summary.run_id[:8] in model.name
    assert "runs of trees" in use.to_text()
    assert f"run {found.summary.name} (run:{found.summary.run_id[:8]})" in use.to_text()
    assert "models of trees" in use.to_html()


def test_what_many_runs_hold_counts_once(workspace, run):
    run("x" * 500_000)
    one = beside_the_store(mlops.du(workspace))
    for _ in range(4):
        run("x" * 500_000)
    use = mlops.du(workspace)
    assert use.total == system_du(".mlops", ".dvc") - system_du_beside_the_cache()
    (objects,) = [entry for entry in use.entries if entry.kind == "objects"]
    assert objects.size > 500_000
    assert beside_the_store(use) - one < 500_000


def test_a_store_of_the_user_s_in_the_workspace(workspace, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///own.db")
    mine = mlflow.MlflowClient("sqlite:///own.db")
    mine.create_experiment("mine", (Path.cwd() / "own-artifacts").as_uri())
    with mlops.track("mine"):
        mlops.log({"text": "x" * 100_000})
    use = mlops.du(mlops.Workspace.find())
    entries = {(entry.kind, entry.name): entry for entry in use.entries}
    assert entries["store", "own.db"].size > 100_000
    assert entries["artifacts", "mine"].size > 0


def test_a_link_out_of_the_workspace_is_not_followed(workspace, tmp_path):
    (tmp_path / "big").write_bytes(b"x" * 3_000_000)
    before = mlops.du(workspace).total
    (workspace.state_dir / "link").symlink_to(tmp_path)
    assert mlops.du(workspace).total - before < 10_000

"""``mlops gc``: what was deleted goes for good, and nothing else."""

from __future__ import annotations

import os
import time
from pathlib import Path

import mlflow
import pytest

import mlops_jupyter as mlops
from tests.e2e.disk.conftest import DAYS, change_store, folder_of, freed, make_old, system_du


@pytest.fixture
def _uri_restored():
    yield
    mlflow.set_tracking_uri(None)


def test_deleted_runs_go_for_good_and_no_others(workspace, client, trained, run, delete):
    kept, gone, model = run("kept"), run("gone" * 10_000), trained()
    make_old(workspace)
    delete(gone, model.summary.run_id)
    folders = [folder_of(workspace, gone), folder_of(workspace, model.summary.run_id)]
    before = system_du(".mlops/artifacts", ".mlops/objects")
    planned = mlops.gc(workspace, dry_run=True)
    assert all(folder.exists() for folder in folders)
    done = mlops.gc(workspace)
    assert freed(done) == freed(planned)
    assert done.total == planned.total
    assert freed(done)["runs"] == 2
    assert freed(done)["models"] == 1
    assert freed(done)["objects"] >= 1  # what only they held
    assert before - system_du(".mlops/artifacts", ".mlops/objects") == done.total
    assert not any(folder.exists() for folder in folders)
    for run_id in (gone, model.summary.run_id):
        with pytest.raises(mlflow.MlflowException):
            client.get_run(run_id)
    assert Path(client.download_artifacts(kept, "text.txt")).read_text() == "kept"
    assert mlops.gc(workspace).entries == []


def test_what_was_deleted_just_now_can_be_restored(workspace, client, run):
    lately = run()
    client.delete_run(lately)
    done = mlops.gc(workspace)
    assert done.entries == []
    assert "deleted too lately" in done.to_text()
    client.restore_run(lately)
    assert client.get_run(lately).info.lifecycle_stage == "active"


def test_older_than_spares_the_younger(workspace, run, delete):
    deleted = run()
    make_old(workspace)
    delete(deleted, ago=3 * DAYS)
    assert "runs" not in freed(mlops.gc(workspace, older_than="4d"))
    assert freed(mlops.gc(workspace, older_than="2d"))["runs"] == 1


@pytest.mark.parametrize("text", ["", "5", "x", "-1d", "30m", "1y", "9999999d"])
def test_an_age_has_to_be_one_and_not_too_short(workspace, text):
    with pytest.raises(mlops.MlopsError):
        mlops.gc(workspace, older_than=text or "0m")


@pytest.mark.parametrize("source", ["run", "model", "path"])
@pytest.mark.usefixtures("_uri_restored")
def test_what_a_registered_model_needs_stays(workspace, client, trained, delete, source):
    needed, other = trained(), trained()
    run_id, uri = needed.summary.run_id, needed.models[0].uri
    location = client.get_logged_model(uri.rpartition("/")[2]).artifact_location
    client.create_registered_model("late")
    mlflow.set_tracking_uri(workspace.store.uri)  # MLflow looks there for the model
    client.create_model_version(
        "late",
        {"run": f"runs:/{run_id}/model", "model": uri, "path": location}[source],
        run_id=run_id if source == "run" else None,
    )
    make_old(workspace)
    delete(run_id, other.summary.run_id)
    done = mlops.gc(workspace)
    assert freed(done)["runs"] == 1
    assert f"deleted run {run_id[:8]}: a registered model needs it" in done.kept
    assert client.get_run(run_id).info.lifecycle_stage == "deleted"
    loaded = mlflow.sklearn.load_model("models:/late/1" if source != "run" else uri)
    assert loaded.max_depth == 2


def test_a_run_that_goes_on_stays(workspace, client, delete):
    with mlops.track("trees"):
        run_id = mlops.log({"auc": 0.5}).run_id
        make_old(workspace)
        delete(run_id)
        done = mlops.gc(workspace)
        assert f"deleted run {run_id[:8]}: it is still running" in done.kept
        client.restore_run(run_id)
    assert client.get_run(run_id).info.status == "FINISHED"


def test_a_deleted_experiment_goes_with_its_last_run(workspace, client, run):
    run_id = run()
    experiment = client.get_run(run_id).info.experiment_id
    make_old(workspace)
    client.delete_experiment(experiment)
    change_store(workspace, "UPDATE runs SET deleted_time = deleted_time - 7200000")
    assert "experiments" not in freed(mlops.gc(workspace, dry_run=True))
    change_store(workspace, "UPDATE experiments SET last_update_time = 1")
    assert freed(mlops.gc(workspace))["experiments"] == 1
    with pytest.raises(mlflow.MlflowException):
        client.get_experiment(experiment)


def test_folders_of_no_run_go(workspace, client, run):
    folder = folder_of(workspace, run())
    lost = folder.with_name("0" * 32)
    (lost / "artifacts").mkdir(parents=True)
    (lost / "artifacts" / "a.txt").write_text("x" * 10_000)
    strange = folder.with_name("notes")
    strange.mkdir()
    assert mlops.gc(workspace).entries == []  # too young
    make_old(workspace)
    assert freed(mlops.gc(workspace)) == {"orphans": 1}
    assert not lost.exists()
    assert folder.exists()
    assert strange.exists()


def test_copies_and_half_written_files_go(workspace, run):
    run()
    state = workspace.state_dir
    for name in ("mlflow.1.backup.db", "mlflow.2.backup.db", "mlflow.new"):
        (state / name).write_bytes(b"x" * 5000)
    (state / "executed" / "abc").mkdir(parents=True)
    (state / "executed" / "abc" / "n.ipynb").write_text("{}")
    (state / "objects" / "ab").mkdir(exist_ok=True)
    (state / "objects" / "ab" / ".1.part").write_text("half")
    make_old(workspace)
    assert freed(mlops.gc(workspace)) == {"leftovers": 2}
    make_old(workspace, ago=31 * DAYS)
    os.utime(state / "mlflow.2.backup.db", (time.time() - 40 * DAYS,) * 2)
    assert freed(mlops.gc(workspace)) == {"backups": 1, "executed": 1}
    assert (state / "mlflow.1.backup.db").exists()  # the newest copy
    assert (state / "mlflow.db").exists()


def test_a_run_whose_files_are_elsewhere_is_left_alone(workspace, client, delete, tmp_path):
    outside = tmp_path / "outside"
    experiment = client.create_experiment("outside", outside.as_uri())
    run_id = client.create_run(experiment).info.run_id
    client.log_text(run_id, "mine", "a.txt")
    client.set_terminated(run_id)
    delete(run_id)
    done = mlops.gc(workspace)
    assert done.entries == []
    assert "its files are not in this workspace" in done.kept[0]
    assert (outside / run_id / "artifacts" / "a.txt").exists()


def test_the_store_s_file_shrinks(workspace, client, delete):
    run_id = client.create_run("0").info.run_id
    for batch in range(15):
        client.log_batch(
            run_id,
            metrics=[
                mlflow.entities.Metric(f"metric {batch}", float(i), i, i) for i in range(1000)
            ],
        )
    client.set_terminated(run_id)
    delete(run_id)
    path = workspace.embedded_store.sqlite_path
    before = path.stat().st_size
    done = mlops.gc(workspace)
    assert freed(done)["store"] > 100
    assert path.stat().st_size < before - 1_000_000
    assert client.search_runs(["0"]) == []


def test_an_interrupted_clearing_is_finished_by_the_next(
    workspace, client, run, delete, monkeypatch
):
    def stop(*_args):
        raise KeyboardInterrupt

    gone = run()
    make_old(workspace)
    delete(gone)
    with monkeypatch.context() as patch:
        patch.setattr(
            "mlflow.store.tracking.sqlalchemy_store.SqlAlchemyStore._hard_delete_run",
            stop,
        )
        with pytest.raises(KeyboardInterrupt):
            mlops.gc(workspace)
    assert client.get_run(gone).info.lifecycle_stage == "deleted"
    assert freed(mlops.gc(workspace))["runs"] == 1


def test_where_there_is_nothing_yet(tmp_path, monkeypatch):
    (tmp_path / "mlops.toml").write_text("schema = 1\n")
    monkeypatch.chdir(tmp_path)
    bare = mlops.Workspace.find()
    assert mlops.du(bare).total == 0
    assert mlops.gc(bare).entries == []
    assert [path.name for path in tmp_path.iterdir()] == ["mlops.toml"]

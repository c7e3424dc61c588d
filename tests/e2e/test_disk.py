"""``mlops du`` and ``mlops gc``, with the real store, registry and DVC cache."""

from __future__ import annotations

import io
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import mlflow
import pytest
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

import mlops_jupyter as mlops
from mlops_jupyter import cli
from mlops_jupyter.tracking.store import opening

HOURS = 3600
DAYS = 24 * HOURS


@pytest.fixture
def client(workspace):
    return opening.client(workspace)


@pytest.fixture
def run(workspace):
    """Log a run with an artifact, and return its id."""

    def run(text="something", **options):
        with mlops.track("trees", **options):
            return mlops.log({"text": text, "auc": 0.5}).run_id

    return run


@pytest.fixture
def trained(workspace):
    """Train a tracked tree, and return its run."""

    def trained():
        features, labels = load_iris(return_X_y=True)
        with mlops.track("trees") as tracked:
            DecisionTreeClassifier(max_depth=2).fit(features, labels)
        return mlops.show(workspace, tracked.result.run_id)

    return trained


@pytest.fixture
def delete(workspace, client):
    """Delete runs as if long ago."""

    def delete(*run_ids, ago=2 * HOURS):
        for run_id in run_ids:
            client.delete_run(run_id)
        change_store(workspace, "UPDATE runs SET deleted_time = deleted_time - ?", ago * 1000)

    return delete


@pytest.fixture
def _uri_restored():
    yield
    mlflow.set_tracking_uri(None)


def change_store(workspace, statement, *values):
    with closing(sqlite3.connect(workspace.embedded_store.sqlite_path)) as store, store:
        store.execute(statement, values)


def make_old(workspace, ago=2 * HOURS):
    then = time.time() - ago
    for path in workspace.state_dir.rglob("*"):
        os.utime(path, (then, then), follow_symlinks=False)


def system_du(*paths):
    told = subprocess.run(
        ["du", "-s", "-c", "--block-size=1", *paths], capture_output=True, text=True, check=True
    )
    return int(told.stdout.splitlines()[-1].split()[0])


def beside_the_store(use):
    """The bytes of all but the store itself, whose log grows as it likes."""
    return use.total - sum(entry.size for entry in use.entries if entry.kind == "store")


def freed(result):
    return {entry.kind: entry.count for entry in result.entries}


def folder_of(workspace, run_id):
    return next(workspace.artifacts_dir.glob(f"*/{run_id}"))


class TestDu:
    def test_it_agrees_with_the_system(self, workspace, trained, run):
        trained()
        run()
        Path("data.csv").write_text("a\n1\n" * 10_000)
        mlops.data.snapshot(workspace, "data.csv")
        use = mlops.du(workspace)
        assert use.total == system_du(".mlops", ".dvc/cache")
        assert use.total == sum(entry.size for entry in use.entries)

    def test_it_names_experiments_runs_models_and_data(self, workspace, trained):
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

    def test_what_many_runs_hold_counts_once(self, workspace, run):
        run("x" * 500_000)
        one = beside_the_store(mlops.du(workspace))
        for _ in range(4):
            run("x" * 500_000)
        use = mlops.du(workspace)
        assert use.total == system_du(".mlops", ".dvc") - system_du_beside_the_cache()
        (objects,) = [entry for entry in use.entries if entry.kind == "objects"]
        assert objects.size > 500_000
        assert beside_the_store(use) - one < 500_000

    def test_a_store_of_the_user_s_in_the_workspace(self, workspace, monkeypatch):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///own.db")
        mine = mlflow.MlflowClient("sqlite:///own.db")
        mine.create_experiment("mine", (Path.cwd() / "own-artifacts").as_uri())
        with mlops.track("mine"):
            mlops.log({"text": "x" * 100_000})
        use = mlops.du(mlops.Workspace.find())
        entries = {(entry.kind, entry.name): entry for entry in use.entries}
        assert entries["store", "own.db"].size > 100_000
        assert entries["artifacts", "mine"].size > 0

    def test_a_link_out_of_the_workspace_is_not_followed(self, workspace, tmp_path):
        (tmp_path / "big").write_bytes(b"x" * 3_000_000)
        before = mlops.du(workspace).total
        (workspace.state_dir / "link").symlink_to(tmp_path)
        assert mlops.du(workspace).total - before < 10_000


def system_du_beside_the_cache():
    """What ``.dvc`` holds beside its cache, which is not counted."""
    cache = system_du(".dvc/cache") if Path(".dvc/cache").exists() else 0
    return system_du(".dvc") - cache


class TestGc:
    def test_deleted_runs_go_for_good_and_no_others(self, workspace, client, trained, run, delete):
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

    def test_what_was_deleted_just_now_can_be_restored(self, workspace, client, run):
        lately = run()
        client.delete_run(lately)
        done = mlops.gc(workspace)
        assert done.entries == []
        assert "deleted too lately" in done.to_text()
        client.restore_run(lately)
        assert client.get_run(lately).info.lifecycle_stage == "active"

    def test_older_than_spares_the_younger(self, workspace, run, delete):
        deleted = run()
        make_old(workspace)
        delete(deleted, ago=3 * DAYS)
        assert "runs" not in freed(mlops.gc(workspace, older_than="4d"))
        assert freed(mlops.gc(workspace, older_than="2d"))["runs"] == 1

    @pytest.mark.parametrize("text", ["", "5", "x", "-1d", "30m", "1y", "9999999d"])
    def test_an_age_has_to_be_one_and_not_too_short(self, workspace, text):
        with pytest.raises(mlops.MlopsError):
            mlops.gc(workspace, older_than=text or "0m")

    @pytest.mark.parametrize("source", ["run", "model", "path"])
    @pytest.mark.usefixtures("_uri_restored")
    def test_what_a_registered_model_needs_stays(self, workspace, client, trained, delete, source):
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

    def test_a_run_that_goes_on_stays(self, workspace, client, delete):
        with mlops.track("trees"):
            run_id = mlops.log({"auc": 0.5}).run_id
            make_old(workspace)
            delete(run_id)
            done = mlops.gc(workspace)
            assert f"deleted run {run_id[:8]}: it is still running" in done.kept
            client.restore_run(run_id)
        assert client.get_run(run_id).info.status == "FINISHED"

    def test_a_deleted_experiment_goes_with_its_last_run(self, workspace, client, run):
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

    def test_folders_of_no_run_go(self, workspace, client, run):
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

    def test_copies_and_half_written_files_go(self, workspace, run):
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

    def test_a_run_whose_files_are_elsewhere_is_left_alone(
        self, workspace, client, delete, tmp_path
    ):
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

    def test_the_store_s_file_shrinks(self, workspace, client, delete):
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
        self, workspace, client, run, delete, monkeypatch
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


LIVE = """
import sys, time
import mlops_jupyter as mlops
from pathlib import Path
while not Path("stop").exists():
    with mlops.track("live") as tracked:
        for step in range(20):
            mlops.log({"loss": 1.0}, step=step)
        mlops.log({"same": "x" * 1000, "own": str(time.time())})
    assert tracked.result.status == "FINISHED", tracked.result
    assert not tracked.result.not_captured, tracked.result
    print(tracked.result.run_id, flush=True)
"""


def test_a_live_session_does_not_notice(workspace, client, run, delete):
    """Everything looks old all the time, so that the clearing takes what it may."""
    deleted = [run(f"text {number}") for number in range(6)]
    with subprocess.Popen(
        [sys.executable, "-c", LIVE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as live:
        assert live.stdout.readline()
        for run_id in deleted:
            make_objects_old(workspace)
            delete(run_id)
            mlops.gc(workspace)
        Path("stop").touch()
        told, errors = live.communicate(timeout=120)
    assert live.returncode == 0, errors
    finished = mlops.runs(workspace, experiment="live", limit=1000).runs
    assert len(finished) >= len(told.split())
    for summary in finished:
        assert len(client.get_metric_history(summary.run_id, "loss")) == 20
        text = Path(client.download_artifacts(summary.run_id, "same.txt")).read_text()
        assert text == "x" * 1000
    assert {run_id for run_id in deleted if gone(client, run_id)} == set(deleted)


def make_objects_old(workspace):
    then = time.time() - 2 * HOURS
    for path in (workspace.state_dir / "objects").glob("*/*"):
        try:
            os.utime(path, (then, then))
        except FileNotFoundError:  # written and renamed in between
            continue


def gone(client, run_id):
    try:
        client.get_run(run_id)
    except mlflow.MlflowException:
        return True
    return False


class TestFaces:
    @pytest.fixture
    def deleted(self, workspace, run, delete):
        run_id = run()
        make_old(workspace)
        delete(run_id)
        return folder_of(workspace, run_id)

    def test_nobody_is_asked_in_a_notebook(self, deleted, cells):
        with pytest.raises(mlops.MlopsError, match="--yes"):
            cells.run("%mlops gc")
        assert cells.run("%mlops gc --dry-run").total > 0
        assert deleted.exists()
        assert cells.run("%mlops gc --yes").total > 0
        assert not deleted.exists()
        assert cells.run("%mlops gc").entries == []  # nothing to be asked about
        assert "MB" in cells.run("%mlops du").to_text()

    @pytest.mark.parametrize(("answer", "stays"), [("n", True), ("", True), ("y", False)])
    def test_the_shell_asks(self, deleted, monkeypatch, capsys, answer, stays):
        class Terminal(io.StringIO):
            def isatty(self):
                return True

        monkeypatch.setattr(sys, "stdin", Terminal(f"{answer}\n"))
        assert cli.main(["gc"]) == 0
        assert "Remove this for good? [y/N]" in capsys.readouterr().err
        assert deleted.exists() == stays

    def test_a_pipe_is_not_asked(self, deleted, monkeypatch, capsys):
        monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
        assert cli.main(["gc"]) == 2
        assert deleted.exists()


def test_where_there_is_nothing_yet(tmp_path, monkeypatch):
    (tmp_path / "mlops.toml").write_text("schema = 1\n")
    monkeypatch.chdir(tmp_path)
    bare = mlops.Workspace.find()
    assert mlops.du(bare).total == 0
    assert mlops.gc(bare).entries == []
    assert [path.name for path in tmp_path.iterdir()] == ["mlops.toml"]

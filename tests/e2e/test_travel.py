"""Runs travel by file and through a DVC remote, and arrive once."""

import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import mlflow
import pytest
from mlflow import MlflowClient
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier

import mlops_jupyter as mlops
from mlops_jupyter.cli import main
from mlops_jupyter.errors import BadInput, Conflict, NotFound
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.store.relocation import relocate
from mlops_jupyter.tracking.transfer import reading
from mlops_jupyter.tracking.transfer.privacy import Leaves

ALL = Leaves(examples=True, outputs=True, source=True)


@pytest.fixture
def here(workspace):
    """A workspace with three runs: one above two."""
    features, target = load_breast_cancer(return_X_y=True, as_frame=True)
    with mlops.track("trees", name="forest"):
        for count in (2, 3):
            RandomForestClassifier(count, random_state=0).fit(features, target)
        mlops.log({"test_auc": 0.5}, step=1)
    return workspace


@pytest.fixture
def elsewhere(_pristine_workspace, tmp_path):
    """Another workspace, with a store of its own."""
    root = tmp_path / "elsewhere"
    shutil.copytree(_pristine_workspace, root, symlinks=True)
    with_store = mlops.Workspace.find(root)
    relocate(with_store)
    return with_store


def client(workspace):
    return MlflowClient(workspace.embedded_store.uri)


def runs(workspace, experiment="trees"):
    found = client(workspace).get_experiment_by_name(experiment)
    return client(workspace).search_runs([found.experiment_id]) if found else []


def digests(workspace):
    found = {}
    for run in runs(workspace):
        with reading.described(client(workspace), run.info.run_id, ALL) as whole:
            found[whole.description.uid] = whole.description
    return found


def same(one, other):
    """Whether two stores hold the same runs; rows of the data stay where they were seen."""
    ones, others = digests(one), digests(other)
    assert ones.keys() == others.keys()
    for uid, description in ones.items():
        theirs = others[uid]
        fields = {"files", "described_at"}
        assert description.model_dump(exclude=fields) == theirs.model_dump(exclude=fields)
        assert {f.path for f in theirs.files} <= {f.path for f in description.files}
    return True


def test_exported_and_imported_twice_and_a_newer_state(here, elsewhere, tmp_path):
    file = tmp_path / "runs.zip"
    exported = mlops.export_runs(here, file)
    assert (len(exported.new), exported.failed) == (3, [])
    imported = mlops.import_runs(elsewhere, [file])
    assert (len(imported.new), imported.unchanged, imported.failed) == (3, 0, [])
    assert same(here, elsewhere)
    children = {run.data.tags.get(tags.PARENT) for run in runs(elsewhere)}
    (top,) = [run for run in runs(elsewhere) if run.info.run_name == "forest"]
    assert children == {None, top.info.run_id}

    models = [m for run in runs(elsewhere) for m in reading.models_of(client(elsewhere), run)]
    mlflow.set_tracking_uri(elsewhere.embedded_store.uri)
    try:
        trees = {mlflow.sklearn.load_model(model.model_uri).n_estimators for model in models}
    finally:
        mlflow.set_tracking_uri(None)
    assert trees == {2, 3}
    # By the privacy setting no rows of the data left the first workspace.
    assert not list(elsewhere.artifacts_dir.rglob("*input_example*"))
    assert list(here.artifacts_dir.rglob("*input_example*"))

    again = mlops.import_runs(elsewhere, [file])
    assert (again.new, again.updated, again.unchanged) == ([], [], 3)
    assert len(runs(elsewhere)) == 3
    home = mlops.import_runs(here, [file])  # where they came from
    assert (home.new, home.updated, home.unchanged) == ([], [], 3)

    (original,) = [run for run in runs(here) if run.info.run_name == "forest"]
    client(here).log_metric(original.info.run_id, "late", 1.0)
    newer = tmp_path / "newer.zip"
    mlops.export_runs(here, newer, references="forest")
    updated = mlops.import_runs(elsewhere, newer)
    assert (updated.new, updated.updated, updated.unchanged) == ([], ["forest"], 2)
    older = mlops.import_runs(elsewhere, [file])  # an older state takes nothing back
    assert older.new == []
    (run,) = [run for run in runs(elsewhere) if run.info.run_name == "forest"]
    assert run.data.metrics["late"] == 1.0


def test_an_import_that_was_interrupted_is_taken_up(here, elsewhere, tmp_path, monkeypatch):
    from mlops_jupyter.tracking.transfer import places

    file = tmp_path / "runs.zip"
    mlops.export_runs(here, file)
    put = places.Folder.put

    def full(self, name, path):
        if name.endswith("MLmodel"):
            raise OSError(28, "No space left on device")
        put(self, name, path)

    with monkeypatch.context() as disk:
        disk.setattr(places.Folder, "put", full)
        assert len(mlops.import_runs(elsewhere, [file]).failed) == 2
    assert mlops.import_runs(elsewhere, [file]).failed == []
    assert same(here, elsewhere)


def test_a_damaged_run_stops_no_other(here, elsewhere, tmp_path):
    file, damaged = tmp_path / "runs.zip", tmp_path / "damaged.zip"
    mlops.export_runs(here, file)
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(damaged, "w") as target:
        for count, name in enumerate(source.namelist()):
            content = source.read(name)
            target.writestr(name, content[: len(content) // 2] if count == 1 else content)
    moved = mlops.import_runs(elsewhere, [damaged])
    assert (len(moved.new), len(moved.failed)) == (2, 1)


def test_what_is_no_export_is_refused_and_never_overwritten(here, tmp_path):
    file = tmp_path / "thesis.txt"
    file.write_text("my thesis")
    with pytest.raises(Conflict):
        mlops.export_runs(here, file)
    with pytest.raises(BadInput):
        mlops.import_runs(here, [file])
    with pytest.raises(BadInput):
        mlops.export_runs(here, "")
    with pytest.raises(NotFound):
        mlops.import_runs(here, [tmp_path / "nothing.zip"])
    with pytest.raises(NotFound):
        mlops.export_runs(here, tmp_path / "a.zip", experiment="no such")
    assert not (tmp_path / "a.zip").exists()
    assert file.read_text() == "my thesis"


def test_a_folder_gets_one_file_a_run(here, elsewhere, tmp_path):
    folder = tmp_path / "handed in"
    folder.mkdir()
    assert len(mlops.export_runs(here, folder).new) == 3
    assert mlops.export_runs(here, folder).unchanged == 3
    files = sorted(folder.iterdir())
    assert len(files) == 3
    assert len(mlops.import_runs(elsewhere, files).new) == 3
    assert same(here, elsewhere)


def add_remote(workspace, folder):
    subprocess.run(
        ["git", "config", "-f", ".dvc/config", 'remote "storage".url', str(folder)],
        cwd=workspace.root, check=False,
    )  # fmt: skip
    config = workspace.root / ".dvc" / "config"
    config.write_text(f"[core]\n    remote = storage\n['remote \"storage\"']\n    url = {folder}\n")


def test_pushed_from_one_clone_and_pulled_into_another(here, elsewhere, tmp_path):
    with pytest.raises(BadInput, match="no remote"):
        mlops.push_runs(here)
    storage = tmp_path / "storage"
    add_remote(here, storage)
    add_remote(elsewhere, storage)
    assert len(mlops.push_runs(here).new) == 3
    sizes = {path: path.stat().st_mtime_ns for path in storage.rglob("*.zip")}
    assert mlops.push_runs(here).unchanged == 3
    assert sizes == {path: path.stat().st_mtime_ns for path in storage.rglob("*.zip")}

    assert mlops.pull_runs(elsewhere, experiment="no such").new == []
    assert len(mlops.pull_runs(elsewhere, experiment="trees").new) == 3
    assert same(here, elsewhere)
    assert mlops.pull_runs(elsewhere).unchanged == 3
    assert mlops.pull_runs(here).unchanged == 3

    (run,) = [run for run in runs(here) if run.info.run_name == "forest"]
    client(here).set_tag(run.info.run_id, "reviewed", "yes")
    assert mlops.push_runs(here).updated == ["forest"]
    # The other clone still has the state before: that is no news.
    assert mlops.push_runs(elsewhere).unchanged == 3
    assert mlops.pull_runs(elsewhere).updated == ["forest"]
    (run,) = [run for run in runs(elsewhere) if run.info.run_name == "forest"]
    assert run.data.tags["reviewed"] == "yes"
    assert len(list(storage.rglob("*.zip"))) == 3


def test_half_an_upload_and_foreign_files_are_passed_over(here, elsewhere, tmp_path):
    storage = tmp_path / "storage"
    add_remote(here, storage)
    add_remote(elsewhere, storage)
    mlops.push_runs(here)
    (place, *_) = [path.parent for path in storage.rglob("*.zip")]
    (place / ".unfinished-1").write_bytes(b"PK")
    (storage / "mlops-runs" / "readme.txt").write_text("hello")
    (place / f"{10**14:015d}-{'0' * 64}.zip").write_bytes(b"not a zip")
    pulled = mlops.pull_runs(elsewhere)
    assert (len(pulled.new), len(pulled.failed)) == (2, 1)


def test_on_the_command_line(here, tmp_path, capsys):
    assert main(["runs", "export", str(tmp_path / "a.zip"), "forest", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["kind"], told["how"], len(told["new"])) == ("moved", "export", 3)
    assert main(["runs", "import", str(tmp_path / "a.zip")]) == 0
    assert "3 unchanged" in capsys.readouterr().out
    assert main(["runs", "push"]) == BadInput.exit_code
    assert Path(tmp_path / "a.zip").exists()

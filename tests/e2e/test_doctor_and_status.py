"""``doctor`` and ``status`` on a real workspace."""

import hashlib
import shutil

import pandas as pd
import pytest

import mlops_jupyter as mlops
from mlops_jupyter.data.catalog import automatic
from mlops_jupyter.tracking.writer import open_run
from tests.stock import sh


def found(diagnosis, name: str):
    return next(check for check in diagnosis.checks if check.name == name)


def test_each_finding_that_is_not_well_says_what_mends_it(workspace):
    diagnosis = mlops.doctor(workspace)
    assert all(check.mend for check in diagnosis.checks if check.state != "ok")
    assert found(diagnosis, "runs").state == "ok"
    assert "workspace's own store" in found(diagnosis, "runs").found
    assert found(diagnosis, "git").state == "note"
    assert "dvc remote add" in found(diagnosis, "dvc").mend
    for installed in ("packages", "panel", "server part", "jupyterlab"):
        assert found(diagnosis, installed).state == "ok", installed


def test_without_a_workspace_that_is_the_finding(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    diagnosis = mlops.doctor()
    assert not diagnosis.healthy
    assert "mlops init" in found(diagnosis, "workspace").mend


def test_an_unreachable_server_is_the_finding(workspace, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    diagnosis = mlops.doctor(mlops.Workspace.find(workspace.root))
    assert found(diagnosis, "runs").state == "bad"
    assert "MLFLOW_TRACKING_URI" in found(diagnosis, "runs").mend


def test_a_remote_is_named(workspace):
    sh(workspace.root, "dvc", "remote", "add", "-d", "storage", "/tmp/nowhere")
    assert found(mlops.doctor(workspace), "dvc").found == "remote storage"


def test_a_moved_workspace_is_noticed_and_mended(workspace, tmp_path):
    run = open_run(workspace, experiment="e", name="with a file")
    note = workspace.root / "note.txt"
    note.write_text("hello")
    run.log_artifact(note)
    run.finish()
    moved = tmp_path / "moved here"
    shutil.move(workspace.root, moved)
    there = mlops.Workspace.find(moved)
    assert found(mlops.doctor(there), "artifacts").state == "bad"
    assert found(mlops.doctor(there, fix=True), "artifacts").state == "ok"
    assert found(mlops.doctor(there), "artifacts").state == "ok"
    assert [a.path for a in mlops.show(there, "with a file").artifacts] == ["note.txt"]
    assert (moved / ".mlops" / "mlflow.moved.backup.db").exists()


def test_status_tells_code_data_and_model(workspace):
    assert "no versions yet" in mlops.status(workspace).to_text()
    frame = pd.DataFrame({"x": [1, 2]})
    frame.to_parquet("a.parquet")
    first = mlops.data.snapshot(workspace, "a.parquet")
    run = open_run(
        workspace,
        experiment="e",
        name="trained",
        extra_tags={"mlops.model": "Forest", "mlops.data": f'["{first.ref}"]'},
    )
    run.log_metrics({"test_auc": 0.7})
    run.finish()
    pd.DataFrame({"x": [1, 2, 3]}).to_parquet("a.parquet")
    status = mlops.status(workspace)
    assert status.changed_data == [first.ref]
    assert status.newer_data == []
    second = mlops.data.snapshot(workspace, "a.parquet")
    assert mlops.status(workspace).newer_data == [second.ref]
    text = mlops.status(workspace).to_text()
    assert len(text.splitlines()) == 3
    assert f"trained on {first.ref}; stale: {first.ref} has a newer version v2" in text
    assert "test_auc 0.7" in text


def test_status_tells_what_differs_from_what_is_not_here(workspace):
    names = "abcdefg"
    for name in names:
        (workspace.root / f"{name}.csv").write_text(name)
    mlops.data.snapshot(workspace, *(f"{name}.csv" for name in names))
    mlops.data.snapshot(workspace, pd.DataFrame({"x": [1]}), name="frame")
    (workspace.root / "a.csv").write_text("changed")
    for name in names[1:6]:
        (workspace.root / f"{name}.csv").unlink()
    status = mlops.status(workspace)
    assert status.changed_data == ["data:a@v1"]
    assert len(status.absent_data) == 5
    line = status.to_text().splitlines()[1]
    plain, differs, absent = line.removeprefix("data   ").split("; ")
    assert {*plain.split(", ")} == {"data:frame@v1", "data:g@v1"}
    assert differs == "the file differs now: data:a@v1"
    assert absent.startswith("not in the work tree: ")
    assert absent.endswith(" and 2 more") and absent.count("data:") == 3


def test_status_survives_a_dead_server(workspace, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    status = mlops.status(mlops.Workspace.find(workspace.root))
    assert "does not answer" in status.model_problem


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>"])
def test_hostile_names_are_escaped(workspace, name):
    open_run(workspace, experiment=name, name=name, extra_tags={"mlops.model": name}).finish()
    assert "<img" not in mlops.status(workspace).to_html()
    assert "<img" not in mlops.doctor(workspace).to_html()


def test_versions_that_dvcs_own_commands_would_miss_are_counted(workspace):
    assert found(mlops.doctor(workspace), "data versions").found == "0 in git"
    for content in ("a\n1\n", "a\n2\n"):
        (workspace.root / "a.csv").write_text(content)
        mlops.data.snapshot(workspace, "a.csv")
    kept = found(mlops.doctor(workspace), "data versions")
    assert kept.state == "note"
    assert kept.found == "2 in git; `dvc gc --workspace` would free 2 of them"
    assert "--pin" in kept.mend
    sh(workspace.root, "dvc", "remote", "add", "-d", "storage", "/tmp/nowhere")
    remote = found(mlops.doctor(workspace), "dvc")
    assert remote.state == "note"
    assert "remote storage; `dvc push --all-tags` passes over 2 of the versions" in remote.found
    command = remote.mend.partition("for DVC itself: ")[2]
    sh(workspace.root, *command.replace("URL", "/tmp/nowhere").split())
    assert found(mlops.doctor(workspace), "dvc").found == "remote storage", "what mends it does"
    mlops.data.snapshot(workspace, "a.csv", pin=True)
    assert "would free 1 of them" in found(mlops.doctor(workspace), "data versions").found


def test_when_there_is_no_room_for_copies_it_is_told(workspace):
    (workspace.root / "mlops.toml").write_text("schema = 1\n[data]\nkeep_total_mb = 1\n")
    there = mlops.Workspace.find(workspace.root)
    for number, size in enumerate((500_000, 480_000)):
        file = there.root / f"{number}.bin"
        file.write_bytes(bytes([number]) * size)
        before = found(mlops.doctor(there), "data")
        assert before.state == "ok"
        digest = hashlib.md5(file.read_bytes()).hexdigest()
        automatic.keep(there, automatic.Sighting(file, digest, size))
    full = found(mlops.doctor(there), "data")
    assert (full.state, full.mend.split(",")[0]) == ("note", "mlops gc")
    assert full.found.startswith("copies of what runs read: 1.0 of 1 MB")


def test_content_that_came_back_after_it_was_forgotten_is_bad(workspace):
    file = workspace.root / "a.csv"
    file.write_text("a person\n")
    kept = mlops.data.snapshot(workspace, file)
    place = workspace.root / ".dvc" / "cache" / "files" / "md5" / kept.hash[:2] / kept.hash[2:]
    mlops.data.forget(workspace, kept.ref)
    assert found(mlops.doctor(workspace), "data").state == "ok"
    place.parent.mkdir(exist_ok=True)
    place.write_text("a person\n")
    diagnosis = mlops.doctor(workspace)
    assert not diagnosis.healthy
    check = found(diagnosis, "data")
    assert check.found.startswith(f"{kept.ref} was forgotten, but its content may still be in: ")
    assert check.mend == f"mlops data forget {kept.ref}"
    mlops.data.forget(workspace, kept.ref)
    assert not place.exists()
    assert found(mlops.doctor(workspace), "data").state == "ok", "what mends it does"

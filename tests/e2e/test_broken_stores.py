"""What is broken is told in two lines, at once, by every verb; ``doctor`` survives it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import mlops_jupyter as mlops
from mlops_jupyter.errors import BadSettings, Conflict, StoreUnavailable
from mlops_jupyter.tracking.writer import open_run
from mlops_jupyter.workspace import Workspace


def cli(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mlops_jupyter", *words],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def corrupted(root: Path) -> None:
    (root / ".mlops" / "mlflow.db").write_bytes(b"not a database at all\n" * 500)


def truncated(root: Path) -> None:
    path = root / ".mlops" / "mlflow.db"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def emptied(root: Path) -> None:
    (root / ".mlops" / "mlflow.db").write_bytes(b"")


def a_folder(root: Path) -> None:
    (root / ".mlops" / "mlflow.db").unlink()
    (root / ".mlops" / "mlflow.db").mkdir()


def state_is_a_file(root: Path) -> None:
    shutil.rmtree(root / ".mlops")
    (root / ".mlops").write_text("mine")


def state_links_to_itself(root: Path) -> None:
    shutil.rmtree(root / ".mlops")
    (root / ".mlops").symlink_to(root / ".mlops")


def store_links_to_itself(root: Path) -> None:
    (root / ".mlops" / "mlflow.db").unlink()
    (root / ".mlops" / "mlflow.db").symlink_to(root / ".mlops" / "mlflow.db")


def somebody_elses_database(root: Path) -> None:
    import sqlite3

    (root / ".mlops" / "mlflow.db").unlink()
    with sqlite3.connect(root / ".mlops" / "mlflow.db") as connection:
        connection.execute("CREATE TABLE customers (name)")
    connection.close()


BREAKAGES = [
    corrupted, truncated, emptied, a_folder, state_is_a_file, state_links_to_itself,
    store_links_to_itself, somebody_elses_database,
]  # fmt: skip


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_a_broken_store_is_an_error_that_says_what_to_do(workspace, breakage):
    breakage(workspace.root)
    before = sorted(p.name for p in workspace.root.glob(".mlops/mlflow*"))
    with pytest.raises(StoreUnavailable) as caught:
        mlops.runs(workspace)
    assert ".mlops" in caught.value.message
    assert caught.value.hint
    diagnosis = mlops.doctor(workspace)
    assert not diagnosis.healthy
    runs = next(check for check in diagnosis.checks if check.name == "runs")
    assert (runs.state, bool(runs.mend)) == ("bad", True)
    assert sorted(p.name for p in workspace.root.glob(".mlops/mlflow*")) == before


def test_on_the_command_line_it_is_two_lines_and_doctor_exits_1(workspace):
    corrupted(workspace.root)
    told = cli("runs", cwd=workspace.root)
    assert told.returncode == StoreUnavailable.exit_code
    assert "Traceback" not in told.stderr
    assert len(told.stderr.splitlines()) == 2
    doctor = cli("doctor", "--json", cwd=workspace.root)
    assert doctor.returncode == 1
    assert '"healthy": false' in doctor.stdout


def test_doctor_exits_0_where_all_is_well(workspace):
    assert cli("doctor", cwd=workspace.root).returncode == 0


def test_a_damaged_page_that_opens_is_found_by_doctor(workspace):
    path = workspace.root / ".mlops" / "mlflow.db"
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 40 * 4096] = b"\xff" * (40 * 4096)
    path.write_bytes(content)
    diagnosis = mlops.doctor(workspace)
    (found,) = [c.found for c in diagnosis.checks if c.name == "runs" and c.state == "bad"]
    assert "damaged" in found


@pytest.mark.parametrize(
    ("uri", "kind", "words"),
    [
        ("htp://mlflow.example.org", BadSettings, "no tracking store"),
        ("postgres://host/db", BadSettings, "no tracking store"),
        ("sqlite://", BadSettings, "sqlite:///PATH"),
        ("sqlite:///:memory:", BadSettings, "sqlite:///PATH"),
        ("http://[bad", BadSettings, "no tracking store"),
        ("http://a b", BadSettings, "no tracking store"),
        ("http://", BadSettings, "names no host"),
        ("http://127.0.0.1:99999", BadSettings, "no tracking store"),
        ("mysql://127.0.0.1:9/db", StoreUnavailable, "does not answer"),
        ("sqlite:///missing.db", StoreUnavailable, "there is no file"),
        ("sqlite:///no/such/folder/missing.db", StoreUnavailable, "there is no file"),
    ],
)
def test_a_store_that_is_none_is_told_with_what_chose_it(workspace, uri, kind, words):
    with pytest.raises(kind, match=words) as caught:
        mlops.runs(Workspace.find(workspace.root, store=uri))
    assert "--store" in caught.value.hint
    assert not list(workspace.root.rglob("missing.db"))
    assert not (workspace.root / "no").exists()


def test_a_new_database_is_made_by_the_command_that_the_error_names(workspace):
    store = "sqlite:///new.db"
    with pytest.raises(StoreUnavailable, match="there is no file") as caught:
        mlops.runs(Workspace.find(workspace.root, store=store))
    command = caught.value.hint.partition("there: ")[2].partition(" (it was")[0].split()
    assert command[:3] == ["mlflow", "db", "upgrade"]
    subprocess.run([sys.executable, "-m", *command], check=True, capture_output=True)
    assert mlops.runs(Workspace.find(workspace.root, store=store)).runs == []


def test_a_byte_order_mark_in_the_settings_is_read_over(workspace):
    toml = workspace.root / "mlops.toml"
    toml.write_bytes(b"\xef\xbb\xbf" + toml.read_bytes())
    assert Workspace.find(workspace.root).settings.tracking.experiment == "default"


def test_a_deleted_experiment_is_told_and_the_rest_goes_on(workspace):
    import mlflow

    client = mlflow.MlflowClient(tracking_uri=workspace.store.uri)
    client.delete_experiment("0")
    assert mlops.runs(workspace).runs == []
    assert mlops.doctor(workspace).healthy
    with pytest.raises(Conflict, match="was deleted"):
        open_run(workspace, experiment="Default")
    open_run(workspace, experiment="another").finish()
    assert len(mlops.runs(workspace).runs) == 1


@pytest.fixture
def read_only(workspace, tmp_path):
    """The workspace, seen through a mount that cannot be written to."""
    open_run(workspace, experiment="e", name="of before").finish()
    place = tmp_path / "read-only"
    place.mkdir()
    bound = ["mount", "--bind", str(workspace.root), str(place)]
    if subprocess.run(bound, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not permitted here")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(place)], check=True)
        yield Workspace.find(place)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_read_only_workspace_is_read_and_a_write_to_it_is_told(read_only):
    assert [run.name for run in mlops.runs(read_only).runs] == ["of before"]
    assert mlops.show(read_only, "of before").summary.status == "FINISHED"
    refused = cli("log", "x=1", "--run", "of before", cwd=read_only.root)
    assert refused.returncode == StoreUnavailable.exit_code, refused.stderr
    assert "readonly" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_init_leaves_nothing_in_a_bare_repository(tmp_path):
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "x.git")], check=True)
    before = sorted((tmp_path / "x.git").rglob("*"))
    for folder in ("x.git", "x.git/new"):
        with pytest.raises(mlops.errors.MlopsError, match="git's own folder"):
            mlops.init(tmp_path / folder)
    assert sorted((tmp_path / "x.git").rglob("*")) == before


def test_init_where_it_fails_at_once_takes_its_folders_away(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))  # no git
    with pytest.raises(mlops.errors.ToolFailed):
        mlops.init(tmp_path / "new" / "project")
    assert not (tmp_path / "new" / "project").exists()


@pytest.mark.parametrize("breakage", [corrupted, truncated, a_folder, state_is_a_file])
def test_tracking_is_not_switched_on_where_nothing_could_be_written(cells, workspace, breakage):
    breakage(workspace.root)
    for line in ("%mlops track x", "%%mlops track x\ntrained = True"):
        with pytest.raises(StoreUnavailable):
            cells.run(line)
    assert "trained" not in cells.shell.user_ns
    assert cells.run("%mlops track").on is False
    assert cells.run("1 + 1") == 2


def test_tracking_is_not_switched_on_for_a_deleted_experiment_and_the_command_brings_it_back(
    cells, workspace
):
    import mlflow

    client = mlflow.MlflowClient(tracking_uri=workspace.store.uri)
    client.delete_experiment(client.create_experiment("gone"))
    with pytest.raises(Conflict, match="was deleted") as caught:
        cells.run("%mlops track gone")
    setting, *command = caught.value.hint.split("`")[1].split()
    subprocess.run(
        [sys.executable, "-m", *command],
        env={**os.environ, **dict([setting.split("=", 1)])},
        check=True,
        capture_output=True,
    )
    assert cells.run("%mlops track gone").on


def test_a_store_that_breaks_after_tracking_was_switched_on_is_told_under_the_cell(
    cells, workspace
):
    cells.run("%mlops track x")
    corrupted(workspace.root)
    cells.run(
        "from sklearn.tree import DecisionTreeClassifier\n"
        "DecisionTreeClassifier().fit([[0], [1]], [0, 1])"
    )
    (shown,) = [data["text/plain"] for data in cells.shown if "text/plain" in data]
    assert "not tracked" in shown
    assert "damaged" in shown or "not a database" in shown

"""``mlops init``, with the real git, DVC and MLflow."""

import subprocess
import sys
from pathlib import Path

import pytest

import mlops_jupyter as mlops
from mlops_jupyter.errors import BadInput, BadSettings
from tests.stock import sh


def tree(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".dvc/tmp" not in str(path)
    }


def git(root: Path, *words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=root, check=True, capture_output=True, text=True
    ).stdout


def test_a_second_time_changes_nothing(tmp_path: Path):
    first = mlops.init(tmp_path / "p")
    before = tree(tmp_path / "p")
    second = mlops.init(tmp_path / "p")
    assert any("mlops.db" in step or "mlflow.db" in step for step in first.done)
    assert second.done == []
    assert tree(tmp_path / "p") == before


def test_the_written_settings_are_read_back(tmp_path: Path):
    mlops.init(tmp_path / "p")
    workspace = mlops.Workspace.find(tmp_path / "p")
    assert workspace.store.embedded
    assert workspace.settings.privacy.input_examples == "local"


def test_inside_a_repository_it_uses_it_and_stages_nothing(tmp_path: Path):
    git(tmp_path, "init", "-q")
    (tmp_path / "mine.py").write_text("x = 1\n")
    git(tmp_path, "add", "mine.py")
    index = (tmp_path / ".git" / "index").read_bytes()
    above = {p.name for p in tmp_path.iterdir()}
    mlops.init(tmp_path / "ml")
    assert (tmp_path / ".git" / "index").read_bytes() == index
    assert {p.name for p in tmp_path.iterdir()} - above == {"ml"}
    assert not (tmp_path / "ml" / ".git").exists()
    sh(tmp_path / "ml", "dvc", "status")


def test_ignore_entries_leave_what_the_user_wrote(tmp_path: Path):
    (tmp_path / ".gitignore").write_text("*.log")
    mlops.init(tmp_path)
    lines = (tmp_path / ".gitignore").read_text().splitlines()
    assert lines[0] == "*.log"
    assert "/.mlops/" in lines


@pytest.mark.parametrize("there", ["mlflow.db", "environment"])
def test_an_mlflow_store_that_is_there_is_adopted(tmp_path: Path, there: str, monkeypatch):
    import mlflow

    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    run = mlflow.MlflowClient(tracking_uri=uri).create_run("0", run_name="of old")
    if there == "environment":
        (tmp_path / "mlflow.db").rename(tmp_path / "elsewhere.db")
        uri = f"sqlite:///{tmp_path / 'elsewhere.db'}"
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    done = mlops.init(tmp_path)
    assert any("adopted" in step for step in done.done)
    assert not (tmp_path / ".mlops" / "mlflow.db").exists()
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    found = mlops.show(mlops.Workspace.find(tmp_path), "of old")
    assert found.summary.run_id == run.info.run_id


def test_runs_of_the_old_file_format_are_found_and_the_command_told_brings_them(
    tmp_path: Path, monkeypatch
):
    import mlflow

    with monkeypatch.context() as allowed:
        allowed.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
        old = mlflow.MlflowClient(tracking_uri=(tmp_path / "mlruns").as_uri())
        old.set_terminated(old.create_run("0", run_name="of old").info.run_id)
    (told,) = [step for step in mlops.init(tmp_path).done if "mlruns/" in step]
    command = told.partition("keep them here: ")[2].partition(", then")[0].split()
    assert command[0] == "mlflow"
    subprocess.run([sys.executable, "-m", *command], cwd=tmp_path, check=True, capture_output=True)
    toml = tmp_path / "mlops.toml"
    toml.write_text(toml.read_text().replace('# store = "sqlite', 'store = "sqlite'))
    assert [run.name for run in mlops.runs(mlops.Workspace.find(tmp_path)).runs] == ["of old"]


def test_credentials_are_not_written_down(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://me:hunter2@mlflow.invalid")
    done = mlops.init(tmp_path)
    assert "hunter2" not in (tmp_path / "mlops.toml").read_text()
    assert "hunter2" not in done.to_text()
    assert any("credentials" in step for step in done.done)


def test_the_home_folder_is_refused(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(BadInput, match="home folder"):
        mlops.init(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_wrong_settings_that_are_there_are_told(tmp_path: Path):
    (tmp_path / "mlops.toml").write_text("[trackin]\n")
    with pytest.raises(BadSettings, match="did you mean"):
        mlops.init(tmp_path)


def test_four_at_once_make_one_store(tmp_path: Path):
    """A fresh store that several processes open at once dies in MLflow's own migration."""
    words = [sys.executable, "-m", "mlops_jupyter", "init", str(tmp_path / "p")]
    started = [subprocess.Popen(words, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    ended = [(process.communicate()[1], process.returncode) for process in started]
    assert [code for _, code in ended] == [0, 0, 0, 0], ended
    assert mlops.runs(mlops.Workspace.find(tmp_path / "p")).runs == []

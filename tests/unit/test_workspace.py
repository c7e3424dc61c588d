"""Finding a workspace, and choosing its store."""

from pathlib import Path

import pytest

from mlops_jupyter.errors import BadInput, BadSettings, NoWorkspace
from mlops_jupyter.workspace import Workspace, without_credentials


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "ws" / "deep" / "er").mkdir(parents=True)
    (tmp_path / "ws" / "mlops.toml").write_text("schema = 1\n")
    monkeypatch.chdir(tmp_path / "ws")
    return tmp_path / "ws"


def test_it_is_found_from_a_folder_below(root: Path):
    assert Workspace.find(root / "deep" / "er").root == root


def test_without_one_the_error_says_how_to_make_one(tmp_path: Path):
    with pytest.raises(NoWorkspace, match="mlops init"):
        Workspace.find(tmp_path)


def test_the_environment_variable_overrides(root: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("MLOPS_WORKSPACE", str(root))
    assert Workspace.find(tmp_path).root == root
    monkeypatch.setenv("MLOPS_WORKSPACE", str(tmp_path))
    with pytest.raises(NoWorkspace, match="MLOPS_WORKSPACE"):
        Workspace.find(root)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("schema = 1\n[trackin]\n", "did you mean 'tracking'"),
        ("[tracking]\nstoer = 'x'\n", "did you mean 'store'"),
        ("[data]\nhash_limit_mb = 'much'\n", "data.hash_limit_mb"),
        ("schema = 2\n", "schema"),
        ("[tracking\n", "not valid TOML"),
        ("[privacy]\ninput_examples = 'maybe'\n", "privacy.input_examples"),
    ],
)
def test_wrong_settings_are_told_by_file_and_key(root: Path, content: str, told: str):
    (root / "mlops.toml").write_text(content)
    with pytest.raises(BadSettings) as caught:
        Workspace.find(root)
    assert told in str(caught.value)
    assert "mlops.toml" in str(caught.value)


def test_the_store_is_flag_then_environment_then_file_then_embedded(root: Path, monkeypatch):
    assert Workspace.find(root).store.embedded
    (root / "mlops.toml").write_text("[tracking]\nstore = 'sqlite:///own.db'\n")
    own = Workspace.find(root).store
    assert own.sqlite_path == root / "own.db"
    assert not own.embedded
    assert "mlops.toml" in own.reason
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    assert Workspace.find(root).store.uri == "http://127.0.0.1:1"
    assert Workspace.find(root, store="local").store.embedded


def test_the_embedded_store_is_known_by_its_uri(root: Path, monkeypatch):
    """`mlops run` hands the URI to the kernel, where it must still count as the embedded one."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", Workspace.find(root).embedded_store.uri)
    assert Workspace.find(root).store.embedded


def test_a_folder_store_is_a_file_uri_of_the_workspace(root: Path):
    (root / "mlops.toml").write_text("[tracking]\nstore = 'mlruns'\n")
    store = Workspace.find(root / "deep").store
    assert store.uri == (root / "mlruns").as_uri()
    assert not store.remote


def test_credentials_are_not_shown(root: Path):
    store = Workspace.find(root, store="https://me:hunter2@mlflow.invalid/x").store
    assert "hunter2" not in store.shown
    assert "hunter2" not in repr(store)
    assert store.remote
    for secret in ("s3/cret", "p@ss", "a b"):
        assert secret not in without_credentials(f"http://me:{secret}@127.0.0.1:1/x")
    assert without_credentials("sqlite:///a@b.db") == "sqlite:///a@b.db"


def test_paths_stay_inside(root: Path, tmp_path: Path):
    workspace = Workspace.find(root)
    (tmp_path / "secret").write_text("x")
    (root / "link").symlink_to(tmp_path / "secret")
    assert workspace.inside("deep/../a.csv") == root / "a.csv"
    for path in ("../secret", "link", "/etc/passwd"):
        with pytest.raises(BadInput, match="outside the workspace"):
            workspace.inside(path)


def test_the_embedded_store_is_the_workspace_s_own_whoever_names_it(root: Path, monkeypatch):
    workspace = Workspace.find(root)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", workspace.embedded_store.uri)  # as `mlops run` does
    assert workspace.store == workspace.embedded_store

"""The handshake and the tag that says whether anything was written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mlops_jupyter.server.answers import handshake, state_tag
from mlops_jupyter.workspace import Workspace


@pytest.fixture
def bare(tmp_path: Path) -> Workspace:
    (tmp_path / "mlops.toml").write_text("schema = 1\n")
    (tmp_path / ".mlops").mkdir()
    (tmp_path / ".mlops" / "mlflow.db").write_bytes(b"x" * 10)
    return Workspace.find(tmp_path)


def test_the_tag_stays_while_nothing_is_written(bare):
    assert state_tag(bare, "runs", 100) == state_tag(bare, "runs", 100)


@pytest.mark.parametrize("name", ["mlflow.db", "mlflow.db-wal"])
def test_the_tag_changes_with_the_database_and_its_log(bare, name):
    path = bare.state_dir / name
    before = state_tag(bare, "runs")
    path.write_bytes(b"x" * 20)
    longer = state_tag(bare, "runs")
    os.utime(path, ns=(1, 1))
    assert len({before, longer, state_tag(bare, "runs")}) == 3


def test_the_tag_tells_questions_apart(bare):
    assert state_tag(bare, "runs", 1) != state_tag(bare, "runs", 2)


def test_a_store_that_is_not_there_yet_has_a_tag_and_a_remote_one_has_none(bare, monkeypatch):
    (bare.state_dir / "mlflow.db").unlink()
    assert state_tag(bare, "runs")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://me:secret@mlflow.example")
    assert state_tag(bare, "runs") is None
    found = handshake(bare.root).workspace
    assert found.store == "https://***@mlflow.example"
    assert found.poll_seconds > 5

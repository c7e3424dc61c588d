"""The handshake and the tag that says whether anything was written."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from mlops_jupyter.server import answers
from mlops_jupyter.server.answers import Turns, handshake, state_tag
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


def test_the_tag_changes_with_a_new_version_of_data(bare):
    tags = bare.root / ".git" / "refs" / "tags" / "mlops" / "data"
    (tags / "flights").mkdir(parents=True)
    (bare.root / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    time.sleep(0.06)
    before = state_tag(bare, "runs")
    assert before == state_tag(bare, "runs")
    (tags / "flights" / "v1").write_text("0" * 40)
    assert state_tag(bare, "runs") != before
    time.sleep(0.06)
    assert state_tag(bare, "runs") == state_tag(bare, "runs") != before


def test_files_are_looked_at_again_after_a_while(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(answers.time, "monotonic", lambda: now[0])
    turns = Turns()
    first = turns.of("runs", 100)
    now[0] += 14
    assert turns.of("runs", 100) == first
    now[0] += 2
    assert turns.of("runs", 100) == first + 1
    assert turns.of("show", "run:1") == first


def test_a_store_that_is_not_there_yet_has_a_tag_and_a_remote_one_has_none(bare, monkeypatch):
    (bare.state_dir / "mlflow.db").unlink()
    assert state_tag(bare, "runs")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://me:secret@mlflow.example")
    assert state_tag(bare, "runs") is None
    found = handshake(bare.root).workspace
    assert found.store == "https://***@mlflow.example"
    assert found.poll_seconds > 5

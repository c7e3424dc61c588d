from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from mlops_jupyter import git
from mlops_jupyter.errors import ToolFailed

IDENTITY = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    folder.mkdir()
    git.run(folder, "init", "--quiet", "--initial-branch=main")
    return folder


def test_no_repository(tmp_path):
    assert git.top_level(tmp_path) is None
    assert git.code_state(tmp_path) == git.CodeState()


def test_the_callers_repository_does_not_leak_in(repository, tmp_path, monkeypatch):
    # As inside of a git hook.
    monkeypatch.setenv("GIT_DIR", str(repository / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(repository))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "no-index"))
    assert git.top_level(tmp_path) is None
    assert git.top_level(repository) == repository


def test_state_before_the_first_commit(repository):
    (repository / "new file.py").touch()
    assert git.code_state(repository) == git.CodeState(None, "main", ["new file.py"])


def test_state_with_changes_and_detached(repository):
    for name in ("kept.py", "edited.py", "moved away.py"):
        (repository / name).write_text(f"text of {name}\n" * 5)
    git.run(repository, "add", ".")
    git.run(repository, *IDENTITY, "commit", "--quiet", "-m", "one")
    commit = git.run(repository, "rev-parse", "HEAD")
    assert git.code_state(repository) == git.CodeState(commit, "main", [])

    (repository / "edited.py").write_text("else\n")
    git.run(repository, "mv", "moved away.py", "größer.py")
    git.run(repository, "checkout", "--quiet", "--detach")
    state = git.code_state(repository)
    assert (state.commit, state.branch) == (commit, None)
    assert sorted(state.changed) == ["edited.py", "größer.py"]


def test_state_never_writes(repository):
    (repository / "a.py").write_text("1\n")
    git.run(repository, "add", ".")
    os.utime(repository / "a.py", (1, 1))  # git would like to refresh its index
    before = (repository / ".git" / "index").read_bytes()
    git.code_state(repository)
    assert (repository / ".git" / "index").read_bytes() == before


def test_gits_own_words(repository):
    with pytest.raises(ToolFailed) as error:
        git.run(repository, "-c", "core.splitIndex=false", "checkout", "nowhere")
    assert error.value.message.startswith("git checkout: pathspec 'nowhere' did not match")
    assert error.value.exit_code == 11


def test_git_missing(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolFailed, match="not installed"):
        git.top_level(tmp_path)
    assert "not installed" in git.code_state(tmp_path).problem


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="changes an owner")
def test_a_repository_of_somebody_else_is_not_taken_for_none(repository):
    subprocess.run(["chown", "-R", "12345", str(repository)], check=True)
    with pytest.raises(ToolFailed) as error:
        git.top_level(repository)
    assert "dubious ownership" in error.value.message
    assert "safe.directory" in error.value.hint

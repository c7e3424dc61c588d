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


def committed(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    git.run(folder, "add", ".")
    git.run(folder, *IDENTITY, "commit", "--quiet", "-m", "state")
    return folder


def test_each_kind_of_change(repository, tmp_path):
    library = tmp_path / "library"
    git.run(tmp_path, "init", "--quiet", str(library))
    committed(library, a_py="1\n")
    allow = ("-c", "protocol.file.allow=always")
    git.run(repository, *allow, "submodule", "--quiet", "add", str(library), "lib")
    committed(repository, a_py="1\n", b_py="1\n", c_py="1\n")
    (repository / "a.py").write_text("2\n")
    (repository / "b.py").unlink()
    git.run(repository, "mv", "c.py", "d.py")
    (repository / "d.py").unlink()
    (repository / "new").mkdir()
    (repository / "new" / "e.py").touch()
    (repository / "lib" / "a.py").write_text("2\n")
    kinds = {change.path: change.kind for change in git.status(repository).changes}
    assert kinds == {
        "a.py": "changed", "b.py": "deleted", "d.py": "deleted", "new/": "new", "lib": "submodule",
    }  # fmt: skip
    known = git.status(repository, new_files=False).changes
    assert "new/" not in {change.path for change in known}


def test_a_merge_conflict_is_a_change(repository):
    committed(repository, a_py="1\n")
    git.run(repository, "checkout", "--quiet", "-b", "other")
    committed(repository, a_py="2\n")
    git.run(repository, "checkout", "--quiet", "main")
    committed(repository, a_py="3\n")
    git.run(repository, *IDENTITY, "merge", "other", ok=(1,))
    assert [(c.path, c.kind) for c in git.status(repository).changes] == [("a.py", "changed")]


def test_git_that_takes_too_long_is_ended(repository):
    with pytest.raises(ToolFailed, match="git status: took longer than 1e-06 s"):
        git.status(repository, timeout=0.000001)


def test_the_top_is_found_without_git(repository, tmp_path, monkeypatch):
    committed(repository, a_py="1\n")
    inner = repository / "src" / "deep"
    inner.mkdir(parents=True)
    worktree = tmp_path / "worktree"
    git.run(repository, "worktree", "add", "--quiet", str(worktree))
    (tmp_path / ".git").mkdir()  # no repository, whatever its name
    monkeypatch.setenv("PATH", "")
    assert git.find_top(inner) == repository
    assert git.find_top(worktree) == worktree
    assert git.find_top(tmp_path) is None


def test_where_the_code_comes_from(repository):
    assert git.remote_url(repository, "main") is None
    git.run(repository, "remote", "add", "fork", "https://ada:s3cret@git.example/fork.git")
    assert git.remote_url(repository, "main") == "https://git.example/fork.git"
    git.run(repository, "remote", "add", "origin", "git@git.example:team/lib.git")
    assert git.remote_url(repository, None) == "git@git.example:team/lib.git"
    git.run(repository, "config", "branch.main.remote", "fork")
    assert git.remote_url(repository, "main") == "https://git.example/fork.git"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://git.example:8443/a/b.git", "https://git.example:8443/a/b.git"),
        ("https://token@git.example/a", "https://git.example/a"),
        ("https://ada:pa/ss@word@git.example/a", "https://git.example/a"),
        ("https://git.example:8443/a@b.git", "https://git.example:8443/a@b.git"),
        ("https://git.example/a?private_token=x#y", "https://git.example/a"),
        ("ssh://ada@git.example/a", "ssh://git.example/a"),
        ("ada:secret@git.example:a", "git.example:a"),
        ("/srv/git/a.git", "/srv/git/a.git"),
    ],
)
def test_no_credentials_in_urls(url, shown):
    assert git.without_userinfo(url) == shown

"""The tags of versions travel with git when asked, and nothing else does."""

from __future__ import annotations

import subprocess

import pytest

from mlops_jupyter import git
from mlops_jupyter.data import path_of, pull, push, snapshot
from mlops_jupyter.errors import Conflict, NotFound
from tests.stock import make_remote


@pytest.fixture
def origin(versions, shelf, tmp_path):
    bare = tmp_path / "origin.git"
    subprocess.run(["git", "init", "-q", "--bare", bare], check=True)
    git.run(versions.root, "remote", "add", "origin", str(bare))
    return bare


@pytest.fixture
def new(make_workspace, tmp_path, shelf):
    made = make_workspace(tmp_path / "new")
    make_remote(made.root, shelf)
    return made


def test_nothing_goes_to_git_unasked(versions, origin):
    done = push(versions)
    assert git.run(origin, "for-each-ref") == ""
    assert "git push origin 'refs/tags/mlops/data/*'" in done.note


def test_exactly_the_tags(versions, origin):
    hook = versions.root / ".git" / "hooks" / "pre-push"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    git.run(versions.root, "tag", "mine", "mlops/data/x/v1")
    done = push(versions, git="")
    assert (done.git_remote, done.tags) == ("origin", 3)
    assert git.run(origin, "for-each-ref", "--format=%(refname)").split() == [
        "refs/tags/mlops/data/data/v1", "refs/tags/mlops/data/x/v1",
        "refs/tags/mlops/data/x/v2",
    ]  # fmt: skip
    assert push(versions, git="origin").tags == 0


def test_only_those_of_the_versions_named(versions, origin):
    push(versions, "x@v2", git="")
    listed = git.run(origin, "for-each-ref", "--format=%(refname)").split()
    assert listed == ["refs/tags/mlops/data/x/v2"]


def test_they_come_back(versions, origin, new):
    push(versions, git="")
    git.run(new.root, "remote", "add", "origin", str(origin))
    done = pull(new, git="")
    assert (done.tags, len(done.versions)) == (3, 2)
    assert not (new.root / ".git" / "FETCH_HEAD").exists()
    assert path_of(new, "x@v2").is_file()


def test_a_name_that_means_something_else_there(versions, origin):
    push(versions, git="")
    git.run(versions.root, "tag", "-d", "mlops/data/x/v2")
    (versions.root / "data" / "x.csv").write_text("rival")
    snapshot(versions, "data/x.csv")
    with pytest.raises(Conflict, match="other versions than here"):
        push(versions, git="")
    with pytest.raises(Conflict):
        pull(versions, git="")


def test_an_unknown_git_remote(versions, origin):
    with pytest.raises(NotFound, match="git knows no remote 'x@v1'") as caught:
        push(versions, git="x@v1")
    assert "references come before --git" in caught.value.hint

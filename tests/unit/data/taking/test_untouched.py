"""Whatever state the user's repository is in, a snapshot leaves it as it is, to the byte."""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops_jupyter import git
from mlops_jupyter.data import path_of, resolve, snapshot
from mlops_jupyter.workspace import Workspace

IDENTITY = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
FILES = ("code.py", "far/away.py", "project/model.py", "project/data/x.csv", "project/data/y.csv")
HOOKS = (
    "applypatch-msg", "commit-msg", "post-checkout", "post-commit", "post-index-change",
    "post-merge", "post-rewrite", "pre-auto-gc", "pre-commit", "pre-push", "prepare-commit-msg",
    "reference-transaction",
)  # fmt: skip
# Settings that change what git does, writes or prints.
ODD = (
    "advice.detachedHead=true", "color.ui=always", "commit.gpgSign=true", "core.autocrlf=true",
    "core.fileMode=false", "core.ignoreCase=true", "core.logAllRefUpdates=always",
    "core.quotePath=true", "core.safecrlf=true", "core.sharedRepository=group",
    "core.untrackedCache=true", "extensions.worktreeConfig=true", "feature.manyFiles=true",
    "gc.auto=1", "i18n.commitEncoding=ISO-8859-1", "log.showSignature=true",
    "push.followTags=true", "status.showUntrackedFiles=no", "tag.forceSignAnnotated=true",
    "tag.gpgSign=true", "tag.sort=-refname", "user.useConfigOnly=true",
)  # fmt: skip

content = st.text("ab\n", max_size=5)
states = st.fixed_dictionaries(
    {
        "layout": st.sampled_from(
            ["plain", "below", "worktree", "in a submodule", "around a submodule", "shallow"]
        ),
        "commits": st.integers(0, 2),
        "detached": st.booleans(),
        "in progress": st.sampled_from(["nothing", "merge", "rebase", "cherry-pick"]),
        "stash": st.booleans(),
        "split index": st.booleans(),
        "sparse": st.booleans(),
        "packed": st.booleans(),
        "autostage": st.booleans(),
        "identity": st.booleans(),
        "own hooks": st.booleans(),
        "odd": st.sets(st.sampled_from(ODD), max_size=5),
        "staged": st.dictionaries(st.sampled_from(FILES), content, max_size=3),
        "unstaged": st.dictionaries(st.sampled_from(FILES), content, max_size=3),
    }
)
relaxed = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}


@dataclass
class Repository:
    """A repository in some state: its top, where the data is, and all that belongs to it."""

    around: Path
    top: Path
    ws: Workspace


def _write(top: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)


def _commit(top: Path, message: str) -> None:
    git.run(top, "add", "--all", "--sparse")
    git.run(top, *IDENTITY, "commit", "--quiet", "--allow-empty", "-m", message)


def _init(top: Path) -> None:
    top.mkdir()
    git.run(top, "init", "--quiet", "--initial-branch=main")


def _build(around: Path, state: dict[str, Any], make_workspace) -> Repository:
    origin, layout = around / "origin", state["layout"]
    _init(origin)
    below = "" if layout == "plain" else "project"
    make_workspace(origin / below)
    if state["autostage"]:
        (origin / below / ".dvc" / "config").write_text("[core]\n    autostage = true\n")
    # Only a repository of its own can be without a commit.
    commits = state["commits"] if layout in ("plain", "below") else state["commits"] or 1
    for number in range(commits):
        _write(origin, dict.fromkeys(FILES, f"{number}\n"))
        _commit(origin, f"commit {number}")
    top = _laid_out(around, layout)
    if state["sparse"] and commits:
        git.run(top, "sparse-checkout", "set", "--cone", "project", ".dvc")
    if state["split index"]:
        git.run(top, "update-index", "--split-index")
    if commits:
        _begin(top, state)
    if state["staged"] and state["in progress"] == "nothing":
        _write(top, state["staged"])
        git.run(top, "add", "--all", "--sparse")
    _write(top, {**state["unstaged"], "project/data/x.csv": "the data\n"})
    if state["packed"]:
        git.run(top, "pack-refs", "--all")
    _configure(around, top, state)
    return Repository(around, top, Workspace.find(top / below))


def _laid_out(around: Path, layout: str) -> Path:
    """Return the top of the repository that the layout is about."""
    local, origin = ("-c", "protocol.file.allow=always"), around / "origin"
    if layout == "worktree":
        git.run(origin, "worktree", "add", "--quiet", "-b", "side", str(around / "tree"))
        return around / "tree"
    if layout == "shallow":
        git.run(around, "clone", "--quiet", "--depth=1", origin.as_uri(), str(around / "clone"))
        return around / "clone"
    if layout == "in a submodule":
        _init(around / "super")
        git.run(around / "super", *local, "submodule", "add", "--quiet", str(origin), "sub")
        _commit(around / "super", "with a submodule")
        return around / "super" / "sub"
    if layout == "around a submodule":
        _init(around / "lib")
        _commit(around / "lib", "lib")
        git.run(origin, *local, "submodule", "add", "--quiet", str(around / "lib"), "project/lib")
        _commit(origin, "with a submodule")
    return origin


def _begin(top: Path, state: dict[str, Any]) -> None:
    """Leave something half done: a stash, a merge, a detached HEAD."""
    if state["stash"]:
        _write(top, {"code.py": "put away\n"})
        git.run(top, *IDENTITY, "stash")
    if state["in progress"] != "nothing":
        here = git.run(top, "symbolic-ref", "--short", "HEAD")
        git.run(top, "checkout", "--quiet", "-b", "other")
        _write(top, {"code.py": "theirs\n"})
        _commit(top, "theirs")
        git.run(top, "checkout", "--quiet", here)
        _write(top, {"code.py": "ours\n"})
        _commit(top, "ours")
        git.run(top, *IDENTITY, state["in progress"], "other", ok=(1,))
        assert "UU" in git.run(top, "status", "--porcelain")
    elif state["detached"]:
        git.run(top, "checkout", "--quiet", "--detach")


def _configure(around: Path, top: Path, state: dict[str, Any]) -> None:
    """Last of all: these would be in the way of building the state."""
    hooks = around / "hooks"
    common = Path(top, git.run(top, "rev-parse", "--git-common-dir"))
    for folder in (hooks, common / "hooks"):
        folder.mkdir(exist_ok=True)
        for name in HOOKS:
            (folder / name).write_text(f"#!/bin/sh\necho {name} >> '{around}/a hook ran'\n")
            (folder / name).chmod(0o755)
    if state["own hooks"]:
        git.run(top, "config", "core.hooksPath", str(hooks))
    for setting in sorted(state["odd"]):
        git.run(top, "config", *setting.split("=", 1))


# What a version is made of: objects, our tags, DVC's and our folders.
OURS = re.compile(
    r"(^|/)objects/|/refs/tags/mlops/data/|/logs/refs/tags/mlops/data/"
    r"|\.dvc/(cache|tmp)/|(^|/)\.mlops/"
)


def _picture(around: Path) -> dict[str, object]:
    """All there is, in the repository and around it, except what a version is made of."""
    picture: dict[str, object] = {}
    for path in sorted(around.rglob("*")):
        name = path.relative_to(around).as_posix()
        if not path.is_dir() and not OURS.search(name):
            found = path.lstat()
            picture[name] = (path.read_bytes(), found.st_mtime_ns, found.st_mode, found.st_ino)
    return picture


def _refs(top: Path) -> list[str]:
    listed = git.run(top, "for-each-ref").split("\n")
    return [line for line in listed if line and "refs/tags/mlops/data/" not in line]


def _stays_to_the_byte(state, tmp_path, monkeypatch, make_workspace) -> None:
    import pyarrow as pa

    around = Path(tempfile.mkdtemp(dir=tmp_path))
    found = _build(around, state, make_workspace)
    ws, data = found.ws, found.top / "project" / "data"
    before, refs = _picture(around), _refs(found.top)

    with monkeypatch.context() as patch:
        if not state["identity"]:
            for role in ("AUTHOR", "COMMITTER"):
                patch.delenv(f"GIT_{role}_NAME")
                patch.delenv(f"GIT_{role}_EMAIL")
        frame = pa.table({"a": [1, 2]})
        made = [
            snapshot(ws, data / "x.csv", tag="first"),
            snapshot(ws, data),
            snapshot(ws, frame, name="frame", tag="of now"),
            snapshot(ws, data / "x.csv", tag="ünï/code .lock~"),
        ]

    assert _picture(around) == before
    assert _refs(found.top) == refs
    # And the versions are there: HEAD's other files with them.
    has_commits = git.succeeds(found.top, "rev-parse", "--verify", "--quiet", "HEAD")
    inside = "" if ws.root == found.top else "project/"
    for version in made:
        tree = git.run(found.top, "ls-tree", "-r", "--name-only", version.commit).split("\n")
        assert f"{inside}{version.path}.dvc" in tree
        assert ("code.py" in tree) == has_commits
        if not version.is_folder:
            assert path_of(ws, version.ref).is_file()
    assert made[3].ref == made[0].ref == resolve(ws, "x@ünï/code .lock~").ref
    assert ("neutral" in made[0].note) == (not state["identity"])
    git.run(found.top, "fsck", "--no-dangling")
    shutil.rmtree(around)


@settings(max_examples=12, **relaxed)
@given(state=states)
def test_index_branch_files_and_stash_stay_to_the_byte(
    state, tmp_path, monkeypatch, make_workspace
):
    _stays_to_the_byte(state, tmp_path, monkeypatch, make_workspace)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@settings(max_examples=300, **relaxed)
@given(state=states)
def test_in_three_hundred_states(state, tmp_path, monkeypatch, make_workspace):
    _stays_to_the_byte(state, tmp_path, monkeypatch, make_workspace)


def test_the_picture_sees_a_change(ws):
    before = _picture(ws.root)
    git.run(ws.root, "add", "data/x.csv")
    assert _picture(ws.root) != before


def test_the_hooks_would_run(tmp_path, make_workspace):
    around = tmp_path / "around"
    around.mkdir()
    plain = {"layout": "plain", "commits": 1, "in progress": "nothing", "odd": set()}
    state = {**dict.fromkeys(("detached", "stash", "split index", "sparse", "packed",
                              "autostage", "own hooks"), False),
             "staged": {}, "unstaged": {}, **plain}  # fmt: skip
    found = _build(around, state, make_workspace)
    git.run(found.top, "update-ref", "refs/tags/some", "HEAD")
    assert (around / "a hook ran").is_file()

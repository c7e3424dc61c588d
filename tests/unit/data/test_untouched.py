"""Whatever state the user's repository is in, a snapshot leaves it as it is, to the byte."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops_jupyter import git
from mlops_jupyter.data import snapshot

IDENTITY = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
FILES = ("code.py", "project/model.py", "project/data/x.csv", "project/data/y.csv")

content = st.text("ab\n", max_size=5)
states = st.fixed_dictionaries(
    {
        "commits": st.integers(0, 2),
        "detached": st.booleans(),
        "below": st.booleans(),
        "merging": st.booleans(),
        "stash": st.booleans(),
        "split_index": st.booleans(),
        "autostage": st.booleans(),
        "staged": st.dictionaries(st.sampled_from(FILES), content, max_size=3),
        "unstaged": st.dictionaries(st.sampled_from(FILES), content, max_size=3),
    }
)


def _write(top: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)


def _commit(top: Path, message: str) -> None:
    git.run(top, "add", "--all")
    git.run(top, *IDENTITY, "commit", "--quiet", "--allow-empty", "-m", message)


def _build(top: Path, state: dict, make_workspace):
    top.mkdir()
    git.run(top, "init", "--quiet", "--initial-branch=main")
    git.run(top, "config", "core.splitIndex", str(state["split_index"]).lower())
    ws = make_workspace(top / "project" if state["below"] else top)
    if state["autostage"]:
        (ws.root / ".dvc" / "config").write_text("[core]\n    autostage = true\n")
    for number in range(state["commits"]):
        _write(top, dict.fromkeys(FILES, f"{number}\n"))
        _commit(top, f"commit {number}")
    if state["commits"]:
        if state["stash"]:
            _write(top, {"code.py": "put away\n"})
            git.run(top, *IDENTITY, "stash")
        if state["merging"]:
            git.run(top, "checkout", "--quiet", "-b", "other")
            _write(top, {"code.py": "theirs\n"})
            _commit(top, "theirs")
            git.run(top, "checkout", "--quiet", "main")
            _write(top, {"code.py": "ours\n"})
            _commit(top, "ours")
            git.run(top, *IDENTITY, "merge", "other", ok=(1,))
            assert (top / ".git" / "MERGE_HEAD").exists()
        elif state["detached"]:
            git.run(top, "checkout", "--quiet", "--detach")
    if state["staged"] and not state["merging"]:
        _write(top, state["staged"])
        git.run(top, "add", "--all")
    _write(top, {**state["unstaged"], "project/data/x.csv": "the data\n"})
    return ws


def _picture(top: Path) -> dict[str, object]:
    """All there is, except what a version is made of: objects, our tags, DVC's and our folders."""
    ours = (".git/objects/", ".git/refs/tags/mlops/", ".dvc/cache/", ".dvc/tmp/", ".mlops/")
    picture: dict[str, object] = {}
    for path in sorted(top.rglob("*")):
        name = path.relative_to(top).as_posix()
        if path.is_file() and not any(part in name for part in ours):
            found = path.stat()
            picture[name] = (path.read_bytes(), found.st_mtime_ns, found.st_mode, found.st_ino)
    picture["refs"] = [
        line
        for line in git.run(top, "for-each-ref").split("\n")
        if line and "refs/tags/mlops/data/" not in line
    ]
    return picture


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(state=states)
def test_index_branch_files_and_stash_stay_to_the_byte(
    state, tmp_path, monkeypatch, make_workspace
):
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site-cache"))
    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    ws = _build(folder / "repo", state, make_workspace)
    top = folder / "repo"
    before = _picture(top)

    one = snapshot(ws, top / "project" / "data" / "x.csv")
    two = snapshot(ws, top / "project" / "data")

    assert _picture(top) == before
    # And the versions are there: HEAD's other files with them.
    for version in (one, two):
        tree = git.run(top, "ls-tree", "-r", "--name-only", version.commit).split("\n")
        assert f"{'project/' if state['below'] else ''}{version.path}.dvc" in tree
        assert ("code.py" in tree) == (state["commits"] > 0)
    shutil.rmtree(folder)


def test_the_picture_sees_a_change(ws):
    before = _picture(ws.root)
    git.run(ws.root, "add", "data/x.csv")
    assert _picture(ws.root) != before

"""Bringing a version back: what is written, what never is, and what stays of what was there."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mlops_jupyter.data import checkout, path_of, snapshot
from mlops_jupyter.data.restoring import staging
from mlops_jupyter.errors import BadInput, Conflict, NotFound, ToolFailed


@pytest.fixture
def two(ws):
    """Two versions of a file, the second in its place."""
    snapshot(ws, "data/x.csv")
    (ws.root / "data" / "x.csv").write_text("a,b\n3,4\n")
    snapshot(ws, "data/x.csv")
    return ws


def leftovers(root: Path) -> list[str]:
    return [
        str(path.relative_to(root))
        for path in root.rglob("*")
        if "restoring" in path.parts
        and path.parent.name == "restoring"
        and "locks" not in path.parts
    ]


def test_a_file_is_as_it_was_and_may_be_changed(two):
    file = two.root / "data" / "x.csv"
    done = checkout(two, "data:x@v1")
    assert file.read_text() == "a,b\n1,2\n"
    assert (done.ref, done.path, done.unchanged, done.replaced) == (
        "data:x@v1",
        "data/x.csv",
        False,
        None,
    )
    file.write_text("mine")  # not the cache's own
    assert path_of(two, "x@v1").read_text() == "a,b\n1,2\n"
    assert leftovers(two.root) == []


def test_what_is_there_already_is_not_written(two):
    file = two.root / "data" / "x.csv"
    before = file.stat()
    done = checkout(two, "x")
    assert done.unchanged
    assert "nothing was written" in str(done)
    assert file.stat() == before


def test_what_no_version_has_is_not_written_over(two):
    file = two.root / "data" / "x.csv"
    file.write_text("a week of work")
    with pytest.raises(Conflict, match="not as any version has it") as caught:
        checkout(two, "x@v1")
    assert "--force" in caught.value.hint
    assert file.read_text() == "a week of work"


def test_with_force_it_stays_aside(two):
    file = two.root / "data" / "x.csv"
    file.write_text("a week of work")
    done = checkout(two, "x@v1", force=True)
    assert file.read_text() == "a,b\n1,2\n"
    assert done.replaced.startswith(".mlops/replaced/")
    assert (two.root / done.replaced).read_text() == "a week of work"
    assert done.replaced in str(done)


@pytest.mark.parametrize("left", [None, b"a,b"], ids=["lost", "torn"])
def test_content_that_the_cache_lost_is_not_kept(two, left):
    kept = path_of(two, "x@v2")
    kept.unlink()
    if left is not None:
        kept.write_bytes(left)
    with pytest.raises(Conflict, match="not as any version has it"):
        checkout(two, "x@v1")
    assert (two.root / "data" / "x.csv").read_text() == "a,b\n3,4\n"


def test_a_missing_file_and_its_folders_come_back(two):
    (two.root / "data" / "x.csv").unlink()
    (two.root / "data").rmdir()
    checkout(two, "x@v1")
    assert (two.root / "data" / "x.csv").read_text() == "a,b\n1,2\n"


def test_another_place_inside_and_outside(two, tmp_path):
    assert checkout(two, "x@v1", to="old.csv").path == "old.csv"
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    assert checkout(two, "x@v1", to=outside).path == str(outside / "x.csv")
    assert (outside / "x.csv").read_text() == "a,b\n1,2\n"
    assert [entry.name for entry in outside.iterdir()] == ["x.csv"]


@pytest.mark.parametrize("to", [".git/x", ".dvc/config", ".mlops/x", ".GIT/x", " "])
def test_what_tools_keep_for_themselves_is_out_of_bounds(two, to):
    with pytest.raises(BadInput):
        checkout(two, "x@v1", to=to, force=True)


@pytest.mark.parametrize("to", [".", ".."])
def test_the_workspace_itself_is_not_replaced(ws, to):
    snapshot(ws, "data")
    with pytest.raises(BadInput, match="workspace itself"):
        checkout(ws, "data", to=to, force=True)


def test_a_folder_with_a_repository_is_no_target(ws, tmp_path):
    snapshot(ws, "data")
    other = tmp_path / "other"
    (other / ".git").mkdir(parents=True)
    with pytest.raises(BadInput, match=r"holds \.git"):
        checkout(ws, "data", to=other, force=True)


def test_a_folder_is_what_it_was_as_a_whole(ws):
    data = ws.root / "data"
    (data / "sub").mkdir()
    (data / "sub" / "y ü.txt").write_text("y")
    snapshot(ws, "data")
    (data / "x.csv").write_text("changed")
    (data / "sub" / "y ü.txt").rename(data / "z.txt")
    snapshot(ws, "data")
    checkout(ws, "data@v1")
    found = {p.relative_to(data).as_posix(): p.read_text() for p in data.rglob("*") if p.is_file()}
    assert found == {"x.csv": "a,b\n1,2\n", "sub/y ü.txt": "y"}
    assert checkout(ws, "data@v1").unchanged


def test_a_file_that_was_added_to_a_folder_is_in_the_way(ws):
    snapshot(ws, "data")
    (ws.root / "data" / "x.csv").write_text("other")
    snapshot(ws, "data")
    (ws.root / "data" / "notes.md").write_text("mine")
    with pytest.raises(Conflict, match=r"notes\.md"):
        checkout(ws, "data@v1")
    done = checkout(ws, "data@v1", force=True)
    assert not (ws.root / "data" / "notes.md").exists()
    assert (ws.root / done.replaced / "notes.md").read_text() == "mine"


def test_what_dvc_ignores_in_a_folder_is_in_the_way_too(ws):
    (ws.root / ".dvcignore").write_text("*.tmp\n")
    snapshot(ws, "data")
    (ws.root / "data" / "a.tmp").write_text("mine")
    assert checkout(ws, "data@v1").unchanged  # it is what it was
    (ws.root / "data" / "x.csv").write_text("other")
    snapshot(ws, "data")
    with pytest.raises(Conflict, match=r"a\.tmp"):
        checkout(ws, "data@v1")


def test_a_file_where_a_folder_was_and_the_reverse(ws):
    snapshot(ws, "data")
    snapshot(ws, "data/x.csv", name="one")
    checkout(ws, "one", to="thing")
    checkout(ws, "data", to="thing", force=False)
    assert (ws.root / "thing" / "x.csv").is_file()
    checkout(ws, "one", to="thing/thing")
    with pytest.raises(Conflict, match="is a file"):
        checkout(ws, "one", to="data/x.csv/below")


def test_a_link_stays_a_link(two):
    real = two.root / "big.csv"
    file = two.root / "data" / "x.csv"
    file.rename(real)
    file.symlink_to(real)
    checkout(two, "x@v1")
    assert file.is_symlink()
    assert real.read_text() == "a,b\n1,2\n"


def test_a_link_out_of_the_workspace_is_not_followed(two, tmp_path):
    outside = tmp_path / "outside.csv"
    outside.write_text("a,b\n3,4\n")
    file = two.root / "data" / "x.csv"
    file.unlink()
    file.symlink_to(outside)
    with pytest.raises(BadInput, match="outside"):
        checkout(two, "x@v1", force=True)
    assert outside.read_text() == "a,b\n3,4\n"


def test_a_link_into_the_cache_is_replaced_itself(two):
    file = two.root / "data" / "x.csv"
    file.unlink()
    file.symlink_to(path_of(two, "x@v2"))
    checkout(two, "x@v1")
    assert not file.is_symlink()
    assert path_of(two, "x@v2").read_text() == "a,b\n3,4\n"


def test_a_file_that_shares_its_bytes_with_the_cache_becomes_one_s_own(two):
    """DVC may link files to its cache, and makes them read-only for that."""
    file, kept = two.root / "data" / "x.csv", path_of(two, "x@v2")
    file.unlink()
    os.link(kept, file)
    checkout(two, "x@v1")
    assert file.stat().st_mode & 0o222
    file.write_text("mine")
    assert kept.read_text() == "a,b\n3,4\n"


def test_a_second_one_waits_for_the_first(two):
    """What lies about is cleared by the next: it must be of none that lives."""
    states = []
    second = threading.Thread(target=checkout, args=(two, "x@v2"), kwargs={"to": "second.csv"})

    def and_another_begins(event):
        if not states:
            second.start()
            second.join(0.5)
            states.append((second.is_alive(), (two.root / "second.csv").exists()))

    checkout(two, "x@v1", to="first.csv", events=and_another_begins)
    second.join(30)
    assert states == [(True, False)]
    assert (two.root / "first.csv").read_text() == "a,b\n1,2\n"
    assert (two.root / "second.csv").read_text() == "a,b\n3,4\n"


def test_a_link_to_nothing_is_in_the_way(two):
    file = two.root / "data" / "x.csv"
    file.unlink()
    file.symlink_to(two.root / "gone")
    with pytest.raises(Conflict):
        checkout(two, "x@v1")
    checkout(two, "x@v1", force=True)
    assert not file.is_symlink()


def test_modes(ws):
    tool = ws.root / "tool.sh"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    snapshot(ws, "tool.sh")
    tool.unlink()
    checkout(ws, "tool")
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(tool.stat().st_mode) == 0o777 & ~umask
    secret = ws.root / "data" / "x.csv"
    snapshot(ws, "data/x.csv")
    secret.write_text("new")
    secret.chmod(0o600)
    snapshot(ws, "data/x.csv")
    checkout(ws, "x@v1")
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600  # no more open than what was there


def test_damaged_content_does_not_come_back(two):
    cached = path_of(two, "x@v1")
    cached.chmod(0o644)
    cached.write_text("a,b\n9,9\n")
    with pytest.raises(ToolFailed, match="damaged") as caught:
        checkout(two, "x@v1")
    assert "verify" in caught.value.hint
    assert (two.root / "data" / "x.csv").read_text() == "a,b\n3,4\n"
    assert leftovers(two.root) == []


def test_missing_content_names_pull(two):
    path_of(two, "x@v1").unlink()
    with pytest.raises(NotFound) as caught:
        checkout(two, "x@v1")
    assert "mlops data pull data:x@v1" in caught.value.hint


def test_without_the_system_s_exchange_it_works_in_two_steps(two, monkeypatch):
    monkeypatch.setattr(staging, "_exchanging_call", lambda: None)
    file = two.root / "data" / "x.csv"
    checkout(two, "x@v1")
    assert file.read_text() == "a,b\n1,2\n"
    file.write_text("mine")
    done = checkout(two, "x@v1", force=True)
    assert (two.root / done.replaced).read_text() == "mine"
    snapshot(two, "data")
    file.write_text("other")
    snapshot(two, "data")
    checkout(two, "data@v1")
    assert file.read_text() == "a,b\n1,2\n"
    assert leftovers(two.root) == []


def test_what_is_written_at_the_last_moment_is_kept(two):
    file = two.root / "data" / "x.csv"
    # The place has been looked at when this is told.
    done = checkout(two, "x@v1", events=lambda _: file.write_text("just now"))
    assert (two.root / done.replaced).read_text() == "just now"
    assert file.read_text() == "a,b\n1,2\n"


def test_what_killed_processes_left_is_cleared_or_kept(two):
    state = two.root / ".mlops"
    (state / "restoring" / "1.half").mkdir(parents=True)
    (state / "restoring" / "1.half" / "x.csv").write_text("a,")
    (state / "restoring" / "2").mkdir()
    (state / "restoring" / "2" / "x.csv").write_text("somebody's")
    checkout(two, "x@v1")
    assert leftovers(two.root) == []
    assert [p.read_text() for p in state.glob("replaced/*/x.csv")] == ["somebody's"]


def test_the_current_folder_is_not_pulled_away(ws, monkeypatch):
    snapshot(ws, "data")
    (ws.root / "data" / "x.csv").write_text("other")
    snapshot(ws, "data")
    monkeypatch.chdir(ws.root / "data")
    with pytest.raises(BadInput, match="current folder"):
        checkout(ws, "data@v1")


def test_from_the_shell(two):
    words = [
        sys.executable,
        "-m",
        "mlops_jupyter",
        "data",
        "checkout",
        "x@v1",
        "--to",
        "old dir/o.csv",
    ]
    done = subprocess.run(words, cwd=two.root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "old dir/o.csv" in done.stdout
    assert (two.root / "old dir" / "o.csv").read_text() == "a,b\n1,2\n"

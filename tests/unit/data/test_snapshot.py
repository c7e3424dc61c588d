from __future__ import annotations

import hashlib
import os
import time
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mlops_jupyter import git
from mlops_jupyter.data import path_of, snapshot, versions
from mlops_jupyter.data.cache.dvc_store import opened
from mlops_jupyter.errors import BadInput, Conflict, NotFound


def tree_of(ws, ref="mlops/data/x/v1") -> dict[str, str]:
    listed = git.run(ws.root, "ls-tree", "-r", "-z", ref).split("\0")[:-1]
    return {
        entry.partition("\t")[2]: git.run(ws.root, "cat-file", "blob", entry.split()[2])
        for entry in listed
    }


def commit_all(ws, message="work") -> None:
    git.run(ws.root, "add", "--all")
    git.run(
        ws.root, "-c", "user.name=Ada", "-c", "user.email=a@b.org", "commit", "-q", "-m", message
    )


def test_a_version_says_what_it_is(ws):
    version = snapshot(ws, "data/x.csv", message="as\nreceived — ✓")
    assert (version.name, version.version, version.ref) == ("x", 1, "data:x@v1")
    assert (version.path, version.size, version.files) == ("data/x.csv", 8, 1)
    assert version.hash == hashlib.md5(b"a,b\n1,2\n").hexdigest()
    assert version.message == "as\nreceived — ✓"
    assert abs((datetime.now(UTC) - version.created).total_seconds()) < 60
    assert (version.unchanged, version.same_as, version.file_now) == (False, None, "same")
    assert versions(ws).versions == (version,)
    assert path_of(ws, "x").read_bytes() == (ws.root / "data" / "x.csv").read_bytes()


def test_nothing_beside_the_data(ws):
    before = sorted(path for path in ws.root.rglob("*") if ".dvc/" not in str(path) + "/")
    snapshot(ws, "data/x.csv")
    after = sorted(
        path
        for path in ws.root.rglob("*")
        if ".dvc/" not in str(path) + "/" and ".mlops" not in str(path)
    )
    new = {path.relative_to(ws.root).parts[0] for path in set(after) - set(before)}
    assert new <= {".git"}
    data = (ws.root / "data" / "x.csv").stat()
    assert data.st_nlink == 1
    assert data.st_mode & 0o200


def test_same_content_makes_no_version(ws):
    first = snapshot(ws, "data/x.csv", message="one")
    again = snapshot(ws, "data/x.csv", message="two")
    assert again.unchanged
    assert (again.ref, again.commit, again.message) == (first.ref, first.commit, "one")
    assert "not kept" in again.note
    assert len(versions(ws).versions) == 1


def test_going_back_is_a_version_that_knows_its_twin(ws):
    file = ws.root / "data" / "x.csv"
    first = file.read_text()
    snapshot(ws, file)
    file.write_text("changed\n")
    second = snapshot(ws, file)
    assert (second.version, second.same_as) == (2, None)
    file.write_text(first)
    third = snapshot(ws, file)
    assert (third.version, third.same_as, third.unchanged) == (3, 1, False)
    assert versions(ws).versions[0] == third


def test_a_rewrite_within_the_clocks_tick_is_seen(ws):
    # Another content with the same inode, size and time stamp. A stamp that is not yet past
    # stands for one that a further write could get as well.
    file = ws.root / "data" / "x.csv"
    tick = time.time_ns() + 60 * 10**9
    for number in (1, 2, 3):
        file.write_text(f"a,b\n{number},0\n")
        os.utime(file, ns=(tick, tick))
        assert snapshot(ws, file).version == number


def test_a_file_written_just_now_is_remembered_all_the_same(ws):
    file = ws.root / "data" / "x.csv"
    file.write_bytes(b"x" * (20 * 2**20))
    snapshot(ws, file)
    with opened(ws) as store:
        assert store.hash_of(file, limit=0) is not None


@pytest.mark.parametrize("path", ["data/x.csv", "data"])
@pytest.mark.parametrize("left", [None, b"a,b"], ids=["lost", "torn"])
def test_content_lost_from_the_cache_is_put_back(ws, path, left):
    snapshot(ws, path)
    kept = path_of(ws, snapshot(ws, "data/x.csv").ref)
    kept.unlink()
    if left is not None:
        kept.write_bytes(left)
    assert snapshot(ws, path).unchanged
    assert kept.read_bytes() == b"a,b\n1,2\n"


def test_memory_stays_flat_whatever_the_size(ws):
    file = ws.root / "big.bin"
    with file.open("wb") as opened:
        opened.truncate(200 * 2**20)  # holes read as zeros
    snapshot(ws, "data/x.csv")  # what is imported once
    tracemalloc.start()
    snapshot(ws, file)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * 2**20


def test_a_folder(ws):
    folder = ws.root / "data"
    (folder / "sub").mkdir()
    (folder / "sub" / "y.csv").write_text("y")
    version = snapshot(ws, "data")
    assert version.hash.endswith(".dir")
    assert (version.files, version.size, version.is_folder) == (2, 9, True)
    assert snapshot(ws, "data/").unchanged
    with pytest.raises(BadInput, match="is a folder"):
        path_of(ws, version.ref)


def test_an_empty_file_is_a_version(ws):
    (ws.root / "empty.csv").touch()
    version = snapshot(ws, "empty.csv")
    assert (version.size, version.version) == (0, 1)
    assert path_of(ws, version.ref).read_bytes() == b""
    assert snapshot(ws, "empty.csv").unchanged


def test_empty_folders_inside_a_folder_are_said_to_be_left_out(ws):
    (ws.root / "data" / "deep" / "nothing").mkdir(parents=True)
    version = snapshot(ws, "data")
    assert version.files == 1
    assert version.note == "empty folders are not kept: deep/nothing"


def test_rows_of_parquet(ws):
    import pandas as pd

    pd.DataFrame({"a": range(7)}).to_parquet(ws.root / "seven.parquet")
    assert snapshot(ws, "seven.parquet").rows == 7
    (ws.root / "not.parquet").write_text("PAR1 in name only")
    assert snapshot(ws, "not.parquet").rows is None


def test_the_tree_is_heads_with_the_pointer_instead_of_the_data(ws):
    (ws.root / "code.py").write_text("1")
    (ws.root / "data.dvc").write_text("outs:\n- path: data\n")  # claims our path for itself
    commit_all(ws)
    (ws.root / ".dvc" / "config").write_text("['remote \"here\"']\n    url = /somewhere\n")
    snapshot(ws, "data/x.csv")
    tree = tree_of(ws)
    assert tree["code.py"] == "1"
    assert "url = /somewhere" in tree[".dvc/config"]  # of now, not of HEAD
    assert "path: x.csv" in tree["data/x.csv.dvc"]
    assert tree.keys().isdisjoint({"data/x.csv", "data.dvc"})
    parents = git.run(ws.root, "rev-list", "--parents", "-1", "mlops/data/x/v1").split()[1:]
    assert parents == [git.run(ws.root, "rev-parse", "HEAD")]


@pytest.mark.parametrize("ignored", ["data/", "data/*", "*.csv*"])
def test_a_pointer_git_ignores_moves_to_where_dvc_sees_it(ws, ignored):
    (ws.root / ".gitignore").write_text(ignored + "\n")
    version = snapshot(ws, "data/x.csv")
    assert "path: data/x.csv" in tree_of(ws)["mlops-data.dvc"]
    assert version.note == ""


def test_where_git_ignores_all_pointers_it_is_said(ws):
    (ws.root / ".gitignore").write_text("*.dvc\n")
    assert "git ignores *.dvc" in snapshot(ws, "data/x.csv").note


def test_identity_neutral_only_where_git_has_none(ws, monkeypatch):
    for role in ("AUTHOR", "COMMITTER"):
        for part in ("NAME", "EMAIL"):
            monkeypatch.delenv(f"GIT_{role}_{part}", raising=False)
    monkeypatch.delenv("EMAIL", raising=False)
    shape = ("log", "-1", "--format=%an <%ae> %cn <%ce>")
    snapshot(ws, "data/x.csv", name="none")
    neutral = "mlops-jupyter <mlops-jupyter@localhost>"
    assert git.run(ws.root, *shape, "mlops/data/none/v1") == f"{neutral} {neutral}"

    git.run(ws.root, "config", "user.name", "Ada")
    git.run(ws.root, "config", "user.email", "ada@example.org")
    snapshot(ws, "data/x.csv", name="own")
    ada = "Ada <ada@example.org>"
    assert git.run(ws.root, *shape, "mlops/data/own/v1") == f"{ada} {ada}"


def test_the_users_hooks_do_not_run(ws):
    hook = ws.root / ".git" / "hooks" / "reference-transaction"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    assert snapshot(ws, "data/x.csv").version == 1


@pytest.mark.parametrize(
    ("path", "kind", "said"),
    [
        ("data/y.csv", NotFound, ("no data/y.csv", "data/x.csv")),
        ("dta/x.csv", NotFound, ("no dta/x.csv", "no folder")),
        ("empty", BadInput, ("empty folder", "")),
        (".", BadInput, ("the workspace itself", "")),
        ("..", BadInput, ("outside the workspace", "")),
        ("../other.csv", BadInput, ("outside the workspace", "")),
        ("out.csv", BadInput, ("outside the workspace", "")),
        ("holds-out", BadInput, ("outside the workspace", "")),
        ("broken.csv", NotFound, ("link to a file that is missing", "")),
        ("pipe", BadInput, ("neither a file nor a folder", "")),
        (".git/config", BadInput, ("belongs to git", "")),
        (".dvc", BadInput, ("belongs to git", "")),
        (".mlops/notes.txt", BadInput, ("belongs to git", "")),
        ("to-git", BadInput, ("belongs to git", "")),
        ("x.csv.dvc", BadInput, ("DVC's pointer", "x.csv")),
        ("line\nbreak.csv", BadInput, ("characters", "rename")),
        ("ignored.csv", BadInput, (".dvcignore", "")),
    ],
)
def test_what_cannot_be_kept_is_refused_clearly(ws, tmp_path, path, kind, said):
    (tmp_path / "other.csv").write_text("secret")
    (ws.root / ".mlops").mkdir()
    for name in (".mlops/notes.txt", "x.csv.dvc", "line\nbreak.csv", "ignored.csv"):
        (ws.root / name).write_text("x")
    (ws.root / ".dvcignore").write_text("ignored.csv\n")
    (ws.root / "empty").mkdir()
    (ws.root / "out.csv").symlink_to(tmp_path / "other.csv")
    (ws.root / "holds-out").mkdir()
    (ws.root / "holds-out" / "link.csv").symlink_to(tmp_path / "other.csv")
    (ws.root / "broken.csv").symlink_to("nowhere.csv")
    (ws.root / "to-git").symlink_to(".git")
    os.mkfifo(ws.root / "pipe")
    with pytest.raises(kind) as error:
        snapshot(ws, path)
    assert said[0] in error.value.message
    assert said[1] in error.value.hint
    assert versions(ws).versions == ()


def test_links_inside_the_workspace_are_followed(ws):
    (ws.root / "link.csv").symlink_to("data/x.csv")
    assert snapshot(ws, "link.csv").hash == snapshot(ws, "data/x.csv").hash
    (ws.root / "through").symlink_to("data")
    assert snapshot(ws, "through/x.csv").unchanged  # it is the same path


def test_links_to_folders_inside_a_folder_are_said_to_be_left_out(ws):
    (ws.root / "more").mkdir()
    (ws.root / "data" / "linked").symlink_to(ws.root / "more")
    assert "linked" in snapshot(ws, "data").note


@pytest.mark.parametrize(
    "name",
    [
        "my data",
        "größe/日本",
        "-dash",
        "me@work",
        "a..b",
        "x.lock",
        ".hidden",
        "50%",
        "~^:?*[\\",
        "é",
    ],
)
def test_names_of_all_kinds(ws, name):
    version = snapshot(ws, "data/x.csv", name=name)
    assert version.name == name
    assert versions(ws, name).versions == (version,)
    assert versions(ws, version.ref.partition("@v1")[0]).versions == (version,)
    assert path_of(ws, version.ref).is_file()


@pytest.mark.parametrize(
    "name", ["", " ", " x", "a\nb", "a\x1b[2J", "x@v1", "x@", "x@3", "n" * 300]
)
def test_names_that_are_refused(ws, name):
    with pytest.raises(BadInput) as error:
        snapshot(ws, "data/x.csv", name=name)
    assert "--name" in error.value.hint


@pytest.mark.parametrize("file", ["-x y.csv", "größe ✓.csv", "a@b.csv", "x.tar.gz", "'\"$&.csv"])
def test_files_of_all_names(ws, file):
    (ws.root / file).write_text("content")
    version = snapshot(ws, f"./{file}")
    assert version.path == file
    assert version.name == Path(file).stem
    assert f"{version.path}.dvc" in tree_of(ws, version.commit)


def test_default_names_are_kept_apart(ws):
    for folder in ("train", "test"):
        (ws.root / folder).mkdir()
        (ws.root / folder / "x.csv").write_text(folder)
    assert snapshot(ws, "train/x.csv").name == "x"
    assert snapshot(ws, "test/x.csv").name == "test-x"
    assert snapshot(ws, "data/x.csv", name="chosen").name == "chosen"
    (ws.root / "data" / "x.csv").write_text("new")
    assert snapshot(ws, "data/x.csv").ref == "data:chosen@v2"


def test_names_that_differ_in_case_only_are_refused(ws):
    snapshot(ws, "data/x.csv", name="Flights")
    with pytest.raises(BadInput, match="differs only in case"):
        snapshot(ws, "data/x.csv", name="flights")


def test_a_path_counts_from_the_current_folder(ws, monkeypatch):
    monkeypatch.chdir(ws.root / "data")
    assert snapshot(ws, "x.csv").path == "data/x.csv"


def test_a_file_written_meanwhile(ws):
    file = ws.root / "data" / "x.csv"
    file.write_bytes(b"x" * (40 * 2**20))

    def append(event):
        if event.done:
            with file.open("ab") as opened:
                opened.write(b"more")

    with pytest.raises(Conflict, match="changed while it was read"):
        snapshot(ws, file, events=append)
    assert versions(ws).versions == ()
    assert [p for p in (ws.root / ".dvc" / "cache").rglob("*") if p.is_file()] == []


def test_a_file_that_is_replaced_meanwhile(ws):
    """Whoever writes a new file and renames it changes no byte of the one that is read."""
    file, other = ws.root / "data" / "x.csv", ws.root / "data" / "new.csv"
    file.write_bytes(b"x" * (40 * 2**20))
    other.write_bytes(b"y" * (40 * 2**20))
    os.utime(other, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))

    def replace(event):
        if event.done and other.exists():
            other.replace(file)

    with pytest.raises(Conflict, match="changed while it was read"):
        snapshot(ws, file, events=replace)
    assert versions(ws).versions == ()


def test_a_folder_that_gains_a_file_meanwhile(ws):
    big = ws.root / "data" / "big.bin"
    big.write_bytes(b"x" * (20 * 2**20))

    def add(event):
        if event.done:
            (ws.root / "data" / "late.csv").write_text("late")

    with pytest.raises(Conflict, match="changed while they were read"):
        snapshot(ws, "data", events=add)
    assert versions(ws).versions == ()


def test_progress_is_told(ws):
    file = ws.root / "data" / "x.csv"
    file.write_bytes(b"x" * (40 * 2**20))
    told = []
    snapshot(ws, file, events=told.append)
    assert [event.done for event in told if event.done] == sorted(e.done for e in told if e.done)
    assert told[-1].total == 40 * 2**20


def test_no_repository_says_how_to_make_one(tmp_path, monkeypatch):
    from mlops_jupyter.workspace import Workspace

    (tmp_path / "mlops.toml").write_text("schema = 1\n")
    (tmp_path / "x.csv").write_text("1")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput) as error:
        snapshot(Workspace.find(), "x.csv")
    assert "mlops init" in error.value.hint


def test_a_workspace_below_the_repositorys_top(tmp_path, monkeypatch, make_workspace):
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site-cache"))
    git.run(tmp_path, "init", "--quiet")
    ws = make_workspace(tmp_path / "deep" / "project")
    commit_all(ws)
    (ws.root / "x.csv").write_text("1")
    version = snapshot(ws, ws.root / "x.csv")
    assert version.path == "x.csv"
    assert versions(ws).versions == (version,)
    listed = git.run(tmp_path, "ls-tree", "-r", "--name-only", version.commit).split("\n")
    assert {"deep/project/x.csv.dvc", "deep/project/.dvc/config"} <= set(listed)


def test_a_path_from_the_root_in_a_sub_folder_is_guessed(ws, monkeypatch):
    (ws.root / "data" / "sub").mkdir()
    for folder, meant in (("data", "x.csv"), ("data/sub", "../x.csv")):
        monkeypatch.chdir(ws.root / folder)
        with pytest.raises(NotFound) as error:
            snapshot(ws, "data/x.csv")
        assert error.value.hint == f"did you mean {meant}?"

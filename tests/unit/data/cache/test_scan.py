"""Folders are seen as DVC sees them, only sooner."""

from __future__ import annotations

import os
import time

import pytest

from mlops_jupyter import git
from mlops_jupyter.data import snapshot
from mlops_jupyter.data.cache import dvc_store, folder_lists
from mlops_jupyter.data.cache.ignoring import Ignoring
from mlops_jupyter.data.cache.scan import scan
from mlops_jupyter.errors import BadInput
from tests.stock import sh

NAMES = [
    "a.csv", "b.tmp", "keep.tmp", ".hidden", "sub/a.csv", "sub/b.tmp", "sub/deep/c.log",
    "logs/x.csv", "sub/logs/y.csv", "logs.csv", ".git/config", "sub/.dvc/config", "x/.git",
    "größe ✓/日本.csv", "with space/-dash.csv", "build/out/z.csv", "at@2x.csv",
]  # fmt: skip


def _as_dvc_walks(repo, folder) -> set[str]:
    return {
        os.path.relpath(f"{where}/{name}", folder).replace(os.sep, "/")
        for where, _, names in repo.dvcignore.walk(repo.fs, str(folder))
        for name in names
    }


@pytest.mark.parametrize(
    "rules",
    ["", "*.tmp\n!keep.tmp\n", "logs/\n", "data/sub\n", "/data/build/out\n", "*\n!*.csv\n!*/\n",
     "**/deep/**\n", "data/**/*.csv\n!data/a.csv\n", "größe*\n# a word\n\\#x\n"],
)  # fmt: skip
def test_what_is_ignored_is_what_dvc_ignores(ws, rules):
    for name in NAMES:
        file = ws.root / "data" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    (ws.root / ".dvcignore").write_text(rules)
    folder = ws.root / "data"
    with dvc_store.opened(ws) as store:
        found = scan(folder, ws, Ignoring(store._repo))
        expected = _as_dvc_walks(store._repo, folder)
    assert set(found.files) == expected


def test_the_list_of_a_folder_is_dvcs_to_the_byte(ws):
    from dvc_data.hashfile.hash_info import HashInfo
    from dvc_data.hashfile.tree import Tree

    hashes = {name: f"{number:032x}" for number, name in enumerate(NAMES)}
    tree = Tree()
    for name, md5 in hashes.items():
        tree.add(tuple(name.split("/")), None, HashInfo("md5", md5))
    tree.digest()
    assert folder_lists.hash_of_tree(hashes) == tree.oid
    with dvc_store.opened(ws) as store:
        stored = store.put_folder(hashes, 0)
        assert store.cached(stored.hash).read_bytes() == tree.as_bytes()
        assert store.listing(stored.hash) == hashes


@pytest.mark.parametrize("change", ["write", "add", "remove", "replace"])
def test_a_change_is_seen_without_another_look_at_all(ws, change):
    folder = ws.root / "data"
    os.utime(folder, (1, 1))
    with dvc_store.opened(ws) as store:
        found = scan(folder, ws, Ignoring(store._repo))
    assert found.stands()
    file = folder / "x.csv"
    if change == "write":
        file.write_text("longer than before\n")
    elif change == "add":
        (folder / "y.csv").touch()
    elif change == "remove":
        file.unlink()
    else:
        (ws.root / "new.csv").write_text(file.read_text())
        (ws.root / "new.csv").replace(file)
    assert not found.stands()


def test_a_folder_that_changed_just_now_is_looked_at_again(ws):
    # A time that is not yet past stands for one that a further file could leave as it is.
    tick = time.time_ns() + 60 * 10**9
    os.utime(ws.root / "data", ns=(tick, tick))
    with dvc_store.opened(ws) as store:
        found = scan(ws.root / "data", ws, Ignoring(store._repo))
    assert not found.stands()  # another file might come within the clock's tick


def test_a_folder_that_may_not_be_read_is_refused_rather_than_left_out(ws, monkeypatch):
    inside = ws.root / "data" / "closed"
    inside.mkdir()

    def scandir(path, real=os.scandir):
        if str(path) == str(inside):
            raise PermissionError(13, "Permission denied", str(path))  # root may read all
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(BadInput, match="closed may not be read"):
        snapshot(ws, "data")


def test_a_name_that_is_no_text_is_refused(ws):
    (ws.root / "data" / os.fsdecode(b"caf\xe9.csv")).write_text("x")
    with pytest.raises(BadInput, match="no text"):
        snapshot(ws, "data")


def test_of_many_files_all_are_remembered_and_no_others(ws):
    for number in range(1100):
        (ws.root / "data" / f"{number} ü.csv").write_text(str(number))
    for neighbour in ("data.csv", "data0.csv", "data-more"):
        (ws.root / neighbour).write_text("x")
        snapshot(ws, neighbour)
    version = snapshot(ws, "data")
    with dvc_store.opened(ws) as store:
        assert store.hash_of(ws.root / "data", limit=0) == version.hash
        (ws.root / "data" / "7 ü.csv").write_text("changed")
        assert store.hash_of(ws.root / "data", limit=0) is None
        assert store.hash_of(ws.root / "data", limit=7) != version.hash


def test_stock_dvc_knows_what_was_remembered(ws):

    for number in range(20):
        (ws.root / "data" / f"{number}.csv").write_text(str(number))
    hash_ = snapshot(ws, "data").hash
    cached = {path for path in (ws.root / ".dvc" / "cache").rglob("*") if path.is_file()}
    sh(ws.root, "dvc", "add", "-q", "data")
    assert hash_ in (ws.root / "data.dvc").read_text()
    assert {p for p in (ws.root / ".dvc" / "cache").rglob("*") if p.is_file()} == cached
    assert git.run(ws.root, "tag", "--list") == "mlops/data/data/v1"
    assert snapshot(ws, "data").unchanged

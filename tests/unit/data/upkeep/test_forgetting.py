from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mlops_jupyter import data
from mlops_jupyter.data.cache import sharing
from mlops_jupyter.data.catalog import automatic, tags
from mlops_jupyter.data.catalog.automatic import Sighting
from mlops_jupyter.data.upkeep.state import forgotten_left
from mlops_jupyter.errors import BadInput, Conflict, NotFound
from mlops_jupyter.workspace import Workspace


@pytest.fixture
def remote(repository, tmp_path) -> Path:
    """A folder as DVC remote, with all that the cache has at the moment it is filled."""
    place = tmp_path / "remote"
    repository.write(".dvc/config", f"['remote \"storage\"']\n    url = {place}\n[core]\n    remote = storage\n")  # fmt: skip  # noqa: E501
    return place


def push(repository, remote: Path) -> None:
    shutil.copytree(repository.root / ".dvc/cache/files", remote / "files", dirs_exist_ok=True)


def in_remote(remote: Path) -> set[str]:
    return {p.parent.name + p.name for p in (remote / "files/md5").glob("??/*")}


def still_in(repository, name: str = "x", version: int = 1) -> tuple[str, ...]:
    (tag,) = [t for t in tags.read_all(repository.root) if (t.name, t.version) == (name, version)]
    assert tag.content is not None
    return tag.content.still_in


class TestForget:
    def test_the_content_is_gone_here_and_in_the_remote_and_a_hash_stays(self, repository, remote):
        old, new = repository.snapshot("x.csv", "old"), repository.snapshot("x.csv", "new")
        push(repository, remote)
        repository.write(f".mlops/profiles/{old.hash}.json", "{}")
        (remote / "mlops/profiles").mkdir(parents=True)
        (remote / f"mlops/profiles/{old.hash}.json").write_text("{}")
        done = data.forget(repository.ws, "data:x@v1")
        assert done.whole
        assert repository.cached() == in_remote(remote) == {new.hash}
        assert not (repository.root / f".mlops/profiles/{old.hash}.json").exists()
        assert list((remote / "mlops/profiles").iterdir()) == []
        stays = data.resolve(repository.ws, "x@v1")
        assert (stays.hash, stays.size, stays.forgotten) == (old.hash, old.size, done.when)
        assert still_in(repository) == ()
        assert (repository.root / "x.csv").read_text() == "new"
        assert "is forgotten" in done.to_text()
        assert "is forgotten" in done.to_html()

    def test_whoever_asks_for_it_is_told_when_it_was_forgotten(self, repository):
        repository.snapshot("x.csv", "old")
        data.forget(repository.ws, "x@v1")
        for ask in (data.path_of, data.checkout):
            with pytest.raises(NotFound, match=r"data:x@v1 was forgotten on 20\d\d-"):
                ask(repository.ws, "x@v1")
        assert data.versions(repository.ws).versions[0].forgotten is not None

    def test_no_pointer_to_it_is_left_in_git(self, repository):
        old = repository.snapshot("x.csv", "old")
        data.forget(repository.ws, "x@v1")
        listed = repository.git("ls-tree", "-r", "--name-only", "mlops/data/x/v1")
        assert "x.csv.dvc" not in listed
        assert repository.git("log", "--all", "-S", f"md5: {old.hash}", "--format=%h") == ""

    def test_nor_in_the_tombstone_one_that_the_branch_has(self, repository):
        hash_ = repository.add_by_dvc("x.csv", "old")
        repository.git("add", "x.csv.dvc", ".gitignore")
        repository.git("commit", "-qm", "by DVC")
        assert data.snapshot(repository.ws, "x.csv").hash == hash_
        data.forget(repository.ws, "x@v1")
        assert "x.csv.dvc" not in repository.git("ls-tree", "-r", "--name-only", "mlops/data/x/v1")
        assert repository.cached() == set()

    def test_the_same_content_again_is_a_new_version_and_says_so(self, repository):
        repository.snapshot("x.csv", "old")
        data.forget(repository.ws, "x@v1")
        again = data.snapshot(repository.ws, "x.csv")
        assert again.ref == "data:x@v2"
        assert "was forgotten as v1" in again.note
        assert data.path_of(repository.ws, "x@v2").read_text() == "old"

    def test_copies_of_what_runs_read_go_along(self, repository):
        version = repository.snapshot("x.csv", "old")
        copy = automatic.keep(
            repository.ws, Sighting(repository.root / "x.csv", version.hash, version.size)
        )
        done = data.forget(repository.ws, "x@v1")
        assert done.refs == ["data:x@v1", copy.ref]
        with pytest.raises(NotFound, match="forgotten"):
            data.path_of(repository.ws, copy.ref)

    def test_what_a_checkout_replaced_goes_where_it_is_the_same(self, repository):
        repository.snapshot("x.csv", "old")
        same = repository.write(".mlops/replaced/20261124T100000Z-abc/x.csv", "old")
        other = repository.write(".mlops/replaced/20261124T100000Z-abc/y.csv", "other")
        data.forget(repository.ws, "x@v1")
        assert not same.exists()
        assert other.exists()

    def test_the_work_tree_is_not_touched_but_named(self, repository):
        repository.snapshot("x.csv", "old")
        done = data.forget(repository.ws, "x@v1")
        assert (repository.root / "x.csv").read_text() == "old"
        assert done.stays == ["x.csv in the work tree"]
        assert "! not touched: x.csv" in done.to_text()

    def test_it_says_how_to_replace_a_tag_that_was_pushed(self, repository, tmp_path):
        repository.git("init", "-q", "--bare", str(tmp_path / "origin.git"))
        repository.git("remote", "add", "origin", str(tmp_path / "origin.git"))
        repository.snapshot("x.csv", "old")
        repository.git("push", "-q", "origin", "--tags")
        done = data.forget(repository.ws, "x@v1")
        assert done.commands == ["git push --force origin refs/tags/mlops/data/x/v1"]
        repository.git(*done.commands[0].split()[1:])
        theirs = repository.git("ls-remote", "origin", "refs/tags/mlops/data/x/v1").split()[0]
        assert theirs == repository.git("rev-parse", "mlops/data/x/v1")

    @pytest.mark.parametrize("asked_in", ["the main one", "the linked one"])
    def test_no_worktree_keeps_it(self, repository, tmp_path, asked_in):
        """A version of a linked worktree has a second name in the main one's cache."""
        repository.git("add", "mlops.toml", ".dvc/config")
        repository.git("commit", "-qm", "begin")
        repository.git("worktree", "add", "-q", str(tmp_path / "tree"))
        there = Workspace.find(tmp_path / "tree")
        (there.root / "x.csv").write_text("old")
        version = data.snapshot(there, there.root / "x.csv")
        other = repository.snapshot("y.csv", "new")
        for ws in (repository.ws, there):
            profile = ws.state_dir / "profiles" / f"{version.hash}.json"
            profile.parent.mkdir(parents=True, exist_ok=True)
            profile.write_text("{}")
            assert data.path_of(ws, "x@v1").is_file()
        asked = there if asked_in == "the linked one" else repository.ws
        assert data.forget(asked, "x@v1").whole
        for ws in (repository.ws, there):
            left = [p for p in ws.root.rglob("*") if version.hash[2:] in p.name]
            assert [p for p in left if "refs" not in p.parts] == []
            assert forgotten_left(ws) == {}
        assert repository.cached() == {other.hash}

    def test_a_label_goes_with_its_version(self, repository):
        repository.snapshot("x.csv", "old")
        label = tags.label_tag("x", "paper")
        repository.git("update-ref", label, "mlops/data/x/v1")
        data.forget(repository.ws, "x@v1")
        assert repository.git("rev-parse", label) == repository.git("rev-parse", "mlops/data/x/v1")

    def test_a_dry_run_removes_nothing(self, repository):
        old = repository.snapshot("x.csv", "old")
        planned = data.forget(repository.ws, "x@v1", dry_run=True)
        assert (planned.when, planned.files, planned.size) == (None, 1, 3)
        assert repository.cached() == {old.hash}
        assert "would be forgotten" in planned.to_text()

    def test_there_is_no_such_remote_or_version(self, repository):
        repository.snapshot("x.csv", "old")
        with pytest.raises(BadInput, match="no remote 'nowhere'"):
            data.forget(repository.ws, "x@v1", remote="nowhere")
        with pytest.raises(NotFound):
            data.forget(repository.ws, "y@v1")


class TestOthersWithTheSame:
    def test_they_are_named_and_nothing_goes(self, repository):
        for text in ("old", "new", "old"):
            repository.snapshot("x.csv", text)
        before = repository.cached()
        with pytest.raises(Conflict, match="data:x@v3 has the same content"):
            data.forget(repository.ws, "x@v1")
        assert repository.cached() == before
        done = data.forget(repository.ws, "x@v1", everywhere=True)
        assert set(done.refs) == {"data:x@v1", "data:x@v3"}
        assert len(repository.cached()) == 1

    def test_a_folder_that_holds_the_file_is_one(self, repository):
        repository.write("many/a.csv", "same")
        data.snapshot(repository.ws, "many")
        repository.snapshot("x.csv", "same")
        with pytest.raises(Conflict, match="data:many@v1 has the same content"):
            data.forget(repository.ws, "x@v1")

    def test_of_a_folder_only_what_no_other_version_needs(self, repository):
        for name in "ab":
            repository.write(f"many/{name}", name)
        data.snapshot(repository.ws, "many")
        repository.write("many/b", "other")
        data.snapshot(repository.ws, "many")
        done = data.forget(repository.ws, "many@v1")
        assert (done.files, done.shared) == (1, 1)
        assert {p.name: p.read_text() for p in _checked_out(repository, "many@v2").iterdir()} == {
            "a": "a",
            "b": "other",
        }
        assert len(repository.cached()) == 3

    def test_files_that_a_user_of_dvc_points_to_stay(self, repository):
        mine = repository.add_by_dvc("mine.csv", "a")
        for name in "ab":
            repository.write(f"many/{name}", name)
        data.snapshot(repository.ws, "many")
        data.forget(repository.ws, "many@v1")
        assert repository.cached() == {mine}


def _checked_out(repository, ref: str) -> Path:
    place = repository.root / "out"
    data.checkout(repository.ws, ref, to=place)
    return place


class TestRemotes:
    def test_one_that_is_not_there_is_told_and_again_finishes(self, repository, remote):
        repository.snapshot("x.csv", "old")
        push(repository, remote)
        remote.rename(remote.with_name("unplugged"))
        done = data.forget(repository.ws, "x@v1")
        assert not done.whole
        assert "is it mounted?" in done.to_text()
        assert repository.cached() == set()
        assert still_in(repository) == ("storage",)
        remote.with_name("unplugged").rename(remote)
        again = data.forget(repository.ws, "x@v1")
        assert again.whole
        assert again.when == done.when
        assert in_remote(remote) == set()
        assert still_in(repository) == ()

    def test_a_folder_whose_list_only_the_remote_has(self, repository, remote):
        for name in "ab":
            repository.write(f"many/{name}", name)
        data.snapshot(repository.ws, "many")
        push(repository, remote)
        remote.rename(remote.with_name("unplugged"))
        data.forget(repository.ws, "many@v1")
        remote.with_name("unplugged").rename(remote)
        assert data.forget(repository.ws, "many@v1").whole
        assert in_remote(remote) == set()

    def test_one_of_two(self, repository, remote, tmp_path):
        config = (repository.root / ".dvc/config").read_text()
        second = tmp_path / "second"
        repository.write(".dvc/config", f"{config}['remote \"second\"']\n    url = {second}\n")
        repository.snapshot("x.csv", "old")
        push(repository, remote)
        push(repository, second)
        data.forget(repository.ws, "x@v1", remote="storage")
        assert (in_remote(remote), len(in_remote(second))) == (set(), 1)
        assert still_in(repository) == ("second",)
        data.forget(repository.ws, "x@v1", remote="second")
        assert in_remote(second) == set()
        assert still_in(repository) == ()


def test_never_while_data_is_taken_in(repository, monkeypatch):
    version = repository.snapshot("x.csv", "old")
    monkeypatch.setattr(sharing, "_PATIENCE_S", 0.1)
    with sharing.taking(repository.root), pytest.raises(Conflict, match="taken in"):
        data.forget(repository.ws, "x@v1")
    assert repository.cached() == {version.hash}
    assert data.resolve(repository.ws, "x@v1").forgotten is None


def test_never_while_dvc_works(repository):
    from dvc.repo import Repo

    version = repository.snapshot("x.csv", "old")
    words = [sys.executable, "-m", "mlops_jupyter", "data", "forget", "x@v1", "--yes"]
    with Repo(str(repository.root)) as repo, repo.lock:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == Conflict.exit_code
    assert "DVC" in done.stderr
    assert repository.cached() == {version.hash}
    assert data.resolve(repository.ws, "x@v1").forgotten is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_anywhere_the_tombstone_is_first_and_again_finishes(repository, remote):
    for name in "abc":
        repository.write(f"many/{name}", name)
    version = data.snapshot(repository.ws, "many")
    push(repository, remote)
    pristine = repository.root.with_name("pristine")
    shutil.copytree(repository.root, pristine, symlinks=True)
    shutil.copytree(remote, remote.with_name("full"))
    passed = 0
    while _dies_at(repository, passed + 1):
        passed += 1
        content = repository.cached() | in_remote(remote)
        is_buried = data.resolve(repository.ws, "many@v1").forgotten is not None
        assert is_buried or len(content) == 4
        assert data.forget(repository.ws, "many@v1").whole
        assert repository.cached() | in_remote(remote) == set()
        assert still_in(repository, "many") == ()
        assert version.hash not in repository.git("ls-tree", "-r", "mlops/data/many/v1")
        for place, kept in ((repository.root, pristine), (remote, remote.with_name("full"))):
            for child in place.iterdir():
                shutil.rmtree(child) if child.is_dir() else child.unlink()
            shutil.copytree(kept, place, symlinks=True, dirs_exist_ok=True)
    assert passed >= 8


def _dies_at(repository, number: int) -> bool:
    """Forget in a child that is killed before its nth removal or move of a ref."""
    child = os.fork()
    if child == 0:
        count = 0

        def heard(event: str, args: tuple[object, ...]) -> None:
            nonlocal count
            words = args[1] if event == "subprocess.Popen" else ()
            if event == "os.remove" or "update-ref" in words:  # type: ignore[operator]
                count += 1
                if count == number:
                    os.kill(os.getpid(), signal.SIGKILL)

        try:
            sys.addaudithook(heard)
            data.forget(repository.ws, "many@v1")
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)

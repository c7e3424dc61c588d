"""Content to a remote and back: what is sent, what counts as whole, and what is said."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading

import pytest

from mlops_jupyter import git
from mlops_jupyter.cli import main
from mlops_jupyter.data import checkout, path_of, pull, push, resolve, snapshot, verify
from mlops_jupyter.errors import BadInput, Conflict, NotFound, ToolFailed, UsageError


def objects(shelf):
    return sorted(p for p in (shelf / "files").rglob("*") if p.is_file())


def spoil(path, content=b"spoilt"):
    path.chmod(0o644)
    path.write_bytes(content)
    path.chmod(0o444)


@pytest.fixture
def versions(ws):
    """A file in two versions, and a folder."""
    snapshot(ws, "data/x.csv")
    snapshot(ws, "data")
    (ws.root / "data" / "x.csv").write_text("a,b\n3,4\n")
    snapshot(ws, "data/x.csv")
    return ws


def test_all_content_is_sent_once(versions, shelf):
    done = push(versions)
    assert (done.how, done.remote, done.files) == ("push", "shelf", 3)
    assert len(objects(shelf)) == 3
    again = push(versions)
    assert (again.files, again.size) == (0, 0)
    assert "all is there already" in str(again)


def test_a_clone_gets_it_back(versions, shelf, clone):
    push(versions)
    other = clone()
    with pytest.raises(NotFound) as caught:
        path_of(other, "x")
    assert "mlops data pull" in caught.value.hint
    done = pull(other)
    assert {v.ref for v in done.versions} == {"data:x@v2", "data:data@v1"}
    checkout(other, "x")
    assert (other.root / "data" / "x.csv").read_text() == "a,b\n3,4\n"
    pull(other, "x@v1")
    assert path_of(other, "x@v1").read_text() == "a,b\n1,2\n"
    assert path_of(other, "x@v1").stat().st_mode & 0o777 == 0o444
    assert pull(other, all=True).files == 0


def test_how_much_of_a_version_travelled_is_said(ws, shelf, clone):
    (ws.root / "data" / "big.csv").write_text("x" * 5000)
    snapshot(ws, "data")
    assert "  sent 5.1 kB" in str(push(ws))
    (ws.root / "data" / "y.csv").write_text("y" * 3000)
    snapshot(ws, "data")
    assert "data:data@v2  data  sent 3.2 kB of 8.0 kB" in str(push(ws))
    other = clone()
    pull(other, "data@v1")
    assert "data:data@v2  data  fetched 3.2 kB of 8.0 kB" in str(pull(other, "data@v2"))


def test_a_pull_says_what_puts_it_in_place(versions, shelf, clone):
    push(versions)
    other = clone()
    one = pull(other, "x")
    assert str(one).endswith("\n  `mlops data checkout data:x@v2` puts it in place")
    both = str(pull(other, all=True))
    assert "`mlops data checkout REF` puts one in place: data:data@v1, data:x@v2" in both
    assert "all is here already" in str(pull(other, all=True))
    checkout(other, "x")
    assert "checkout" not in str(pull(other, all=True)), "the folder is there, too"


def test_one_version_alone(versions, shelf):
    push(versions, "x@v2")
    assert len(objects(shelf)) == 1
    with pytest.raises(UsageError):
        push(versions, "x", all=True)


def test_half_of_an_object_there_does_not_pass_for_whole(versions, shelf):
    push(versions)
    half = max(objects(shelf), key=lambda p: p.stat().st_size)
    spoil(half, half.read_bytes()[:-3])
    assert push(versions).files == 1
    assert verify(versions, remote="").ok


def test_files_that_a_list_there_names_are_looked_for_one_by_one(versions, shelf):
    push(versions)
    for path in objects(shelf):
        if not path.name.endswith(".dir"):
            path.unlink()
    assert push(versions).files == 2


def test_damaged_content_there_is_not_taken(versions, shelf, clone):
    push(versions)
    whole = resolve(versions, "x@v2").hash
    spoil(shelf / "files" / "md5" / whole[:2] / whole[2:], b"a,b\n3,5\n")  # of the same size
    other = clone()
    with pytest.raises(ToolFailed, match="damaged content"):
        pull(other)
    with pytest.raises(NotFound):
        path_of(other, "x@v2")
    assert path_of(other, "x@v1").read_text() == "a,b\n1,2\n"  # the folder's came
    assert not [p for p in (other.root / ".dvc/cache").rglob("*arriving*") if p.is_dir()]


def test_damaged_content_here_is_not_sent(versions, shelf):
    spoil(path_of(versions, "x@v1"))
    with pytest.raises(ToolFailed, match="damaged; nothing was sent"):
        push(versions)
    assert not (shelf / "files").exists() or objects(shelf) == []


def test_content_that_is_nowhere_is_told_after_the_rest_was_sent(versions, shelf):
    path_of(versions, "x@v2").unlink()
    with pytest.raises(NotFound, match="neither on this machine") as caught:
        push(versions)
    assert "data:x@v2" in caught.value.message
    assert "data:data@v1" not in caught.value.message
    assert len(objects(shelf)) == 2


def test_a_list_whose_files_are_lost_is_not_sent(ws, shelf):
    (ws.root / "data" / "y.csv").write_text("y")
    version = snapshot(ws, "data")
    snapshot(ws, "data/y.csv")
    path_of(ws, "y").unlink()
    with pytest.raises(NotFound):
        push(ws)
    assert version.hash[2:] not in [p.name for p in objects(shelf)]


def test_what_only_the_remote_has_is_no_loss(versions, shelf):
    push(versions)
    path_of(versions, "x@v2").unlink()
    assert push(versions).files == 0


def test_a_remote_that_lacks_it(versions, shelf, clone):
    push(versions, "x@v1")
    other = clone()
    with pytest.raises(NotFound, match="lacks content of data:data@v1, data:x@v2"):
        pull(other)
    pull(other, "x@v1")


def test_no_remote_an_unknown_one_and_one_that_is_not_there(versions, remote_of, tmp_path):
    with pytest.raises(BadInput, match="knows no remote") as caught:
        push(versions)
    assert "dvc remote add -d" in caught.value.hint
    with pytest.raises(BadInput, match="knows no remote 'nas'") as caught:
        push(versions, remote="nas")
    assert "references come before --remote" in caught.value.hint
    remote_of(versions, "nas", tmp_path / "not mounted")
    path_of(versions, "x@v2").unlink()
    with pytest.raises(NotFound, match="there is no such folder") as caught:
        pull(versions)
    assert "mount" in caught.value.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_remote_that_may_not_be_written(versions, shelf):
    shelf.mkdir(mode=0o500)
    with pytest.raises(ToolFailed, match="does not do it"):
        push(versions)


def test_a_remote_that_is_a_file(versions, shelf):
    shelf.write_text("not a folder")
    with pytest.raises(ToolFailed, match="does not do it"):
        push(versions)


def test_nothing_is_left_of_what_a_killed_pull_left(versions, shelf, clone):
    push(versions)
    other = clone()
    left = other.root / ".dvc" / "cache" / "files" / "md5" / ".mlops-arriving"
    left.mkdir(parents=True)
    (left / "half").write_text("half")
    pull(other)
    assert not left.exists()


class TestVerify:
    def test_all_is_whole(self, versions):
        found = verify(versions)
        assert found.ok
        assert {v.here for v in found.versions} == {"whole"}
        assert found.files == 3  # each content once

    def test_damaged_and_missing(self, versions):
        spoil(path_of(versions, "x@v1"))
        path_of(versions, "x@v2").unlink()
        found = {v.ref: v for v in verify(versions).versions}
        assert found["data:x@v1"].here == "damaged"
        assert found["data:data@v1"].damaged == ("x.csv",)
        assert found["data:x@v2"].here == "missing"
        assert not verify(versions).ok
        assert path_of(versions, "x@v1").read_bytes() == b"spoilt"  # only looked at

    def test_a_damaged_list(self, versions):
        from mlops_jupyter.data.cache.dvc_store import cached_path

        spoil(cached_path(versions, resolve(versions, "data").hash), b"[[{")
        found = {v.ref: v for v in verify(versions).versions}
        assert found["data:data@v1"].here == "damaged"
        assert found["data:x@v1"].here == "whole"

    def test_mended_from_the_work_tree(self, versions):
        spoil(path_of(versions, "x@v2"))
        found = verify(versions, fix=True)
        assert found.ok
        assert path_of(versions, "x@v2").read_text() == "a,b\n3,4\n"
        assert found.set_aside == ".mlops/damaged"
        (aside,) = (versions.root / ".mlops" / "damaged").iterdir()
        assert aside.read_bytes() == b"spoilt"

    def test_mended_from_the_remote_lists_included(self, versions, shelf):
        from mlops_jupyter.data.cache.dvc_store import cached_path

        push(versions)
        spoil(path_of(versions, "x@v1"))
        spoil(cached_path(versions, resolve(versions, "data").hash), b"[]")
        found = verify(versions, fix=True)
        assert found.ok, str(found)
        assert path_of(versions, "x@v1").read_text() == "a,b\n1,2\n"
        assert {v.ref: v.mended for v in found.versions}["data:data@v1"] == 2

    def test_what_cannot_be_mended_is_said(self, versions):
        spoil(path_of(versions, "x@v1"))
        found = verify(versions, "x@v1", fix=True)
        assert not found.ok
        assert found.versions[0].here == "missing"
        with pytest.raises(NotFound):
            path_of(versions, "x@v1")

    def test_what_was_never_pushed(self, versions, shelf):
        push(versions, "x@v1")
        found = {v.ref: v.there for v in verify(versions, remote="").versions}
        assert found == {"data:x@v1": "whole", "data:data@v1": "partly", "data:x@v2": "missing"}
        assert not verify(versions, remote="shelf").ok
        push(versions)
        assert verify(versions, remote="shelf").ok

    def test_what_only_the_remote_has_is_whole_there(self, versions, shelf):
        push(versions)
        shutil.rmtree(versions.root / ".dvc" / "cache" / "files")
        found = verify(versions, remote="")
        assert {v.ref: v.there for v in found.versions} == {
            "data:x@v2": "whole", "data:x@v1": "whole", "data:data@v1": "unknown",
        }  # fmt: skip
        assert not found.ok  # nobody knows which files the folder has

    def test_the_gate(self, versions, capsys):
        assert main(["data", "verify"]) == 0
        spoil(path_of(versions, "x@v1"))
        assert main(["data", "verify"]) == 1
        assert "damaged" in capsys.readouterr().out


class TestTags:
    @pytest.fixture
    def origin(self, versions, shelf, tmp_path):
        bare = tmp_path / "origin.git"
        subprocess.run(["git", "init", "-q", "--bare", bare], check=True)
        git.run(versions.root, "remote", "add", "origin", str(bare))
        return bare

    @pytest.fixture
    def new(self, make_workspace, tmp_path, remote_of, shelf):
        made = make_workspace(tmp_path / "new")
        remote_of(made, "shelf", shelf)
        return made

    def test_nothing_goes_to_git_unasked(self, versions, origin):
        done = push(versions)
        assert git.run(origin, "for-each-ref") == ""
        assert "git push origin 'refs/tags/mlops/data/*'" in done.note

    def test_exactly_the_tags(self, versions, origin):
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

    def test_only_those_of_the_versions_named(self, versions, origin):
        push(versions, "x@v2", git="")
        listed = git.run(origin, "for-each-ref", "--format=%(refname)").split()
        assert listed == ["refs/tags/mlops/data/x/v2"]

    def test_they_come_back(self, versions, origin, new):
        push(versions, git="")
        git.run(new.root, "remote", "add", "origin", str(origin))
        done = pull(new, git="")
        assert (done.tags, len(done.versions)) == (3, 2)
        assert not (new.root / ".git" / "FETCH_HEAD").exists()
        assert path_of(new, "x@v2").is_file()

    def test_a_name_that_means_something_else_there(self, versions, origin):
        push(versions, git="")
        git.run(versions.root, "tag", "-d", "mlops/data/x/v2")
        (versions.root / "data" / "x.csv").write_text("rival")
        snapshot(versions, "data/x.csv")
        with pytest.raises(Conflict, match="other versions than here"):
            push(versions, git="")
        with pytest.raises(Conflict):
            pull(versions, git="")

    def test_an_unknown_git_remote(self, versions, origin):
        with pytest.raises(NotFound, match="git knows no remote 'x@v1'") as caught:
            push(versions, git="x@v1")
        assert "references come before --git" in caught.value.hint


def test_two_pushes_and_pulls_at_once(versions, shelf, clone):
    big = versions.root / "big.bin"
    big.write_bytes(os.urandom(2_000_000))
    snapshot(versions, "big.bin")
    other = clone()

    def at_once(verb, ws, **more):
        found = []

        def one():
            try:
                found.append(verb(ws, **more).files)
            except Exception as error:  # noqa: BLE001 - the thread's, told below
                found.append(error)

        threads = [threading.Thread(target=one) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return found

    sent = at_once(push, versions)
    assert all(isinstance(count, int) for count in sent), sent
    assert verify(versions, remote="").ok
    fetched = at_once(pull, other, all=True)
    assert all(isinstance(count, int) for count in fetched), fetched
    assert verify(other).ok


def test_stopped_by_the_user(versions, shelf, monkeypatch):
    from mlops_jupyter.data.travel.remote import Remote

    send = Remote._send
    done = []

    def and_stop(self, hashes, arrived):
        send(self, hashes, arrived)
        done.append(hashes)
        raise KeyboardInterrupt

    monkeypatch.setattr(Remote, "_send", and_stop)
    with pytest.raises(KeyboardInterrupt):
        push(versions)
    monkeypatch.undo()
    assert push(versions).files == 3 - len(done[0])
    assert verify(versions, remote="").ok


def test_progress_is_told_some_twenty_times(ws, shelf):
    for n in range(200):
        (ws.root / "data" / f"{n}.csv").write_text(f"{n:03}\n")
    snapshot(ws, "data")
    for verb in (push, verify):
        told = []
        verb(ws, events=told.append)
        counted = [event for event in told if event.total]
        assert 2 <= len(counted) <= 45  # of files, and of their list
        assert counted[-1].done == counted[-1].total

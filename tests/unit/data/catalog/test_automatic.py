from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mlops_jupyter import data, git
from mlops_jupyter.data.cache.folder_lists import hash_of_tree
from mlops_jupyter.data.catalog import automatic
from mlops_jupyter.data.catalog.automatic import Sighting
from mlops_jupyter.errors import BadInput, Conflict, NotFound
from mlops_jupyter.workspace import Workspace


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def write(text: str, name: str = "data/x.csv") -> Sighting:
    file = Path(name).absolute()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return Sighting(file, md5(text), len(text))


def refs(root: Path) -> list[str]:
    listed = subprocess.run(
        ["git", "for-each-ref", "--format=%(refname)", "refs/mlops/"],
        cwd=root, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return listed.stdout.split()


def cached(ws) -> set[str]:
    folder = ws.root / ".dvc/cache/files/md5"
    return {p.parent.name + p.name for p in folder.glob("??/*")}


def test_what_was_read_is_found_by_path_and_hash_after_it_was_overwritten(ws):
    read = write("a\n1\n")
    automatic.keep(ws, read)
    write("a\n2\n")
    ref = f"data:data/x.csv@{read.hash[:8]}"
    assert data.path_of(ws, ref).read_text() == "a\n1\n"
    assert data.resolve(ws, ref.removeprefix("data:")).ref == ref
    assert data.resolve(ws, f"data:data/x.csv@{read.hash}").automatic


def test_it_is_no_named_version_and_listed_only_where_all_are_asked_for(ws):
    automatic.keep(ws, write("a\n1\n"))
    assert data.versions(ws).versions == ()
    (listed,) = data.versions(ws, all=True).versions
    assert listed.automatic
    assert listed.file_now == "same"


def test_many_keep_one_copy_under_one_ref(ws):
    read = write("a\n1\n")
    kept = {automatic.keep(ws, read).commit for _ in range(3)}
    assert len(kept) == 1
    assert len(refs(ws.root)) == 1
    assert cached(ws) == {read.hash}


def test_a_file_that_has_changed_is_not_kept_nor_is_what_it_is_now(ws):
    read = write("a\n1\n")
    write("a\n2\n")
    with pytest.raises(Conflict, match="has changed since it was read"):
        automatic.keep(ws, read)
    assert cached(ws) == set()
    assert refs(ws.root) == []
    assert [p for p in (ws.root / ".dvc/cache").rglob("*") if p.is_file()] == []


def test_of_a_folder_the_files_that_were_read(ws):
    for name in "abc":
        write(name, f"parts/{name}.txt")
    files = {"a.txt": md5("a"), "b.txt": md5("b")}
    kept = automatic.keep(ws, Sighting(Path("parts").absolute(), hash_of_tree(files), 2, files))
    assert kept.is_folder
    assert (kept.files, kept.size) == (2, 2)
    assert cached(ws) == {kept.hash, *files.values()}


def test_a_whole_folder(ws):
    files = {name: md5(name) for name in "abc"}
    for name in files:
        write(name, f"parts/{name}")
    kept = automatic.keep(ws, Sighting(Path("parts").absolute(), hash_of_tree(files)))
    assert cached(ws) == {kept.hash, *files.values()}


@pytest.mark.parametrize("name", ["my data/x 1.csv", "größe.csv", "-x.csv", "a@v1.csv", "a@b"])
def test_any_name(ws, name):
    read = write("a\n1\n", f"./{name}")
    automatic.keep(ws, read)
    assert data.resolve(ws, f"data:{name}@{read.hash[:8]}").path == name


def test_what_lies_outside_or_belongs_to_tools_has_no_place(ws, tmp_path):
    (tmp_path / "outside.csv").write_text("a\n")
    (ws.root / "link.csv").symlink_to(tmp_path / "outside.csv")
    places = [tmp_path / "outside.csv", ws.root / "link.csv", ws.root / ".dvc/config", ws.root]
    assert [automatic.place_of(ws, place) for place in places] == [None] * 4
    with pytest.raises(BadInput, match="outside"):
        automatic.keep(ws, Sighting(tmp_path / "outside.csv", md5("a\n"), 2))


def test_a_link_inside_is_kept_by_its_own_name(ws):
    read = write("a\n1\n")
    (ws.root / "link.csv").symlink_to(read.path)
    assert automatic.keep(ws, Sighting(ws.root / "link.csv", read.hash, 4)).path == "link.csv"


def test_too_little_of_a_hash_is_no_reference_and_a_shared_beginning_is_told(ws):
    kept = automatic.keep(ws, write("a\n1\n"))
    with pytest.raises(NotFound):
        data.resolve(ws, f"data:data/x.csv@{kept.hash[:7]}")
    other = kept.hash[:8] + "0" * 24
    message = git.run(ws.root, "log", "-1", "--format=%B", kept.commit).replace(kept.hash, other)
    words = ("commit-tree", f"{kept.commit}^{{tree}}", "-F", "-")
    commit = git.run(ws.root, *words, stdin=message.encode())
    git.run(ws.root, "update-ref", f"{refs(ws.root)[0].rpartition('/')[0]}/{other}", commit)
    with pytest.raises(BadInput, match="several"):
        data.resolve(ws, f"data:data/x.csv@{kept.hash[:8]}")
    assert data.resolve(ws, f"data:data/x.csv@{kept.hash[:9]}").hash == kept.hash


def test_git_keeps_what_is_tracked_and_clean(ws):
    clean, changed, untracked = (write(name, f"{name}.csv").path for name in ("p", "q", "r"))
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "add", "p.csv", "q.csv"], check=True)
    assert automatic.in_git(ws, [clean]) == set()  # no commit yet
    subprocess.run([*git, "commit", "-qm", "x"], check=True)
    changed.write_text("other")
    assert automatic.in_git(ws, [clean, changed, untracked]) == {clean}


def test_another_workspace_of_the_repository_is_not_listed(ws, make_workspace, monkeypatch):
    automatic.keep(ws, write("a\n1\n"))
    inner = make_workspace(ws.root / "inner")
    monkeypatch.chdir(inner.root)
    kept = automatic.keep(inner, write("b\n", "y.csv"))
    assert [v.path for v in automatic.read(inner)] == ["y.csv"]
    assert {v.path for v in automatic.read(ws)} == {"data/x.csv", "inner/y.csv"}
    assert data.path_of(inner, kept.ref).read_text() == "b\n"


def test_one_of_a_linked_worktree_outlives_it(ws, tmp_path):
    subprocess.run(["git", "add", "mlops.toml", ".dvc/config"], check=True)
    git.run(ws.root, "commit", "-qm", "begin")
    git.run(ws.root, "worktree", "add", "-q", str(tmp_path / "tree"))
    read = write("a\n1\n", str(tmp_path / "tree" / "x.csv"))
    kept = automatic.keep(Workspace.find(tmp_path / "tree"), read)
    git.run(ws.root, "worktree", "remove", "--force", str(tmp_path / "tree"))
    assert data.path_of(ws, kept.ref).read_text() == "a\n1\n"


def test_no_user_file_index_or_branch_is_touched(ws):
    read = write("a\n1\n")
    before = {p: p.read_bytes() for p in ws.root.rglob("*") if p.is_file()}
    automatic.keep(ws, read)
    ours = ("refs/mlops", ".git/objects", ".dvc/cache", ".dvc/tmp")
    after = {p: p.read_bytes() for p in ws.root.rglob("*") if p.is_file()}
    assert {os.fspath(p) for p in after if before.get(p) != after[p]} == {
        os.fspath(p) for p in after if p not in before and any(part in str(p) for part in ours)
    }


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_anywhere_nothing_is_half_and_again_it_is_whole(ws):
    read = write("a\n1\n")
    automatic.keep(ws, write("b\n", "y.csv"))  # what is imported and made once
    number = 0
    while _dies_at(ws, read, number + 1):
        number += 1
        for hash_ in cached(ws):
            kept = ws.root / ".dvc/cache/files/md5" / hash_[:2] / hash_[2:]
            assert hashlib.md5(kept.read_bytes(), usedforsecurity=False).hexdigest() == hash_
        assert all(data.path_of(ws, v.ref).is_file() for v in automatic.read(ws))
        assert data.path_of(ws, automatic.keep(ws, read).ref).read_text() == "a\n1\n"
        subprocess.run(
            ["git", "update-ref", "-d", f"refs/mlops/data/data%2Fx%2Ecsv/{read.hash}"], check=True
        )
        (ws.root / ".dvc/cache/files/md5" / read.hash[:2] / read.hash[2:]).unlink()
    assert number >= 4


def _dies_at(ws, read: Sighting, number: int) -> bool:
    """Keep in a child that is killed before its nth file, rename or call of git."""
    child = os.fork()
    if child == 0:
        count = 0

        def heard(event: str, args: tuple[object, ...]) -> None:
            nonlocal count
            writes = event == "open" and isinstance(args[2], int) and args[2] & os.O_WRONLY
            if writes or event in ("os.rename", "subprocess.Popen"):
                count += 1
                if count == number:
                    os.kill(os.getpid(), signal.SIGKILL)

        try:
            sys.addaudithook(heard)
            automatic.keep(ws, read)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)

"""Which of what runs have read is copied, and what is said of the rest."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mlops_jupyter import data, git
from mlops_jupyter.data.cache.dvc_store import cached_path, hash_file
from mlops_jupyter.data.catalog import automatic
from mlops_jupyter.data.catalog.automatic import Sighting
from mlops_jupyter.tracking.capture.keeping import Keeper
from mlops_jupyter.workspace import Workspace

MB = 1_000_000


@pytest.fixture
def keeper(workspace):
    """A keeper of copies of one megabyte at most, two in all."""
    settings = workspace.root / "mlops.toml"
    text = settings.read_text().replace("copy_limit_mb = 200", "copy_limit_mb = 1")
    settings.write_text(text.replace("keep_total_mb = 2048", "keep_total_mb = 2"))
    made = Keeper(Workspace.find(workspace.root))
    yield made
    assert made.wait(60)


def seen(name: str, content: bytes) -> Sighting:
    file = Path(name).absolute()
    file.write_bytes(content)
    return Sighting(file, hashlib.md5(content, usedforsecurity=False).hexdigest(), len(content))


def kept(workspace) -> set[str]:
    return {version.path for version in automatic.read(workspace)}


def test_a_copy_has_a_reference_at_once_and_its_content_soon(workspace, keeper):
    read = seen("x.csv", b"1\n")
    (reference,) = keeper.offer([read]).values()
    assert keeper.wait(60)
    Path("x.csv").write_text("2\n")
    assert data.path_of(workspace, reference).read_bytes() == b"1\n"
    assert keeper.news() == []


def test_a_copy_under_way_is_waited_for_by_those_who_ask_for_it(workspace, keeper, monkeypatch):
    keep, read, asked = automatic.keep, automatic.read, threading.Event()

    def once_asked(*given):
        assert asked.wait(60)
        return keep(*given)

    def asking(workspace):
        found = read(workspace)
        if threading.current_thread() is threading.main_thread():
            asked.set()
        return found

    monkeypatch.setattr(automatic, "keep", once_asked)
    (reference,) = keeper.offer([seen("x.csv", b"1\n")]).values()
    monkeypatch.setattr(automatic, "read", asking)
    assert data.path_of(workspace, reference).read_bytes() == b"1\n"


def test_what_is_larger_than_a_copy_may_be(workspace, keeper):
    assert keeper.offer([seen("big.bin", b"x" * (MB + 1)), seen("x.csv", b"1\n")]).keys() == {
        Path("x.csv").absolute()
    }
    assert keeper.wait(60)
    assert kept(workspace) == {"x.csv"}
    assert keeper.news() == ["copy of big.bin: larger than copy_limit_mb in mlops.toml"]
    keeper.offer([seen("big.bin", b"x" * (MB + 1))])
    assert keeper.news() == [], "it is said once"


def test_copies_under_way_count_and_the_same_content_counts_once(workspace, keeper):
    sizes = 900_000
    offered = [seen(name, name[:1].encode() * sizes) for name in ("a", "b", "a again", "c")]
    assert [path.name for path in keeper.offer(offered)] == ["a", "b", "a again"]
    assert keeper.wait(60)
    assert kept(workspace) == {"a", "a again", "b"}
    (said,) = keeper.news()
    assert "keep_total_mb in mlops.toml is reached" in said


def test_what_git_has_is_not_copied_until_it_is_changed(workspace, keeper):
    tracked = seen("x.csv", b"1\n")
    git.run(workspace.root, "add", "x.csv")
    identity = ("-c", "user.name=A", "-c", "user.email=a@b")
    git.run(workspace.root, *identity, "commit", "-qm", "x")
    assert keeper.offer([tracked]) == {}
    assert keeper.offer([seen("x.csv", b"2\n")]).keys() == {tracked.path}
    assert keeper.news() == []


def test_what_was_forgotten_does_not_come_back(workspace, keeper):
    read = seen("x.csv", b"1\n")
    data.snapshot(workspace, "x.csv")
    data.forget(workspace, "x@v1")
    assert keeper.offer([read]) == {}
    assert keeper.wait(60)
    assert not cached_path(workspace, read.hash).exists()
    assert keeper.news() == ["copy of x.csv: this content was forgotten (mlops data forget)"]


def test_what_is_another_content_by_now_is_not_kept_and_that_is_said(workspace, keeper):
    read = seen("x.csv", b"1\n")
    Path("x.csv").write_text("2\n")
    keeper.offer([read])
    assert keeper.wait(60)
    assert kept(workspace) == set()
    (said,) = keeper.news()
    assert said.startswith("copy of x.csv: ")
    assert "has changed since it was read" in said


def test_what_lies_outside_is_said_not_to_be_copied(workspace, keeper, tmp_path):
    temporary, outside = seen(str(tmp_path / "out.csv"), b"1\n"), Path(os.__file__)
    assert keeper.offer([temporary]) == {}
    assert keeper.news() == [], "what libraries throw away is nobody's data"
    assert keeper.offer([Sighting(outside, "0" * 32, outside.stat().st_size)]) == {}
    assert keeper.news() == ["copies of files outside the workspace: only their hashes are kept"]


SCRIPT = """
import sys
import threading
from pathlib import Path
from mlops_jupyter.data.catalog.automatic import Sighting
from mlops_jupyter.tracking.capture import keeping
from mlops_jupyter.workspace import Workspace
keeping.of(Workspace.find()).offer([Sighting(Path("x.bin").absolute(), sys.argv[1], 100 * 2**20)])
"""


def test_a_process_that_ends_at_once_leaves_the_copy(workspace):
    with Path("x.bin").open("wb") as opened:
        opened.truncate(100 * 2**20)  # it takes a while
    hash_ = hash_file(workspace, Path("x.bin"))
    subprocess.run([sys.executable, "-c", SCRIPT, hash_], check=True)
    (version,) = automatic.read(workspace)
    assert data.path_of(workspace, version.ref).stat().st_size == 100 * 2**20

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mlops_jupyter.tracking.capture import objects


class NoServer:
    """Stands for a client that must not be asked."""


def test_the_same_content_is_stored_once(workspace, tmp_path):
    content = b"x" * 100_000
    for run in range(20):
        objects.store(
            workspace,
            NoServer(),
            "run",
            (tmp_path / f"run {run}").as_uri(),
            {"code/files/a.py": content},
        )
    files = [tmp_path / f"run {run}" / "code/files/a.py" for run in range(20)]
    assert {file.read_bytes() for file in files} == {content}
    assert len({file.stat().st_ino for file in files}) == 1
    assert files[0].stat().st_nlink == 21
    assert not list(tmp_path.rglob("*.part"))


def test_a_file_is_the_same_object_as_its_bytes(workspace, tmp_path):
    content = os.urandom(3_000_000)
    (tmp_path / "big.bin").write_bytes(content)
    stored = objects.put_file(workspace, tmp_path / "big.bin")
    assert stored.read_bytes() == content
    assert stored.stat().st_mode & 0o222 == 0
    assert objects.put(workspace, content) == stored == objects.put_file(workspace, stored)
    (tmp_path / "big.bin").write_bytes(b"later")
    assert stored.read_bytes() == content
    assert not list((workspace.state_dir / "objects").rglob("*.part"))


def test_an_artifact_that_is_there_is_replaced(workspace, tmp_path):
    uri = tmp_path.as_uri()
    objects.store(workspace, NoServer(), "run", uri, {"a.txt": b"one"})
    objects.store(workspace, NoServer(), "run", uri, {"a.txt": b"two"})
    objects.store(workspace, NoServer(), "run", uri, {"a.txt": b"two"})
    assert (tmp_path / "a.txt").read_bytes() == b"two"
    assert objects.put(workspace, b"one").read_bytes() == b"one"
    assert not list(tmp_path.rglob("*.part"))


def test_a_torn_object_is_written_again(workspace):
    stored = objects.put(workspace, b"whole content")
    stored.chmod(0o644)
    stored.write_bytes(b"who")
    assert objects.put(workspace, b"whole content").read_bytes() == b"whole content"


def test_an_artifact_cannot_be_changed_by_mistake(workspace):
    assert objects.put(workspace, b"one").stat().st_mode & 0o222 == 0


def test_a_copy_where_there_are_no_hard_links(workspace, tmp_path, monkeypatch):
    def refuse(*_args):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    objects.link(objects.put(workspace, b"one"), tmp_path / "folder" / "a.txt")
    assert (tmp_path / "folder" / "a.txt").read_bytes() == b"one"


@pytest.mark.parametrize("name", ["../a", "/etc/a", "code/../../a", ""])
def test_nothing_is_written_outside_the_run(workspace, tmp_path, name):
    with pytest.raises(ValueError, match="no path inside"):
        objects.store(workspace, NoServer(), "run", tmp_path.as_uri(), {name: b""})


@pytest.mark.parametrize(
    "path",
    [
        "plain.py",
        "größe/a b.py",
        "50%.py",
        "~.py",
        "a\nb.py",
        os.fsdecode(b"\xff\xfe.py"),
        "a#?.py",
    ],
)
def test_odd_names_come_back(path):
    name = objects.name_of(path)
    name.encode()
    assert objects.path_of(name) == path
    assert Path(name).name.isprintable()

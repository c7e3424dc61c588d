"""`mlops reproduce` only reads what is the user's, however it ends; and a store may be hostile."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

import mlops_jupyter as mlops
from mlops_jupyter import git
from mlops_jupyter.reproducing import building, copies
from mlops_jupyter.reproducing.code import Code
from mlops_jupyter.reproducing.recorded import read
from mlops_jupyter.tracking.capture import objects
from mlops_jupyter.tracking.history import find
from mlops_jupyter.tracking.history.sides import Reader
from mlops_jupyter.tracking.store.opening import client
from tests.reproducing import IDENTITY, commit, notebook, prepare, refused, state_of

pytestmark = pytest.mark.usefixtures("_closed_loop")

LOG = "import mlops_jupyter as mlops\nmlops.log({'score': 0.5})"


@pytest.fixture
def project(workspace, tmp_path, monkeypatch):
    """A repository that is in the middle of something: staged, changed, stashed, a worktree."""
    root = workspace.root
    prepare(root)
    Path("a.txt").write_text("one\n")
    commit(root)
    git.run(root, "branch", "other")
    git.run(root, "worktree", "add", "--quiet", str(tmp_path / "beside"), "other")
    Path("a.txt").write_text("stashed\n")
    git.run(root, *IDENTITY, "stash", "--quiet")
    Path("a.txt").write_text("staged\n")
    git.run(root, "add", "a.txt")
    Path("a.txt").write_text("changed\n")
    Path("new.txt").write_text("new\n")
    places = tmp_path / "temporary"
    places.mkdir()
    monkeypatch.setenv("TMPDIR", str(places))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return workspace


def left_behind(tmp_path):
    return list((tmp_path / "temporary").glob("mlops-reproduce-*"))


def test_nothing_of_the_users_is_touched(project, tmp_path):
    writes = "import pathlib, subprocess\npathlib.Path('a.txt').write_text('by the notebook')\n"
    path = notebook("train.ipynb", writes + "subprocess.run(['git', 'add', '-A'])", LOG)
    content = path.read_text()
    mlops.run(project, path)
    Path("a.txt").write_text("changed\n")
    git.run(project.root, "reset", "--quiet")
    git.run(project.root, "add", "new.txt")
    before = state_of(project.root)

    assert mlops.reproduce(project, "last").verdict == "identical"

    assert state_of(project.root) == before
    assert path.read_text() == content
    assert left_behind(tmp_path) == []


def test_nor_when_it_fails(project, tmp_path):
    mark = tmp_path / "mark"
    find = f"import pathlib\nmark = pathlib.Path({str(mark)!r})\n"
    code = f"{find}assert not mark.exists()\nmark.touch()"
    mlops.run(project, notebook("train.ipynb", code, LOG))
    before = state_of(project.root)
    told = refused(project)
    assert told.verdict == "different"
    assert "AssertionError" in told.reasons[0]
    assert state_of(project.root) == before
    assert left_behind(tmp_path) == []


def test_nor_when_it_is_stopped(project, tmp_path):
    mark = tmp_path / "mark"
    code = (
        f"import pathlib, time\nmark = pathlib.Path({str(mark)!r})\n"
        "again = mark.exists()\nmark.write_text('2' if again else '1')\n"
        "time.sleep(600 if again else 0)"
    )
    mlops.run(project, notebook("train.ipynb", code, LOG))
    before = state_of(project.root)
    process = subprocess.Popen(
        [sys.executable, "-m", "mlops_jupyter", "reproduce", "last"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    end = time.monotonic() + 240
    while mark.read_text() != "2":
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    assert process.returncode == 130
    assert state_of(project.root) == before
    assert left_behind(tmp_path) == []


def test_a_commit_that_is_not_here(project):
    done = mlops.run(project, notebook("train.ipynb", LOG))
    gone = "0123456789" * 4
    opened = client(project)
    code = opened.get_run(done.run_id).data.tags["mlops.code"]
    for commit_, says in ((gone, "is not in this repository"), ("--exec=x", "is no commit")):
        changed = code.replace(git.run(project.root, "rev-parse", "HEAD"), commit_)
        opened.set_tag(done.run_id, "mlops.code", changed)
        told = refused(project, f"run:{done.run_id}")
        assert told.verdict == "cannot"
        assert says in told.reasons[0]


def test_settings_are_those_of_now_and_keep_no_other_change_out(project):
    place = notebook("train.ipynb", LOG)
    module = project.root / "depths.py"
    module.write_text("DEPTH = 1\n")
    commit(project.root)
    settings = project.root / "mlops.toml"
    before = settings.read_text()
    settings.write_text(f"{before}# then\n")
    module.write_text("DEPTH = 2\n")
    done = mlops.run(project, place)
    settings.write_text(f"{before}# now\n")
    opened = client(project)
    known = read(opened, Reader(opened, {}).side(find.run(opened, done.run_id)))
    with copies.made(project, known.commit, keep=False) as copy:
        Code(opened, known, copy).restore()
        assert copy.notes == []
        assert (copy.root / "mlops.toml").read_text() == f"{before}# now\n"
        assert (copy.root / "depths.py").read_text() == "DEPTH = 2\n"


def test_files_of_a_hostile_run_stay_in_the_copy(project, tmp_path):
    done = mlops.run(project, notebook("train.ipynb", LOG))
    opened = client(project)
    folder = objects.local_folder(opened.get_run(done.run_id).info.artifact_uri) / "code"
    outside = tmp_path / "outside"
    (folder / "files").mkdir(parents=True, exist_ok=True)
    names = ("~2E~2E~2F~2E~2E~2Foutside", "~2Fetc~2Foutside", ".git~2Fconfig", "link~2Fx")
    for name in names:
        (folder / "files" / name).write_text("hostile")
    side = Reader(opened, {}).side(find.run(opened, done.run_id))
    known = read(opened, side)
    with copies.made(project, known.commit, keep=False) as copy:
        (copy.top / "link").symlink_to(tmp_path)
        config = (copy.top / ".git/config").read_bytes()
        Code(opened, known, copy).restore()
        assert (copy.top / ".git/config").read_bytes() == config
        assert sum("outside of the copy" in note for note in copy.notes) == len(names)
    assert not outside.exists()
    assert not (tmp_path / "x").exists()

    (folder / "files" / "seen").symlink_to(project.root / "mlops.toml")  # a look at other files
    told = refused(project, f"run:{done.run_id}")
    assert told.verdict == "cannot"
    assert "cannot be read" in told.reasons[0]


def test_a_recorded_environment_is_built(tmp_path):
    """A tiny one; packages come from the index that uv is set up for."""
    version = ".".join(map(str, sys.version_info[:2]))
    freeze = "six==1.16.0\n# editable: mine==1 from file:///nowhere\n"
    try:
        built = building.build(freeze, version, tmp_path, kernel=False, events=lambda _event: None)
    except mlops.MlopsError as error:
        if "six" in error.message and "not found" in error.message:
            pytest.skip("the index here does not have it")
        raise
    question = [str(built.python), "-c", "import six; print(six.__version__)"]
    said = subprocess.run(question, capture_output=True, text=True, check=True).stdout
    assert said.strip() == "1.16.0"
    assert any("mine==1" in note for note in built.notes)
    assert (built.kernels / "kernels" / building.KERNEL / "kernel.json").is_file()
    with pytest.raises(mlops.MlopsError, match="cannot be built"):
        building.build(
            "six==0.0.0.1", version, tmp_path / "other", kernel=False, events=lambda _event: None
        )

"""What makes a model stale, told by tags that anybody may have written."""

import hashlib
import json
import os
import subprocess
import time

import pytest

import mlops_jupyter as mlops
from mlops_jupyter import git
from mlops_jupyter.data.catalog import automatic
from mlops_jupyter.data.catalog.newest import newest
from mlops_jupyter.data.upkeep.forgetting import forget
from mlops_jupyter.tracking.history import files_now
from mlops_jupyter.tracking.history.staleness import Judge
from mlops_jupyter.tracking.history.stored import StoredRun
from mlops_jupyter.tracking.run_parts import Staleness


def judged(workspace, **known):
    """Judge a run with such tags, underscores for dots; JSON but for text."""
    written = {
        key.replace("_", ".", 1): value if isinstance(value, str) else json.dumps(value)
        for key, value in {"mlops_model": "Forest", **known}.items()
    }
    return Judge(workspace).of(StoredRun("1", "1", "x", "FINISHED", 1, 2, tags=written))


def test_what_trained_nothing_is_not_judged(workspace):
    assert judged(workspace, mlops_model="") is None


@pytest.mark.parametrize(
    "known",
    [
        {"mlops_data": "no json", "mlops_data_files": "[", "mlops_sources": "{"},
        {"mlops_data": {"a": 1}, "mlops_data_files": {"a": 1}, "mlops_sources": [1]},
        {"mlops_data_files": [["a"], 3, None, [], [1, 2, 3, 4], ["x", "y", "z", {}]]},
        {"mlops_data_files": [["\0", "ff", 1, 1], ["x" * 5000, "ff", 1, 1], ["", "", 0, 0]]},
        {"mlops_sources": {"cell": 5, "modules": {"a.py": [], "\0.py": "ff", "b": "ff"}}},
        {"mlops_sources": {"cell": "ff", "left_out": -3}, "mlops_notebook": "\0"},
        {"mlops_sources": {"cell": "ff"}, "mlops_notebook": "."},
        {"mlops_data": "[" * 100_000},
    ],
)
def test_nonsense_makes_nothing_stale(workspace, known):
    assert judged(workspace, **known).reasons == []


def test_only_files_of_the_project_are_looked_at(workspace, tmp_path):
    outside = tmp_path / "outside.py"
    outside.write_text("x = 1\n")
    (workspace.root / "link.py").symlink_to(outside)
    os.mkfifo(workspace.root / "pipe.py")
    os.mkfifo(workspace.root / "pipe.csv")
    names = ["../outside.py", str(outside), "link.py", "pipe.py", "/etc/hostname", "~/.bashrc"]
    found = judged(
        workspace,
        mlops_sources={"cell": "ff", "modules": dict.fromkeys(names, "ff")},
        mlops_data_files=[[name, "ff", 1, 1] for name in [*names, "pipe.csv", "/dev/zero"]],
        mlops_notebook=str(outside),
    )
    assert found.reasons == []


def test_a_file_is_the_same_by_time_and_size_else_by_content(workspace, monkeypatch):
    file = workspace.root / "a.csv"
    file.write_text("a\n1\n")
    written = file.stat()
    digest = "0" * 32  # of something else: what time and size tell is believed
    entry = ["a.csv", digest, written.st_size, written.st_mtime_ns]
    assert judged(workspace, mlops_data_files=[entry]).reasons == []
    os.utime(file, ns=(1, 1))
    (reason,) = judged(workspace, mlops_data_files=[entry]).reasons
    assert (reason.what, reason.said) == ("file", "a.csv has changed since")
    reads = []
    read = files_now.intake.read
    monkeypatch.setattr(files_now.intake, "read", lambda *given: reads.append(1) or read(*given))
    assert judged(workspace, mlops_data_files=[entry]).reasons == [reason]
    assert reads == [], "a file that was read once is known"
    monkeypatch.setattr(files_now, "_DATA_BUDGET", 3)
    os.utime(file, ns=(2, 2))
    found = judged(workspace, mlops_data_files=[entry])
    assert (found.reasons, found.unknown) == ([], ["a.csv: too large to read it for a list"])


def test_data_that_was_kept_only_afterwards_is_known_by_its_content(workspace):
    file = workspace.root / "a.csv"
    file.write_text("a\n1\n")
    kept = mlops.data.snapshot(workspace, file)
    known = {"mlops_data": ["a.csv"], "mlops_data_files": [["a.csv", kept.hash, 4, 1]]}
    assert judged(workspace, **known).reasons == []
    file.write_text("a\n2\n")
    mlops.data.snapshot(workspace, file, message="more")
    (reason,) = judged(workspace, **known).reasons
    assert reason.said == "data:a@v1 has a newer version v2 (more)"
    assert reason.newer == "data:a@v2"


def test_a_version_that_is_not_here_is_said(workspace):
    found = judged(workspace, mlops_data=["data:elsewhere@v1"])
    assert found.unknown == ["data:elsewhere@v1: there is no such version here"]


def test_a_notebook_older_than_the_run_says_nothing_of_it(workspace):
    """A cell is run before it is saved."""
    notebook = workspace.root / "n.ipynb"
    notebook.write_text(json.dumps({"cells": []}))
    known = {"mlops_sources": {"cell": "ff"}, "mlops_notebook": "n.ipynb"}
    os.utime(notebook, ns=(0, 0))
    assert judged(workspace, **known).reasons == []
    os.utime(notebook, ns=(10**9, 10**9))
    (reason,) = judged(workspace, **known).reasons
    assert reason.name == "n.ipynb"


def test_git_is_asked_once_until_a_version_comes_or_goes(workspace, monkeypatch):
    file = workspace.root / "a.csv"
    file.write_text("a\n1\n")
    mlops.data.snapshot(workspace, file)
    time.sleep(0.06)
    known = newest(workspace).versions
    with monkeypatch.context() as patched:
        patched.setattr(git, "run", None)
        assert newest(workspace).versions == known != ()
    file.write_text("a\n2\n")
    mlops.data.snapshot(workspace, file)
    (first, second) = (newest(workspace).version(f"data:a@v{n}") for n in (1, 2))
    assert newest(workspace).newer(first) == second
    subprocess.run(["git", "tag", "-d", "mlops/data/a/v2"], check=True, capture_output=True)
    assert newest(workspace).newer(first) is None
    subprocess.run(["git", "pack-refs", "--all"], check=True)
    assert newest(workspace).version("data:a@v1") is not None


def test_a_worktree_tells_it_too(workspace, tmp_path):
    top = tmp_path / "tree"
    as_me = ["git", "-c", "user.name=me", "-c", "user.email=me@example.org"]
    subprocess.run([*as_me, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
    subprocess.run(["git", "worktree", "add", "-q", str(top)], check=True)
    time.sleep(0.06)
    before = git.refs_state(top, git.DATA_TAGS)
    assert before == git.refs_state(top, git.DATA_TAGS) is not None
    subprocess.run(["git", "update-ref", "refs/tags/mlops/data/a/v1", "HEAD"], check=True)
    time.sleep(0.06)
    assert git.refs_state(top, git.DATA_TAGS) not in (before, None)


def test_a_newer_version_that_was_forgotten_makes_nothing_stale(workspace):
    """Nobody can train on it."""
    file = workspace.root / "a.csv"
    for content in ("a\n1\n", "a\n2\n"):
        file.write_text(content)
        mlops.data.snapshot(workspace, file)
    (reason,) = judged(workspace, mlops_data=["data:a@v1"]).reasons
    assert reason.newer == "data:a@v2"
    forget(workspace, "data:a@v2")
    assert judged(workspace, mlops_data=["data:a@v1"]) == Staleness()


def test_a_copy_that_nobody_named_has_no_newer_version(workspace):
    """Its file is looked at instead; that no tag names it is nothing to tell."""
    file = workspace.root / "a.csv"
    file.write_text("a\n1\n")
    digest = hashlib.md5(file.read_bytes()).hexdigest()
    automatic.keep(workspace, automatic.Sighting(file, digest, 4))
    known = {
        "mlops_data": [f"data:a.csv@{digest[:8]}"], "mlops_data_files": [["a.csv", digest, 4, 1]],
    }  # fmt: skip
    assert judged(workspace, **known) == Staleness()
    file.write_text("a\n2\n")
    found = judged(workspace, **known)
    assert ([each.said for each in found.reasons], found.unknown) == (
        ["a.csv has changed since"], [],
    )  # fmt: skip


def test_each_file_and_each_module_is_looked_at(workspace):
    names = [f"{number}.py" for number in range(20)]
    for name in names:
        (workspace.root / name).write_text("x = 1\n")
    found = judged(
        workspace,
        mlops_sources={"modules": dict.fromkeys(names, "ff")},
        mlops_data_files=[[name, "ff", 1, 1] for name in names],
    )
    assert [(each.what, each.name) for each in found.reasons] == [
        *(("file", name) for name in names), *(("code", name) for name in names),
    ]  # fmt: skip


def test_of_notebooks_no_more_is_read_than_a_list_may_cost(workspace, monkeypatch):
    (workspace.root / "n.ipynb").write_text(json.dumps({"cells": []}))
    monkeypatch.setattr(files_now, "_NOTEBOOKS_BUDGET", 3)
    found = judged(workspace, mlops_sources={"cell": "ff"}, mlops_notebook="n.ipynb")
    assert (found.reasons, found.unknown) == ([], ["n.ipynb: it cannot be read"])


def test_modules_beside_the_workspace_are_of_its_repository(tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "mlops.toml").write_text("schema = 1\n")
    (tmp_path / "shared.py").write_text("x = 1\n")
    known = {"mlops_sources": {"modules": {"../shared.py": "ff"}}}
    (reason,) = judged(mlops.Workspace.find(tmp_path / "below"), **known).reasons
    assert reason.said == "../shared.py has changed since"


def test_where_git_does_not_tell_it_is_unknown_whether_data_is_newer(workspace):
    (workspace.root / ".git" / "HEAD").write_text("nonsense")
    found = judged(workspace, mlops_data=["data:a@v1"])
    assert found.reasons == []
    assert [each.partition(":")[0] for each in found.unknown] == ["newer data"]

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from mlops_jupyter import git
from mlops_jupyter.errors import ToolFailed
from mlops_jupyter.settings import Settings
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.capture import code, code_files, local_modules, objects, source_files
from mlops_jupyter.tracking.transfer.privacy import Leaves
from mlops_jupyter.workspace import Workspace

IDENTITY = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
KEY = "AKIA" + "QYLPMN5HHHFPZAM2"


@pytest.fixture(autouse=True)
def _first_looks(monkeypatch):
    """Each test looks at modules as a new process does."""
    monkeypatch.setattr(local_modules, "_seen", {})


@pytest.fixture
def project(tmp_path: Path) -> Workspace:
    """A workspace in a repository with a few committed files."""
    root = tmp_path / "project"
    git.run(tmp_path, "init", "--quiet", "--initial-branch=main", str(root))
    files = {
        ".gitignore": b"/.mlops/\nignored*.py\n",
        "mlops.toml": b"",
        "src/train.py": b"depth = 3\n" * 50,
        "src/plain.py": b"x = 1\n",
        "table.csv": b"a,b\n1,2\n",
        "src/gone.py": b"y = 1\n",
        "logo.bin": random.Random(1).randbytes(5000),
        "run.sh": b"echo\n",
        os.fsdecode(b"odd \xff name.py"): b"z = 1\n",
    }
    for name, content in files.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(content)
    commit(root)
    return Workspace(root, Settings())


def commit(root: Path) -> None:
    git.run(root, "add", "--all")
    git.run(root, *IDENTITY, "commit", "--quiet", "-m", "state")


def collect(workspace: Workspace, **options) -> objects.Kept:
    return code.collect(workspace, code.look(workspace), **{"remote": False, **options})


def content(kept: objects.Kept, name: str) -> bytes:
    found = kept.files[name]
    return found if isinstance(found, bytes) else found.read_bytes()


def listing(root: Path) -> dict[str, tuple[int, bytes]]:
    """Every file of a tree with its mode and content."""
    return {
        path.relative_to(root).as_posix(): (path.lstat().st_mode & 0o111, path.read_bytes())
        for path in root.rglob("*")
        if path.is_file() and not {".git", ".mlops"} & set(path.relative_to(root).parts)
    }


def test_nothing_changed(project):
    kept = collect(project)
    assert not kept.files
    assert kept.captured == ["code"]
    assert not kept.problems
    known = json.loads(kept.tags[tags.CODE])
    assert (
        known["commit"] == kept.tags[tags.GIT_COMMIT] == git.run(project.root, "rev-parse", "HEAD")
    )
    assert (known["branch"], known["changed"], known["remote"]) == ("main", [], None)


def test_the_exact_code_comes_back(project, tmp_path):
    """`git checkout`, `git apply` and the files give the tree that trained, to the byte."""
    root = project.root
    (root / "src/train.py").write_bytes(
        b"depth = 3\n" * 20 + b"depth = 4\r\n" + b"depth = 3\n" * 29
    )
    (root / "src/gone.py").unlink()
    (root / "logo.bin").write_bytes(random.Random(2).randbytes(6000))
    (root / os.fsdecode(b"odd \xff name.py")).write_bytes(b"z = 2")  # no final newline
    (root / "run.sh").chmod(0o755)
    git.run(root, "mv", "src/plain.py", "src/moved.py")
    (root / "table.csv").write_text("a,b\n1,3\n")
    (root / "staged.py").write_text("s = 1\n")
    git.run(root, "add", "staged.py")
    (root / "staged.py").write_text("s = 2\n")
    new = {"new.py": b"n = 1", "größe/a b.py": b"n = 2\n", "deep/er/q.sql": b"select 1\n"}
    new |= {os.fsdecode(b"f/\xfe.py"): b"n = 3\n", "f/50% #1.yaml": b"a: 1\n"}
    for name, text in new.items():
        (root / name).parent.mkdir(exist_ok=True, parents=True)
        (root / name).write_bytes(text)
    index = (root / ".git/index").read_bytes()
    kept = collect(project)
    assert not kept.problems
    assert (root / ".git/index").read_bytes() == index
    objects.store(project, None, "run", (tmp_path / "run").as_uri(), kept.files)

    restored = tmp_path / "restored"
    git.run(tmp_path, "clone", "--quiet", str(root), str(restored))
    git.run(restored, "checkout", "--quiet", json.loads(kept.tags[tags.CODE])["commit"])
    for patch in ("code/changes.patch", "code/data/changes.patch"):
        git.run(restored, "apply", str(tmp_path / "run" / patch))
    by_patch = listing(restored)
    folder = tmp_path / "run/code/files"
    for file in folder.rglob("*"):
        if file.is_file():
            target = restored / objects.path_of(file.relative_to(folder).as_posix())
            if target.relative_to(restored).as_posix() not in new:
                assert target.read_bytes() == file.read_bytes()  # patch and file agree
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    assert set(new).isdisjoint(by_patch)
    assert listing(restored) == listing(root)


def test_git_settings_of_the_user_do_not_reach_the_patch(project, monkeypatch):
    (project.root / "src/train.py").write_text("depth = 4\n")
    for name, value in {
        "diff.noprefix": "true", "diff.external": "false", "color.ui": "always",
        "diff.context": "0", "core.quotePath": "true", "diff.renames": "copies",
    }.items():  # fmt: skip
        git.run(project.root, "config", name, value)
    patch = content(collect(project), "code/changes.patch")
    git.run(project.root, "checkout", "--quiet", "--", ".")
    git.run(project.root, "apply", "-", stdin=patch)
    assert (project.root / "src/train.py").read_text() == "depth = 4\n"


@pytest.mark.parametrize("committed", [True, False])
def test_secrets_stay_here(project, committed):
    root = project.root
    for name in (
        ".env",
        "deploy/.env.prod",
        "id_rsa",
        "cert.pem",
        "credentials.json",
        "a/secrets.toml",
    ):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("old\n")
    if committed:
        commit(root)
        for name in ("id_rsa", ".env"):
            (root / name).write_text(f"KEY={KEY}\n")
    (root / "src/train.py").write_text(f'key = "{KEY}"\n')
    (root / "conf.yaml").write_text(f"aws: {KEY}\n")
    notebook = {
        "cells": [
            {
                "cell_type": "code", "metadata": {}, "execution_count": 1,
                "source": [f"key = '{KEY}'\n", "1"],
                "outputs": [{"output_type": "stream", "name": "stdout", "text": [KEY]}],
            }
        ],
        "metadata": {}, "nbformat": 4, "nbformat_minor": 5,
    }  # fmt: skip
    (root / "other.ipynb").write_text(json.dumps(notebook))
    kept = collect(project)
    for name in kept.files:
        assert KEY.encode() not in content(kept, name), name
    assert b"secret(" in content(kept, "code/files/src/train.py")
    assert "code/changes.patch" not in kept.files  # nothing else is in it
    names = {name.rpartition("/")[2] for name in kept.files}
    assert not names & {".env", ".env.prod", "id_rsa", "cert.pem", "credentials.json"}
    if committed:
        assert any(".env" in problem and "secrets" in problem for problem in kept.problems)


def test_a_patch_with_a_secret_leaves_the_others_alone(project):
    (project.root / "src/train.py").write_text(f'key = "{KEY}"\n')
    commit(project.root)
    (project.root / "src/train.py").write_text("key = None\n")  # the old line has it
    (project.root / "src/plain.py").write_text("x = 2\n")
    kept = collect(project)
    patch = content(kept, "code/changes.patch")
    assert b"+x = 2" in patch
    assert KEY.encode() not in patch
    assert any("a secret in it" in problem for problem in kept.problems)
    assert content(kept, "code/files/src/train.py") == b"key = None\n"


def test_what_stays_here_when_the_store_is_a_server(project, tmp_path):
    root = project.root
    (root / "customers.csv").write_text("name\nAda\n")
    notebook = {"cells": [{"cell_type": "code", "source": "1", "outputs": [{"text": "Ada"}]}]}
    (root / "other.ipynb").write_text(json.dumps(notebook))
    commit(root)
    (root / "customers.csv").write_text("name\nGrace\n")
    notebook["cells"][0]["outputs"][0]["text"] = "Grace"
    (root / "other.ipynb").write_text(json.dumps(notebook))
    here = collect(project)
    assert b"Grace" in content(here, "code/data/customers.csv")
    assert b"Grace" in content(here, "code/files/other.ipynb")
    assert b"Grace" in content(here, "code/data/changes.patch")
    assert here.captured == ["code (2 changed files)"]
    leaves = Leaves.by_settings(project)
    for name in filter(leaves.takes, here.files):  # it may leave later, with `runs push`
        (tmp_path / "file").write_bytes(content(here, name))
        left = leaves.cleaned(name, tmp_path / "file") or content(here, name)
        assert b"Grace" not in left, name
    there = collect(project, remote=True)
    assert b"Grace" not in b"".join(content(there, name) for name in there.files)
    assert "code/files/other.ipynb" in there.files
    assert any("customers.csv" in problem for problem in there.problems)


def test_data_and_links_are_no_code(project, tmp_path):
    root = project.root
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/private.py").write_text("p = 1\n")
    (root / "flights.csv").write_text("a\n")
    (root / "model.pkl").write_bytes(b"\0")
    (root / "big.py").write_text("#" * (source_files.FILE_LIMIT + 1))
    (root / "link.py").symlink_to(tmp_path / "elsewhere/private.py")
    (root / "linked").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(root / "pipe.py")
    inner = root / "vendored"
    git.run(root, "init", "--quiet", str(inner))
    (inner / "own.py").write_text("1\n")
    kept = collect(project)
    assert [name for name in kept.files if name.startswith("code/files")] == []
    assert kept.problems == ["big.py: larger than 1 MB"]


def test_a_folder_that_becomes_a_link_is_not_followed(project, tmp_path):
    """Git calls the files of such a folder deleted; a race could show them as changed."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "train.py").write_text("stolen = 1\n")
    (project.root / "linked").symlink_to(outside)
    files = source_files.SourceFiles(project, True, deadline=float("inf"))
    assert not files.add(project.root / "linked/train.py", "code/a.py", inside=project.root)
    assert "through a link" in files.problems()[0]


def test_the_running_notebook_is_kept_elsewhere(project):
    for name in ("this.ipynb", "other.ipynb"):
        (project.root / name).write_text('{"cells": []}')
    commit(project.root)
    for name in ("this.ipynb", "other.ipynb"):
        (project.root / name).write_text('{"cells": [1]}')
    kept = collect(project, notebook=project.root / "this.ipynb")
    assert "code/files/other.ipynb" in kept.files
    assert "code/files/this.ipynb" not in kept.files
    assert b"this.ipynb" not in content(kept, "code/data/changes.patch")
    assert "code/changes.patch" not in kept.files


def test_no_git_at_all(tmp_path):
    (tmp_path / "mlops.toml").touch()
    kept = collect(Workspace(tmp_path, Settings()))
    assert json.loads(kept.tags[tags.CODE])["commit"] is None
    assert not kept.problems


def test_no_commit_yet(tmp_path):
    git.run(tmp_path, "init", "--quiet", "--initial-branch=main")
    (tmp_path / "a.py").write_text("1\n")
    git.run(tmp_path, "add", "a.py")
    kept = collect(Workspace(tmp_path, Settings()))
    assert content(kept, "code/files/a.py") == b"1\n"
    assert "code/changes.patch" not in kept.files
    assert tags.GIT_COMMIT not in kept.tags
    assert kept.captured == ["code (1 changed file)"]


def test_a_workspace_below_the_top_of_a_worktree(project, tmp_path):
    git.run(project.root, "worktree", "add", "--quiet", "--detach", str(tmp_path / "tree"))
    inner = Workspace(tmp_path / "tree/src", Settings())
    (inner.root / "train.py").write_text("depth = 9\n")
    (tmp_path / "tree/top.py").write_text("t = 1\n")
    kept = collect(inner)
    assert content(kept, "code/files/src/train.py") == b"depth = 9\n"
    assert "code/files/top.py" in kept.files
    known = json.loads(kept.tags[tags.CODE])
    assert known["branch"] is None
    assert known["commit"]


def test_a_submodule_that_differs(project, tmp_path):
    library = tmp_path / "library"
    git.run(tmp_path, "init", "--quiet", str(library))
    (library / "lib.py").write_text("l = 1\n")
    commit(library)
    allow = ("-c", "protocol.file.allow=always")
    git.run(project.root, *allow, "submodule", "--quiet", "add", str(library), "lib")
    commit(project.root)
    (project.root / "lib/lib.py").write_text("l = 2\n")
    (project.root / "src/plain.py").write_text("x = 2\n")
    kept = collect(project)
    assert content(kept, "code/files/lib/lib.py") == b"l = 2\n"
    patch = content(kept, "code/changes.patch")
    git.run(project.root, "apply", "--reverse", "-", stdin=patch)
    assert (project.root / "src/plain.py").read_text() == "x = 1\n"
    manifest = json.loads(content(kept, "code/code.json"))
    submodule = next(entry for entry in manifest["changed"] if entry["kind"] == "submodule")
    assert submodule["commit"] == git.run(library, "rev-parse", "HEAD")


def test_git_that_hangs_costs_a_moment_once(project, monkeypatch, tmp_path):
    asked = tmp_path / "asked"
    real = subprocess.run(
        ["which", "git"], capture_output=True, text=True, check=True
    ).stdout.strip()
    slow = tmp_path / "bin/git"
    slow.parent.mkdir()
    slow.write_text(
        f'#!/bin/sh\necho "$@" >> {asked}\n'
        f'case "$*" in *untracked-files=normal*) exec sleep 30;; esac\nexec {real} "$@"\n'
    )
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow.parent}:{os.environ['PATH']}")
    for module in (code, code_files):
        monkeypatch.setattr(module, "PATIENCE", 4.0)
    (project.root / "src/plain.py").write_text("x = 2\n")
    kept = collect(project)
    assert "code/files/src/plain.py" in kept.files
    assert kept.problems == ["new files: looking for them took too long"]
    collect(project)
    assert asked.read_text().count("untracked-files=normal") == 1


def test_git_that_is_missing_is_said(project, monkeypatch):
    monkeypatch.setenv("PATH", "")
    kept = collect(project)
    assert kept.problems == ["git is not installed, or not on PATH"]
    assert json.loads(kept.tags[tags.CODE])["commit"] is None


def test_one_call_of_git_per_run_after_the_first(project, monkeypatch):
    (project.root / "src/plain.py").write_text("x = 2\n")
    os.utime(project.root / "src/plain.py", (1, 1))
    (project.root / "new").mkdir()
    (project.root / "new/a.py").write_text("1\n")
    first = collect(project)
    calls = []
    run = subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: (calls.append(a[0][3]), run(*a, **k))[1])
    assert collect(project) == first
    assert sorted(calls) == ["ls-files", "status"]


def test_a_change_of_the_same_size_at_the_same_moment_is_seen(project):
    path = project.root / "src/plain.py"
    for value in "23456":
        path.write_text(f"x = {value}\n")
        kept = collect(project)
        assert content(kept, "code/files/src/plain.py") == f"x = {value}\n".encode()
        assert f"+x = {value}".encode() in content(kept, "code/changes.patch")


def test_edited_while_the_cell_ran(project):
    path = project.root / "src/plain.py"
    path.write_text("x = 2\n")
    state = code.look(project)
    path.write_text("x = 30\n")
    kept = code.collect(project, state, remote=False)
    assert any("edited in the meantime" in problem for problem in kept.problems)


def test_a_merge_conflict(project):
    root = project.root
    git.run(root, "checkout", "--quiet", "-b", "other")
    (root / "src/plain.py").write_text("x = 2\n")
    commit(root)
    git.run(root, "checkout", "--quiet", "main")
    (root / "src/plain.py").write_text("x = 3\n")
    commit(root)
    git.run(root, *IDENTITY, "merge", "other", ok=(1,))
    (root / "src/train.py").write_text("t = 1\n")
    kept = collect(project)
    assert b"<<<<<<<" in content(kept, "code/files/src/plain.py")
    patch = content(kept, "code/changes.patch")
    assert b"plain.py" not in patch
    assert b"+t = 1" in patch


def test_many_changes_stay_within_the_budget(project, monkeypatch):
    monkeypatch.setattr(source_files, "COUNT_LIMIT", 5)
    for number in range(20):
        (project.root / f"new{number:02}.py").write_text(f"n = {number}\n")
    kept = collect(project)
    assert kept.captured == ["code (5 changed files)"]
    assert len(kept.problems) == 1
    assert "and 12 more files" in kept.problems[0]  # new05, 06 and 07 are named
    assert len(kept.tags[tags.CODE]) < 5000


def test_the_tag_is_json_however_long_the_names_are(project):
    for number in range(60):
        (project.root / f"{number}{'n' * 200}.py").touch()
    found = code.look(project)
    tag = code.tags_of(found)[tags.CODE]
    assert len(tag) < 5000
    assert len(json.loads(tag)["changed"]) > 10


def test_a_patch_that_is_too_large_is_said(project, monkeypatch):
    (project.root / "src/train.py").write_text("d = 1\n" * 100)
    monkeypatch.setattr("mlops_jupyter.tracking.capture.patch._MANY", -1)
    kept = collect(project)
    assert any(problem.startswith("code/changes.patch") for problem in kept.problems)
    assert "code/files/src/train.py" in kept.files


@pytest.fixture
def importing(monkeypatch):
    """Import modules from a folder, and forget them afterwards."""
    before = set(sys.modules)

    def load(folder: Path, *names: str) -> None:
        monkeypatch.syspath_prepend(str(folder))
        for name in names:
            __import__(name)

    yield load
    for name in set(sys.modules) - before:
        del sys.modules[name]


def own_modules(kept: objects.Kept) -> dict[str, dict]:
    """The modules that a run tells of, without those of the tests themselves."""
    manifest = json.loads(content(kept, "code/code.json"))
    return {m["name"]: m for m in manifest["modules"] if m["name"].startswith("zz_")}


def test_imported_modules_nobody_has_committed(project, tmp_path, importing):
    root = project.root
    (root / "zz_committed.py").write_text("1\n")
    commit(root)
    (root / "zz_new.py").write_text("n = 1\n")
    (root / "ignored_zz.py").write_text("i = 1\n")
    (root / "zz_uses.py").write_text("import ignored_zz as zz_x\n")
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "zz_package").mkdir(parents=True)
    (elsewhere / "zz_package/__init__.py").write_text("from . import inner\n")
    (elsewhere / "zz_package/inner.py").write_text(f'key = "{KEY}"\n')
    importing(root, "zz_committed", "zz_new", "zz_uses")
    importing(elsewhere, "zz_package")
    kept = collect(project)
    assert content(kept, "code/files/ignored_zz.py") == b"i = 1\n"  # in no commit, ever
    assert content(kept, "code/files/zz_new.py") == b"n = 1\n"
    assert "code/files/zz_committed.py" not in kept.files
    assert content(kept, "code/modules/zz_package/__init__.py") == b"from . import inner\n"
    assert KEY.encode() not in content(kept, "code/modules/zz_package/inner.py")
    assert own_modules(kept).keys() == {"zz_new", "zz_uses", "zz_package", "zz_package.inner"}


def test_an_editable_install_tells_its_own_commit(project, tmp_path, importing):
    library = tmp_path / "library"
    git.run(tmp_path, "init", "--quiet", str(library))
    git.run(library, "remote", "add", "origin", "https://ada:pw@git.example/lib.git")
    (library / "zz_lib").mkdir()
    (library / "zz_lib/__init__.py").write_text("from . import a, b\n")
    (library / "zz_lib/a.py").write_text("a = 1\n")
    (library / "zz_lib/b.py").write_text("b = 1\n")
    commit(library)
    (library / "zz_lib/b.py").write_text("b = 22\n")
    importing(library, "zz_lib")
    kept = collect(project)
    found = own_modules(kept)
    origin = {
        "commit": git.run(library, "rev-parse", "HEAD"),
        "remote": "https://git.example/lib.git",
    }
    assert found["zz_lib"] == {"name": "zz_lib", **origin}
    assert found["zz_lib.b"] == {"name": "zz_lib.b", **origin, "file": "code/modules/zz_lib/b.py"}
    assert content(kept, "code/modules/zz_lib/b.py") == b"b = 22\n"
    assert "code/modules/zz_lib/a.py" not in kept.files


def test_a_module_that_was_edited_after_its_import(project, importing):
    path = project.root / "zz_helpers.py"
    path.write_text("h = 1\n")
    importing(project.root, "zz_helpers")
    assert "edited" not in own_modules(collect(project))["zz_helpers"]
    path.write_text("h = 22\n")
    kept = collect(project)
    assert own_modules(kept)["zz_helpers"]["edited"]
    assert any("zz_helpers: as it was imported: edited since" in p for p in kept.problems)
    import importlib

    importlib.reload(sys.modules["zz_helpers"])
    assert "edited" not in own_modules(collect(project))["zz_helpers"]


def test_a_module_edited_before_the_first_run(project, importing, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    path = project.root / "zz_early.py"
    path.write_text("h = 1\n")
    importing(project.root, "zz_early")
    path.write_text("h = 22\n")
    assert own_modules(collect(project))["zz_early"]["edited"]


@pytest.mark.parametrize(
    ("path", "secret"),
    [
        (".env", True), ("a/.env.local", True), (".env.example", False), ("prod.env", True),
        ("secrets.py", False), ("secrets.yaml", True), ("tokens.json", True),
        ("tokenizer.json", False), ("environment.yml", False), ("my-service-account-1.json", False),
        ("keys/server.key", True), ("monkey.py", False), (".aws/config", True), (".npmrc", True),
        ("service_account.json", True),
    ],
)  # fmt: skip
def test_files_of_secrets_are_told_by_their_names(path, secret):
    assert source_files.is_secret(path) is secret


def test_a_failing_git_is_told_once(project, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise ToolFailed("git ls-files: out of order")

    (project.root / "folder").mkdir()
    (project.root / "folder/a.py").touch()
    monkeypatch.setattr(git, "run", refuse)
    assert any("out of order" in problem for problem in collect(project).problems)


def test_jupyters_own_copies_of_notebooks_are_no_change(project):
    copies = project.root / "src" / ".ipynb_checkpoints"
    copies.mkdir()
    (copies / "train-checkpoint.ipynb").write_text("{}")
    assert code.look(project).status.changes == ()
    (project.root / "src" / "train.ipynb").write_text("{}")
    assert [change.path for change in code.look(project).status.changes] == ["src/train.ipynb"]


@pytest.mark.parametrize("folder", ["__pycache__", ".pytest_cache", ".ipynb_checkpoints"])
def test_what_tools_make_of_code_is_no_changed_file(project, folder):
    made = project.root / "src" / folder
    made.mkdir(parents=True)
    (made / "helper.py").write_text("x = 1\n")
    assert code.look(project).status.changes == ()

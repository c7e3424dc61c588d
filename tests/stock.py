"""git and DVC as they are without us."""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ENVIRONMENT = {"DVC_NO_ANALYTICS": "1"}
# DVC as somebody has it who never heard of us: the package cannot even be imported. Importing DVC
# takes most of a command's time, so that is done once; a child of its own obeys each command.
DVC = """
import sys
sys.modules["mlops_jupyter"] = None
import importlib, json, os, pkgutil
from dvc.cli import main, parser
import dvc.repo
parser.get_main_parser()
for module in pkgutil.iter_modules(dvc.repo.__path__, "dvc.repo."):
    importlib.import_module(module.name)
for line in sys.stdin:
    order = json.loads(line)
    child = os.fork()
    if child == 0:
        os.chdir(order["folder"])
        os.environ.clear()
        os.environ.update(order["environment"])
        for number, place in enumerate((os.devnull, order["said"], order["warned"])):
            os.dup2(os.open(place, os.O_WRONLY if number else os.O_RDONLY), number)
        sys.exit(main(order["words"]))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def sh(folder: Path, *words: str) -> str:
    """Run a command in a folder, which has to do it; return what it prints."""
    environment = {**os.environ, **ENVIRONMENT}
    done = (_dvc if words[0] == "dvc" else _program)(folder, words, environment)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout


def _program(
    folder: Path, words: tuple[str, ...], environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, cwd=folder, capture_output=True, text=True, check=False, env=environment
    )


def _dvc(
    folder: Path, words: tuple[str, ...], environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    process = _dvc_process()
    assert process.stdin
    assert process.stdout
    with contextlib.ExitStack() as open_files:
        said, warned = (
            open_files.enter_context(tempfile.NamedTemporaryFile("r")) for _ in range(2)
        )
        order = {"words": words[1:], "folder": str(folder), "environment": environment}
        print(
            json.dumps(order | {"said": said.name, "warned": warned.name}),
            file=process.stdin,
            flush=True,
        )
        code = int(process.stdout.readline())
        return subprocess.CompletedProcess(words, code, said.read(), warned.read())


@functools.cache
def _dvc_process() -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", DVC],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip

    def end() -> None:
        process.communicate(timeout=30)

    atexit.register(end)
    return process


def commit_all(root: Path) -> None:
    sh(root, "git", "add", "--all")
    sh(root, "git", "-c", "user.name=A", "-c", "user.email=a@b", "commit", "-qm", "work")


def cloned(root: Path, place: Path) -> Path:
    """Clone a repository with stock git."""
    sh(place.parent, "git", "clone", "-q", str(root), str(place))
    return place


def make_remote(root: Path, url: object, *settings: str, name: str = "shelf") -> None:
    """Make a remote DVC's own on this machine alone, as `dvc remote add -d --local` does."""
    lines = ["[core]", f"    remote = {name}", f"['remote \"{name}\"']", f"    url = {url}"]
    lines += [f"    {setting}" for setting in settings]
    (root / ".dvc" / "config.local").write_text("\n".join(lines) + "\n")

"""The recorded environment, built again by uv in a folder of its own."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter.errors import MissingExtra, ToolFailed
from mlops_jupyter.results import Event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops_jupyter.results import Events

KERNEL = "mlops-reproduced"
_PATIENCE = 3600.0
_OURS = "mlops-jupyter"
# name==version, as the freeze of a run has it: what else stands there is not for uv.
_PINNED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9][A-Za-z0-9.+!_-]*")
_FROM_GIT = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._-]* @ git\+https://[A-Za-z0-9][^\s\"'`;|&<>]*@[0-9a-f]{40}"
)
_SAID = 600


@dataclass(frozen=True)
class Built:
    """An environment.

    Attributes
    ----------
    python : Path
        Its interpreter.
    kernels : Path
        A folder for ``JUPYTER_PATH``, whose kernel is the environment's.
    notes : tuple of str
        What is not as it was recorded.
    """

    python: Path
    kernels: Path
    notes: tuple[str, ...] = ()


def build(
    requirements: str, python: str, folder: Path, *, kernel: bool = True, events: Events
) -> Built:
    """Build an environment out of a run's freeze.

    Parameters
    ----------
    requirements : str
        The freeze, a requirement a line.
    python : str
        The version of Python.
    folder : Path
        Where; it is made.
    kernel : bool
        See to it that notebooks can be executed there: they need ipykernel, and this package.
    events : callable
        Takes a step.

    Raises
    ------
    MissingExtra
        uv is not here.
    ToolFailed
        A version cannot be had any longer, or uv refuses.
    """
    uv = find_uv()
    wanted, left_out = _readable(requirements)
    environment = folder / "environment"
    interpreter = environment / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    events(Event(f"building the recorded environment: Python {python}"))
    _call(uv, "venv", "--quiet", "--no-project", "--python", python, str(environment))
    events(Event(f"building the recorded environment: {len(wanted)} packages"))
    if wanted:
        listed = folder / "requirements.txt"
        listed.write_text("".join(f"{line}\n" for line in wanted), encoding="utf-8")
        # The freeze is complete: nothing is resolved, so nothing that was not there comes in.
        options = ("--quiet", "--no-deps", "--python", str(interpreter))
        _call(uv, "pip", "install", *options, "--requirements", str(listed))
    notes = [f"not built again: {line}" for line in left_out]
    if kernel and not any(line.partition("==")[0] == _OURS for line in wanted):
        _lend_ours(interpreter)
        notes.append("mlops-jupyter is the present one: it was used from a folder")
    return Built(interpreter, _kernel_of(interpreter, folder), tuple(notes))


def find_uv() -> str:
    """Return where uv is: beside this interpreter, or on the path.

    Raises
    ------
    MissingExtra
        It is not here.
    """
    try:
        from uv import find_uv_bin

        return str(find_uv_bin())
    except (ImportError, FileNotFoundError):
        found = shutil.which("uv")
    if found is None:
        raise MissingExtra("uv", "rebuild", "building a recorded environment")
    return found


def _readable(requirements: str) -> tuple[list[str], list[str]]:
    r"""Return the lines that uv may have, and what was installed from a folder of somebody's.

    A line from a store is nothing to be trusted: options and addresses are left out.

    Examples
    --------
    >>> _readable("six==1.16.0\n# editable: mine==1 from file:///x\n--index-url http://x\n")
    (['six==1.16.0'], ['editable: mine==1 from file:///x', '--index-url http://x'])
    """
    wanted, left_out = [], []
    for line in (line.strip() for line in requirements.splitlines()):
        if _PINNED.fullmatch(line) or _FROM_GIT.fullmatch(line):
            wanted.append(line)
        elif line:
            left_out.append(line.lstrip("# "))
    return wanted, left_out


def _call(uv: str, *words: str) -> None:
    try:
        done = subprocess.run(
            [uv, *words], capture_output=True, text=True, check=False, timeout=_PATIENCE
        )
    except subprocess.TimeoutExpired:
        raise ToolFailed(
            f"uv {words[0]}: took longer than {_PATIENCE:g} s", took_too_long=True
        ) from None
    if done.returncode != 0:
        said = " ".join(done.stderr.split())
        raise ToolFailed(
            f"the recorded environment cannot be built: {said[:_SAID]}",
            "compare with what is here instead: --environment compare",
        )


def _lend_ours(interpreter: Path) -> None:
    """Let the environment import this package from where it is."""
    question = "import sysconfig; print(sysconfig.get_path('purelib'))"
    answer = subprocess.run(
        [str(interpreter), "-c", question], capture_output=True, text=True, check=True, timeout=60
    )
    place = Path(answer.stdout.strip()) / "mlops_jupyter_lent.pth"
    here = Path(__file__).resolve().parents[2]
    if here.name == "site-packages":  # all that lies there would come along
        (place.parent / "mlops_jupyter").symlink_to(here / "mlops_jupyter")
        return
    place.write_text(f"{here}\n", encoding="utf-8")


def _kernel_of(interpreter: Path, folder: Path) -> Path:
    place = folder / "jupyter" / "kernels" / KERNEL
    place.mkdir(parents=True)
    words: Sequence[str] = (
        str(interpreter), "-m", "ipykernel_launcher", "-f", "{connection_file}",
    )  # fmt: skip
    spec = {"argv": list(words), "display_name": "reproduced", "language": "python"}
    (place / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    return folder / "jupyter"

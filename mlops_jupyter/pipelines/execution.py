"""Running a stage's command: what it prints is told line by line and kept, Ctrl-C ends it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_jupyter.results import Event
from mlops_jupyter.settings import ENV_RUN_ID, ENV_TRACKING_URI, ENV_WORKSPACE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlops_jupyter.results import Events
    from mlops_jupyter.workspace import Workspace

# How long a command may take to end once it is asked to.
_PATIENCE_S = 20.0
_STOPPED = (130, -signal.SIGINT)


@dataclass
class Command:
    """How the commands of one stage are run.

    Attributes
    ----------
    name : str
        The stage.
    log : Path
        Takes all that is printed.
    events : callable
        Takes each line.
    ran : bool
        Whether one was started: DVC may have its outputs in its cache of runs.
    last : str
        The last line that was printed.
    """

    name: str
    log: Path
    events: Events
    ran: bool = False
    last: str = ""

    def run(self, executable: Any, cmd: str, **options: Any) -> None:
        """Run a command, in the place of DVC's own function, which it is called by.

        Raises
        ------
        dvc.stage.exceptions.StageCmdFailedError
            It ended with another exit code than 0.
        KeyboardInterrupt
            It was stopped, or we were.
        """
        from dvc.stage.exceptions import StageCmdFailedError
        from dvc.stage.run import _make_cmd

        self.ran = True
        self.log.parent.mkdir(parents=True, exist_ok=True)
        process = subprocess.Popen(
            _make_cmd(executable, cmd),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            **options,
        )
        try:
            self._follow(process)
            code = process.wait()
        except KeyboardInterrupt:
            _end(process)
            raise
        if code in _STOPPED:
            raise KeyboardInterrupt
        if code:
            raise StageCmdFailedError(cmd, code)

    def _follow(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        with self.log.open("ab") as log, process.stdout as printed:
            for raw in printed:
                log.write(raw)
                log.flush()
                # A line that a progress bar wrote over and over: its last state.
                line = raw.decode(errors="replace").rstrip().rpartition("\r")[2]
                if shown := "".join(filter(str.isprintable, line)).strip():
                    if not shown.startswith("→"):  # what to do about the line before
                        self.last = shown[:300]
                    self.events(Event(f"{self.name}: {shown[:300]}"))


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let a command end as Ctrl-C lets it; kill what does not.

    In a terminal it has had the signal, too: a second one would cut its cleaning up short.
    """
    with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
        process.wait(1)
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(sign)
        with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            process.wait(_PATIENCE_S)


@contextlib.contextmanager
def in_place_of_dvcs(run: Callable[..., None]) -> Iterator[None]:
    """Let DVC run commands by another function.

    It has no hook for that; what its own prints goes where this process prints, which on a command
    line is where the Result goes, and it lets Ctrl-C pass by.
    """
    import dvc.stage.run as module

    original = module._run  # noqa: SLF001 - a test sees that it is there
    module._run = run  # noqa: SLF001
    try:
        yield
    finally:
        module._run = original  # noqa: SLF001


def environment(workspace: Workspace, parent: str) -> dict[str, str]:
    """Return what a stage's command finds in its environment, in addition.

    Parameters
    ----------
    workspace : Workspace
        The workspace, which its runs go to.
    parent : str
        The run that they belong to.
    """
    scripts = str(Path(sys.executable).parent)
    path = os.environ.get("PATH", os.defpath)
    # The `mlops` of this environment, also where it is not activated.
    found = shutil.which("mlops", path=path)
    if shutil.which("mlops", path=scripts) and (not found or str(Path(found).parent) != scripts):
        path = f"{scripts}{os.pathsep}{path}"
    return {
        "PATH": path,
        ENV_RUN_ID: parent,
        ENV_WORKSPACE: str(workspace.root),
        ENV_TRACKING_URI: workspace.store.uri,  # `--store` may have named it
    }

"""A kernel that starts while the store is opened: both take a second or more."""

from __future__ import annotations

import contextlib
import os
import tempfile
from typing import IO, TYPE_CHECKING, Any

from mlops_jupyter.errors import BadInput
from mlops_jupyter.notebooks import inside

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mlops_jupyter.notebooks.source import Source

# As nbclient starts them: what a notebook does is no part of the user's IPython history.
_NO_HISTORY = "--HistoryManager.hist_file=:memory:"

# Systems take about a hundred letters as the name of a socket; "-5" follows ours.
_LONGEST_SOCKET = 90


def choose_kernel(source: Source, wanted: str | None) -> tuple[str, str]:
    """Return the name and language of the kernel to use, which is installed.

    Raises
    ------
    BadInput
        It is not; names the ones that are.
    """
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    name = wanted or source.kernel_name or "python3"
    known = KernelSpecManager()
    try:
        return name, known.get_kernel_spec(name).language
    except NoSuchKernel:
        there = ", ".join(sorted(known.find_kernel_specs())) or "none"
        why = "" if wanted else f", which {source.path.name} was written for"
        raise BadInput(
            f"there is no kernel '{name}'{why}", f"choose one with --kernel; there are: {there}"
        ) from None


class Launch:
    """A kernel's process.

    Attributes
    ----------
    name, language : str
        Of the kernel.
    manager : AsyncKernelManager
        Jupyter's own.
    streams : file
        What the process itself writes: what a cell prints reaches the notebook by messages, and
        is echoed here.
    process : Popen, optional
        Where it runs on this machine. Held here: the manager lets go of one that died.
    failure : Exception, optional
        Why it did not start.
    """

    def __init__(self, kernel: tuple[str, str]) -> None:
        self.name, self.language = kernel
        self.manager: Any = None
        self.streams: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `stop`
        self.process: Any = None
        self.failure: Exception | None = None
        self._sockets: tempfile.TemporaryDirectory[str] | None = None

    @property
    def started(self) -> bool:
        """Whether it was tried."""
        return self.manager is not None

    @property
    def hears_code(self) -> bool:
        """Whether its environment can be changed by a line of Python."""
        return self.language.lower() == "python"

    @property
    def process_id(self) -> int | None:
        """Its process, where that runs on this machine."""
        return getattr(self.process, "pid", None)

    def start(self, folder: Path, environment: Mapping[str, str]) -> None:
        """Start it and return at once; `failure` says whether that went wrong."""
        from jupyter_client.manager import AsyncKernelManager
        from jupyter_core.utils import run_sync

        self.manager = AsyncKernelManager(kernel_name=self.name)
        if self.manager.ipykernel:
            self._talk_by_files()
        try:
            run_sync(self.manager.start_kernel)(
                extra_arguments=self._arguments(),
                cwd=str(folder),
                env=dict(environment),
                stdout=self.streams,
                stderr=self.streams,
            )
            self.process = getattr(self.manager.provisioner, "process", None)
        except (OSError, RuntimeError) as error:
            self.failure = error

    def _arguments(self) -> list[str]:
        if not self.manager.ipykernel:
            return []
        return [_NO_HISTORY, inside.PRELOAD]

    def _talk_by_files(self) -> None:
        """Have it listen at files: two that start at once may choose the same port."""
        self._sockets = tempfile.TemporaryDirectory(prefix="mlops-")
        place = os.path.join(self._sockets.name, "k")  # noqa: PTH118 - a name, not a path yet
        if os.name == "posix" and len(place) < _LONGEST_SOCKET:
            self.manager.transport, self.manager.ip = "ipc", place

    def stop(self) -> None:
        """Have nothing of it left."""
        from jupyter_core.utils import run_sync

        self.streams.close()
        if self.started and self.manager.has_kernel:
            run_sync(self.manager.shutdown_kernel)(now=True)
        if self._sockets is not None:
            self._sockets.cleanup()


@contextlib.contextmanager
def launching(kernel: tuple[str, str]) -> Iterator[Launch]:
    """Hold a kernel that does not outlive the block."""
    launch = Launch(kernel)
    try:
        yield launch
    finally:
        launch.stop()


def last_words(streams: IO[bytes], limit: int = 4000) -> str:
    """Return what a process wrote last: a C library's abort, a dump."""
    size = streams.seek(0, os.SEEK_END)
    streams.seek(max(0, size - limit))
    return streams.read().decode(errors="replace").strip()

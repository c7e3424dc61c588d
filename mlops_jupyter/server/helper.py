"""The server's side of its helper process.

Importing MLflow holds the GIL for seconds, also in a thread. So a process of its own imports it
and answers queries, one at a time; the server's event loop only waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

from mlops_jupyter.errors import StoreUnavailable, ToolFailed

if TYPE_CHECKING:
    import logging

# How long one query may take, a cold import of MLflow included.
TIMEOUT = 90.0
# A tracking server that does not answer must not hold up the queue for minutes (MLflow's default).
_ENVIRONMENT = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "15", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}


class Helper:
    """One helper process: started at the first query, and again when it has died.

    Parameters
    ----------
    log : logging.Logger
        Takes the helper's standard error, at debug level.
    timeout : float
        Seconds after which a query is given up and the helper replaced.

    Examples
    --------
    >>> import logging
    >>> helper = Helper(logging.getLogger("example"))
    >>> helper.running
    False
    """

    def __init__(self, log: logging.Logger, *, timeout: float = TIMEOUT) -> None:
        self._log = log
        self._timeout = timeout
        self._process: subprocess.Popen[str] | None = None
        self._turn = threading.Lock()  # the queue: one query at a time

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """The process's id, once it was started."""
        return self._process.pid if self._process else None

    async def ask(self, query: str, **arguments: Any) -> dict[str, Any]:
        """Ask a query and wait without holding up the event loop.

        Parameters
        ----------
        query : str
            A name in `mlops_jupyter.server.worker.QUERIES`.
        **arguments
            What it takes.

        Returns
        -------
        dict
            ``{"result": …}``, or ``{"status": …, "failure": …}`` where an `MlopsError` was raised.

        Raises
        ------
        StoreUnavailable
            No answer in time.
        ToolFailed
            The process died twice in a row.
        """
        question = json.dumps({"query": query, **arguments})
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[dict[str, Any]] = loop.create_future()

        def settle(content: dict[str, Any] | None, error: Exception | None) -> None:
            if answer.cancelled():
                return
            if error is not None:
                answer.set_exception(error)
            elif content is not None:
                answer.set_result(content)

        def wait() -> None:
            content: dict[str, Any] | None = None
            error: Exception | None = None
            try:
                content = self._ask(question)
            except Exception as raised:  # noqa: BLE001 - handed to whoever asked
                error = raised
            with contextlib.suppress(RuntimeError):  # the server is gone, and its loop closed
                loop.call_soon_threadsafe(settle, content, error)

        # A daemon, not an executor's thread: Python would wait for that one at exit.
        threading.Thread(target=wait, name="mlops-helper", daemon=True).start()
        return await answer

    def stop(self) -> None:
        """End the process; it also ends by itself when the server is gone."""
        if self._process is not None:
            self._end(self._process)

    def _ask(self, question: str) -> dict[str, Any]:
        with self._turn:
            for _attempt in range(2):  # one that was killed, or out of memory, is replaced once
                answer = self._exchange(self._started(), question)
                if answer:
                    content: dict[str, Any] = json.loads(answer)
                    return content
        raise ToolFailed(
            "the helper process of the Jupyter server died twice while it answered",
            "start Jupyter with --debug and look into its log",
        )

    def _exchange(self, process: subprocess.Popen[str], question: str) -> str:
        """Write a line and read one; an empty answer means that the process is gone."""
        assert process.stdin is not None  # noqa: S101 - pipes, as started below
        assert process.stdout is not None  # noqa: S101
        late = threading.Event()

        def give_up() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(self._timeout, give_up)
        timer.daemon = True
        timer.start()
        try:
            process.stdin.write(f"{question}\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except OSError:  # it died before it could read
            answer = ""
        finally:
            timer.cancel()
        if not answer:
            self._end(process)
        if late.is_set():
            raise StoreUnavailable(
                f"the tracking store gave no answer within {self._timeout:.0f} s",
                "see `mlops doctor`",
            )
        return answer if answer.endswith("\n") else ""

    def _started(self) -> subprocess.Popen[str]:
        if self._process is not None:
            if self._process.poll() is None:
                return self._process
            self._end(self._process)  # its pipes are still open
        self._process = subprocess.Popen(
            # -P: a user's mlflow.py in the served folder must not be what gets imported.
            [sys.executable, "-P", "-m", "mlops_jupyter.server.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            env={**_ENVIRONMENT, **os.environ},
        )
        threading.Thread(
            target=self._drain, args=(self._process,), name="mlops-helper-log", daemon=True
        ).start()
        return self._process

    def _drain(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None  # noqa: S101 - a pipe, as started above
        with process.stderr as lines:
            for line in lines:
                self._log.debug("mlops helper: %s", line.rstrip())

    @staticmethod
    def _end(process: subprocess.Popen[str]) -> None:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # it had not read all that was written
                    pipe.close()

"""The helper process: ``python -m mlops_jupyter.server.worker``.

It reads one JSON question a line from standard input and writes one JSON answer a line to standard
output. What libraries print goes to standard error. It ends when standard input does, which is
when the server is gone, however it went; also in the middle of a query.
"""

from __future__ import annotations

import importlib
import json
import os
import queue
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from mlops_jupyter.errors import MlopsError
from mlops_jupyter.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlops_jupyter.results import Result


def _runs(workspace: Workspace, experiment: str | None, limit: int) -> Result:
    from mlops_jupyter.tracking.history.listing import runs
    from mlops_jupyter.tracking.transfer.syncing import contact

    contact(workspace)
    return runs(workspace, experiment=experiment, limit=limit, flat=True)


def _show(workspace: Workspace, reference: str) -> Result:
    from mlops_jupyter.tracking.history.details import show

    return show(workspace, reference)


QUERIES: dict[str, Callable[..., Result]] = {"runs": _runs, "show": _show}


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """Answer one question.

    Parameters
    ----------
    question : dict
        ``query``: a name in `QUERIES`; ``folder``: where the workspace is; the rest is what the
        query takes.

    Returns
    -------
    dict
        ``{"result": …}``, or ``{"status": …, "failure": …}``.

    Examples
    --------
    >>> answer({"query": "runs", "folder": "/", "experiment": None, "limit": 1})["status"]
    404
    """
    name, folder = question.pop("query"), question.pop("folder")
    try:
        return {"result": QUERIES[name](Workspace.find(Path(folder)), **question).to_dict()}
    except MlopsError as error:
        return _failed(error)
    except Exception as error:  # noqa: BLE001 - the boundary: told to the user, whole in the log
        import traceback

        traceback.print_exc()
        return _failed(
            MlopsError(
                f"the query failed: {type(error).__name__}: {error}",
                "see `mlops doctor`, and the log of the Jupyter server",
            )
        )


def _failed(error: MlopsError) -> dict[str, Any]:
    return {"status": error.http_status, "failure": error.to_dict()}


def main() -> None:
    """Answer until standard input ends."""
    # Copies of the streams, which libraries and their child processes neither read nor print into.
    lines = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    questions: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(lines, questions), daemon=True).start()
    while True:
        reply = answer(json.loads(questions.get()))
        answers.write(json.dumps(reply, ensure_ascii=False, allow_nan=False) + "\n")
        answers.flush()
        # A list of runs does without; whoever opens a run then does not wait for it. Not in a
        # thread: two threads that import the same package may each find it half made.
        importlib.import_module("mlflow")


def _read(lines: TextIO, questions: queue.SimpleQueue[str]) -> None:
    for line in lines:
        questions.put(line)
    os._exit(0)


if __name__ == "__main__":
    main()

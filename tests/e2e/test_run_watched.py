"""What a run of a notebook tells and keeps: progress, log, time and memory, returned values."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from mlflow import MlflowClient
from nbformat.v4 import new_code_cell, new_notebook

from mlops_jupyter.errors import BadInput, NotebookFailed
from mlops_jupyter.notebooks.records import NotebookRun
from mlops_jupyter.notebooks.run import run
from tests.kernels import started

pytestmark = pytest.mark.usefixtures("_closed_loop")

SPEC = {"name": "python3", "display_name": "Python 3", "language": "python"}
BAR = (
    "import time\nfrom tqdm import tqdm\n"
    "for _ in tqdm(range(30), mininterval=0):\n    time.sleep(0.03)\n"
)


def write(path, *cells):
    made = [new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells]
    nbformat.write(new_notebook(cells=made, metadata={"kernelspec": SPEC}), path)
    return Path(path)


def parameters(code):
    return new_code_cell(code, metadata={"tags": ["parameters"]})


def kept(workspace, run_id, tmp_path, name):
    client = MlflowClient(workspace.store.uri)
    path = Path(client.download_artifacts(run_id, f"execution/{name}", str(tmp_path)))
    return path.read_text(encoding="utf-8")


def test_what_is_told_and_kept(workspace, tmp_path):
    path = write(
        "train.ipynb",
        BAR,
        "block = bytearray(200_000_000); time.sleep(0.6); del block",
        "import mlops_jupyter as mlops\n"
        "mlops.glue('auc', 0.5); mlops.glue('auc', 0.75); mlops.glue('classes', ['a', 'é'])\n"
        "mlops.glue('done', True)\n"
        "print('token=', 'ghp_' + 'a1B2' * 9)\n'the end'",
    )
    events = []
    result = run(workspace, path, events=events.append)

    # Values.
    assert result.returned == {"auc": 0.75, "classes": ["a", "é"], "done": True}
    assert result.metrics == {"auc": 0.75}
    stored = MlflowClient(workspace.store.uri).get_run(result.run_id).data.metrics
    assert stored["auc"] == 0.75
    assert json.loads(kept(workspace, result.run_id, tmp_path, "returned.json")) == result.returned
    assert '["a", "é"]' in result.to_text()
    assert NotebookRun.from_dict(result.to_dict()) == result

    # Time and memory.
    first, second, _ = result.cells
    assert (first.number, first.line, first.status) == (1, "import time", "completed")
    assert first.duration_s >= 0.9
    assert second.peak_memory > 200_000_000
    assert stored["system/peak_memory_megabytes"] * 1e6 >= second.peak_memory
    assert json.loads(kept(workspace, result.run_id, tmp_path, "cells.json")) == {
        "cells": [cell.model_dump() for cell in result.cells]
    }
    assert "slowest cells" in result.to_text()
    executed = nbformat.read(workspace.root / result.output, as_version=4)
    assert [cell.metadata.mlops.duration_s for cell in executed.cells] == [
        cell.duration_s for cell in result.cells
    ]

    # A bar is one line: in the log, in the notebook, and as it is told.
    log = (workspace.root / result.log).read_text(encoding="utf-8")
    assert len([line for line in log.splitlines() if "it/s" in line or "%|" in line]) == 1
    assert "30/30" in log
    assert "  'the end'" in log
    (bar,) = executed.cells[0].outputs
    assert bar.name == "stderr"
    assert "\r" not in bar.text
    assert len(bar.text.splitlines()) == 1
    said = {event.said for event in events}
    assert any("/30 [" in line for line in said)
    assert all("\r" not in line for line in said)
    assert max(event.memory or 0 for event in events) > 200_000_000
    times = [event.elapsed for event in events if event.elapsed is not None]
    assert times == sorted(times)

    # What is kept with the run has no credentials.
    with_run = kept(workspace, result.run_id, tmp_path, "log.txt")
    assert "30/30" in with_run
    assert "ghp_" in log
    assert "ghp_" not in with_run


def test_what_failed_keeps_its_log_and_values_too(workspace, tmp_path):
    path = write(
        "a.ipynb",
        "import mlops_jupyter as mlops, os, signal; mlops.glue('n', 1); print('so far')",
        "os.kill(os.getpid(), signal.SIGSEGV)",
    )
    with pytest.raises(NotebookFailed, match=r"cell 2 of 2: DeadKernelError: .*\(SIGSEGV\)") as e:
        run(workspace, path)
    result = e.value.result
    assert result.returned == {"n": 1}
    assert [cell.status for cell in result.cells] == ["completed", "failed"]
    log = kept(workspace, result.run_id, tmp_path, "log.txt")
    assert "so far" in log
    assert "cell 2 of 2 failed after" in log


def test_parameters_from_files_and_words(workspace):
    path = write("a.ipynb", parameters("n = 1\nrate = 0.5\nname = 'a'"), "print(n, rate, name)")
    Path("one.yaml").write_text("# first\nn: 2\nrate: 1e-3\n")
    Path("two.json").write_text('{"n": 3, "name": "été"}')
    result = run(
        workspace, path, parameters_file=["one.yaml", "two.json"], parameters=["name=last"]
    )
    assert result.parameters == {"n": 3, "rate": 0.001, "name": "last"}
    executed = nbformat.read(workspace.root / result.output, as_version=4)
    assert executed.cells[-1].outputs[0].text == "3 0.001 last\n"
    Path("wrong.yaml").write_text("rate: 1\n\nm: 2\n")
    with pytest.raises(BadInput, match=r"^wrong\.yaml, line 3: .*no parameter 'm'"):
        run(workspace, path, parameters_file="wrong.yaml")


def test_a_terminal_shows_it_in_place_and_leaves_the_result(workspace):
    write("a.ipynb", BAR + "print('last line'); time.sleep(1)")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "mlops_jupyter", "run", "a.ipynb"],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # Linux, at the end
            break
        if not part:
            break
        shown += part
    out, _ = process.communicate()
    os.close(ours)
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.decode())
    assert process.returncode == 0, text
    assert "cell 1 of 1: import time" in text
    assert "last line" in text
    assert "MB" in text
    assert b"\x1b[?25h" in shown  # the cursor is back
    assert "FINISHED" in out.decode()


def test_a_notebook_shows_it_in_one_output_that_is_replaced(workspace):
    write("inner.ipynb", "print('from inside'); import time; time.sleep(1)")
    with started(workspace.root) as kernel:
        kernel.ok("%load_ext mlops_jupyter")
        reply, outputs = kernel.run("%mlops run inner.ipynb")
    assert reply["status"] == "ok", reply
    shown = [o for o in outputs if o["type"] in ("display_data", "update_display_data")]
    assert [o["type"] for o in shown].count("display_data") == 1
    assert len({o["transient"]["display_id"] for o in shown}) == 1
    texts = [o["data"]["text/plain"] for o in shown]
    assert any("cell 1 of 1" in text and "from inside" in text for text in texts)
    assert any("<progress" in o["data"].get("text/html", "") for o in shown)
    assert texts[-1] == ""

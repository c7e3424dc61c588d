"""The helper process: its queue, its deaths, its end."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlops_jupyter.errors import StoreUnavailable, ToolFailed
from mlops_jupyter.server.helper import Helper

LOG = logging.getLogger("test-helper")


@pytest.fixture
def make_helper():
    made = []

    def make(**options):
        made.append(Helper(LOG, **options))
        return made[-1]

    yield make
    for helper in made:
        helper.stop()


def ask(helper, folder, count=1):
    async def all_at_once():
        questions = [
            helper.ask("runs", folder=str(folder), experiment=None, limit=5) for _ in range(count)
        ]
        return await asyncio.gather(*questions)

    return asyncio.run(all_at_once())


def test_one_process_answers_all_that_ask_at_once(make_helper, tmp_path):
    helper = make_helper()
    answers = ask(helper, tmp_path, count=5)
    assert [answer["failure"]["error"] for answer in answers] == ["NoWorkspace"] * 5
    first = helper.pid
    ask(helper, tmp_path)
    assert helper.pid == first


def test_an_answer_longer_than_a_pipe_holds(make_helper, workspace):
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=workspace.store.uri)
    run = client.create_run("0", run_name="wide")
    for number in range(40):
        client.log_param(run.info.run_id, f"p{number}", "ü" * 5000)
    (answer,) = ask(make_helper(), workspace.root)
    assert len(json.dumps(answer)) > 200_000
    assert answer["result"]["runs"][0]["name"] == "wide"


def test_what_is_too_slow_is_given_up_and_the_next_one_is_served(make_helper, tmp_path):
    helper = make_helper(timeout=0.05)  # Python alone takes longer to start
    with pytest.raises(StoreUnavailable, match="no answer within"):
        ask(helper, tmp_path)
    assert not helper.running
    helper._timeout = 60
    assert ask(helper, tmp_path)[0]["status"] == 404


def test_a_helper_that_cannot_start_is_an_error_and_no_endless_loop(
    make_helper, tmp_path, monkeypatch
):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ToolFailed, match="died twice"):
        ask(make_helper(), tmp_path)


def test_what_it_says_on_standard_error_goes_to_the_log(make_helper, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")  # makes Python say much there
    with caplog.at_level(logging.DEBUG, logger=LOG.name):
        ask(make_helper(), tmp_path)
    assert "mlops helper: import time:" in caplog.text


def test_a_store_that_cannot_be_opened_is_an_error_that_names_it(make_helper, workspace):
    (workspace.root / "mlops.toml").write_text('schema = 1\n[tracking]\nstore = "nonsense://x"\n')
    (answer,) = ask(make_helper(), workspace.root)
    assert answer["status"] >= 400
    assert "nonsense" in answer["failure"]["message"]


def test_it_ends_when_its_server_is_gone(tmp_path):
    """Killed outright, a server can tell nobody: the helper notices by its standard input."""
    code = (
        "import asyncio, logging, os, signal, sys\n"
        "from mlops_jupyter.server.helper import Helper\n"
        "helper = Helper(logging.getLogger())\n"
        f"question = dict(folder={str(tmp_path)!r}, experiment=None, limit=1)\n"
        "asyncio.run(helper.ask('runs', **question))\n"
        "print(helper.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    pid = int(done.stdout)
    deadline = time.monotonic() + 60
    while _is_alive(pid):
        assert time.monotonic() < deadline, "the helper outlived its server"
        time.sleep(0.05)


def _is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # Where nobody reaps orphans (a container without init) it stays as a zombie.
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return sys.platform != "linux"

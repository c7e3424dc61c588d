"""A real kernel, as JupyterLab starts it."""

import queue
import time

import pytest

import mlops_jupyter as mlops
from tests.kernels import started

SETUP = """
%load_ext mlops_jupyter
%mlops track trees
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
X, y = load_breast_cancer(return_X_y=True, as_frame=True)
"""
FIT = "forest = RandomForestClassifier(5, random_state=0).fit(X, y)\n"


@pytest.fixture
def kernel(workspace):
    with started(workspace.root, "notebooks/my trees.ipynb") as kernel:
        yield kernel


def test_the_stop_button_makes_a_killed_run_and_the_next_cell_is_tracked(kernel, workspace):
    reply, _ = kernel.run(SETUP)
    assert reply["status"] == "ok"
    stopped = FIT + "import time\nprint('sleeping', flush=True)\ntime.sleep(60)"
    reply, _ = kernel.run(stopped, interrupt_at="sleeping")
    assert reply["ename"] == "KeyboardInterrupt"
    kernel.run(FIT)
    newest, first = mlops.runs(workspace).runs
    assert (newest.status, first.status) == ("FINISHED", "KILLED")


def test_the_stop_button_in_the_middle_of_a_fit(kernel, workspace):
    kernel.run(SETUP)
    slow = "print('training', flush=True)\nRandomForestClassifier(100_000).fit(X, y)"
    reply, _ = kernel.run(slow, interrupt_at="training")
    # Where a library's own cleaning up fails on the way out, its error stands above this one.
    assert "KeyboardInterrupt" in "\n".join(reply["traceback"]), reply
    kernel.run(FIT)
    assert mlops.runs(workspace).runs[0].status == "FINISHED"
    assert "RUNNING" not in [run.status for run in mlops.runs(workspace).runs]


def test_the_run_names_its_notebook_and_shows_one_line(kernel, workspace):
    kernel.run(SETUP)
    _, outputs = kernel.run(FIT)
    shown = [o for o in outputs if o["type"] == "display_data"]
    assert len(shown) == 1
    assert "application/vnd.mlops-jupyter.result+json" in shown[0]["data"]
    assert not [o for o in outputs if o["type"] == "stream"]
    assert mlops.runs(workspace).runs[0].notebook == "notebooks/my trees.ipynb"


def test_tab_completes_in_the_kernel(kernel):
    kernel.run("%load_ext mlops_jupyter\nfirst_half = 1")
    kernel.run("open('flights.csv', 'w').write('a,b')\n%mlops data snapshot flights.csv")
    for code, expected in [
        ("%mlops tra", "track"),
        ("%%mlops track --na", "--name"),
        ("%mlops drift $first_", "first_half"),
        ("%mlops drift data:flig", "flights"),
        ("%mlops drift data:flights@", "v1"),
    ]:
        asked = kernel.client.complete(code, len(code))
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                reply = kernel.client.get_shell_msg(timeout=5)
            except queue.Empty:
                continue
            if reply["parent_header"].get("msg_id") == asked:
                break
        assert expected in reply["content"]["matches"], code


def test_a_notebook_that_is_not_saved_is_said_once(kernel):
    kernel.ok(SETUP)
    assert "is not saved" in kernel.ok(FIT)
    assert "is not saved" not in kernel.ok(FIT)

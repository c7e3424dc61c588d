"""`mlops reproduce`: the code of runs of many kinds, with real kernels, git and MLflow."""

from __future__ import annotations

from pathlib import Path

import pytest

import mlops_jupyter as mlops
from mlops_jupyter.errors import NotebookFailed
from mlops_jupyter.tracking import tags
from tests.kernels import started
from tests.reproducing import FIT, commit, newest, notebook, prepare, refused

pytestmark = pytest.mark.usefixtures("_closed_loop")

SECRET = "kf83-hdkw-2291-xx"


@pytest.fixture
def project(workspace):
    prepare(workspace.root)
    return workspace


@pytest.fixture
def kernel(project):
    """A kernel in which tracking is on."""
    with started(project.root) as opened:
        opened.ok("%load_ext mlops_jupyter\n%mlops track trees")
        yield opened


LOG = "import mlops_jupyter as mlops\nmlops.log({'score': 1 / rate})"


def test_a_notebook_that_is_gone_gives_the_same_to_the_last_bit(project):
    path = notebook("notebooks/train.ipynb", LOG, parameters="rate = 2.0")
    commit(project.root)
    done = mlops.run(project, path, parameters={"rate": 3.0})
    path.unlink()

    again = mlops.reproduce(project, f"run:{done.run_id}")

    assert (again.verdict, again.way) == ("identical", "notebook")
    (metric,) = again.metrics
    assert (metric.name, metric.recorded, metric.reproduced) == ("score", 1 / 3, [1 / 3])
    made = mlops.show(project, f"run:{again.reproductions[0]}")
    assert made.tags[tags.REPRODUCES] == done.run_id
    assert made.summary.params == {"rate": "3.0"}
    assert made.summary.experiment == "train"
    assert not [each for each in again.differences if each.what in ("package", "python")]
    assert not path.exists()


def test_a_notebook_that_was_renamed_and_edited_and_a_child_of_a_sweep(project):
    path = notebook("train.ipynb", LOG, parameters="rate = 2.0")
    commit(project.root)
    above = mlops.run(project, path)
    child = mlops.run(project, path, parameters={"rate": 7.0}, parent_run_id=above.run_id)
    path.unlink()
    notebook("renamed.ipynb", "raise SystemExit(3)")
    commit(project.root, "renamed")

    again = mlops.reproduce(project, f"run:{child.run_id}")

    assert again.verdict == "identical"
    assert [metric.recorded for metric in again.metrics] == [1 / 7]


def test_the_same_failure_is_the_same_outcome(project):
    path = notebook("bad.ipynb", "values = {}", "values['wind']")
    commit(project.root)
    with pytest.raises(NotebookFailed):
        mlops.run(project, path)

    again = mlops.reproduce(project, "last")

    assert again.verdict == "identical"
    made = mlops.show(project, f"run:{again.reproductions[0]}")
    assert made.summary.status == "FAILED"
    assert made.error == "KeyError: 'wind', cell 2 of 2"


def test_another_failure_is_another_outcome(project, tmp_path):
    mark = tmp_path / "mark"
    path = notebook(
        "bad.ipynb",
        f"import pathlib\nmark = pathlib.Path({str(mark)!r})\n"
        "if mark.exists(): raise ValueError('now')\nmark.touch()\nraise KeyError('then')",
    )
    with pytest.raises(NotebookFailed):
        mlops.run(project, path)
    told = refused(project)
    assert told.verdict == "different"
    assert "KeyError: 'then'" in told.reasons[0]
    assert "ValueError: now" in told.reasons[0]


def test_cells_that_ran_out_of_order(kernel, project):
    kernel.ok("depth = 1")
    kernel.ok("def deeper():\n    global depth\n    depth += 1")
    kernel.run("undefined")
    kernel.ok("deeper()")
    kernel.ok("deeper()")
    kernel.ok(FIT)
    run = newest(project)

    again = mlops.reproduce(project, f"run:{run.run_id}")

    assert (again.verdict, again.way) == ("identical", "journal")
    assert {metric.agreement for metric in again.metrics} == {"identical"}
    assert again.metrics
    made = mlops.show(project, f"run:{again.reproductions[0]}")
    assert made.summary.params["max_depth"] == "3"
    assert made.tags[tags.REPRODUCES] == run.run_id
    assert made.code.commit == mlops.show(project, f"run:{run.run_id}").code.commit


def test_a_dirty_tree_and_a_module_nobody_has_committed(kernel, project):
    Path("depths.py").write_text("DEPTH = 1\n")
    Path("gone.py").write_text("")
    commit(project.root, "modules")
    Path("depths.py").write_text("DEPTH = 2\n")
    Path("gone.py").unlink()
    Path("helper.py").write_text("import depths\ndef depth():\n    return depths.DEPTH + 1\n")
    kernel.ok("import os, helper\ndepth = helper.depth()\nassert not os.path.exists('gone.py')")
    kernel.ok(FIT)
    Path("helper.py").unlink()
    Path("depths.py").write_text("DEPTH = 5\n")
    commit(project.root, "later")

    again = mlops.reproduce(project, "last")

    assert again.verdict == "identical"
    assert mlops.show(project, f"run:{again.reproductions[0]}").summary.params["max_depth"] == "3"
    assert Path("depths.py").read_text() == "DEPTH = 5\n"
    assert not Path("helper.py").exists()


def test_one_of_the_runs_of_a_cell(kernel, project):
    kernel.ok("depth = 1")
    more = "DecisionTreeRegressor(max_depth=depth).fit(frame[['day']], frame['late'])"
    kernel.ok(f"{FIT}\nfor depth in (2, 3):\n    {more}")
    (middle,) = [run for run in mlops.runs(project).runs if run.params.get("max_depth") == "2"]

    again = mlops.reproduce(project, f"run:{middle.run_id}")

    assert again.verdict == "identical"
    assert mlops.show(project, f"run:{again.reproductions[0]}").summary.params["max_depth"] == "2"


def test_a_masked_credential_is_asked_for_and_never_kept(kernel, project, monkeypatch):
    kernel.ok(f"api_key = '{SECRET}'")
    kernel.ok("depth = len(api_key)")
    kernel.ok(f"{FIT}\nprint('with', api_key)")

    told = refused(project)
    assert told.verdict == "cannot"
    assert "API_KEY" in told.reasons[0]
    asked = []
    with_it = mlops.reproduce(
        project, f"run:{told.run_id}", ask=lambda name: asked.append(name) or SECRET
    )
    assert (with_it.verdict, asked) == ("identical", ["API_KEY"])
    monkeypatch.setenv("MLOPS_SECRET_API_KEY", SECRET)
    assert mlops.reproduce(project, f"run:{told.run_id}").verdict == "identical"
    kept = [path for path in project.artifacts_dir.rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if SECRET.encode() in path.read_bytes()]


def test_what_a_user_typed_cannot_be_made_again(kernel, project):
    kernel.run("depth = 2  # int(input()) is asked below")
    kernel.run("if False:\n    depth = input('depth? ')")
    kernel.ok(FIT)
    told = refused(project)
    assert told.verdict == "cannot"
    assert "asks for input" in told.reasons[0]


def test_a_script_cannot(project):
    with mlops.track("flights"):
        mlops.log({"x": 1.0})
    told = refused(project)
    assert told.verdict == "cannot"
    assert "script" in told.reasons[0]

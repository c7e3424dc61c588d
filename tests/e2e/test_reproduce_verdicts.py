"""`mlops reproduce`: what is identical, what is chance, what is different, and how it is told."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import mlops_jupyter as mlops
from mlops_jupyter.errors import BadInput, NotFound, UsageError
from mlops_jupyter.reproducing.records import Reproduction
from mlops_jupyter.tracking.capture import objects
from mlops_jupyter.tracking.store.opening import client
from tests.reproducing import notebook, prepare, refused

pytestmark = pytest.mark.usefixtures("_closed_loop")

LOG = "import random, mlops_jupyter as mlops\nmlops.log({'auc': 0.7 + random.random() / 100})"


@pytest.fixture
def project(workspace):
    prepare(workspace.root)
    return workspace


def test_chance_without_a_seed(project):
    done = mlops.run(project, notebook("train.ipynb", LOG))
    run = f"run:{done.run_id}"

    told = refused(project, run)
    assert told.verdict == "different"
    assert told.metrics[0].agreement == "different"
    assert str(done.metrics["auc"]) in told.reasons[0]

    repeated = mlops.reproduce(project, run, repeats=4)
    assert repeated.verdict == "within chance"
    assert len(set(repeated.reproductions)) == 4
    assert "Student's t" in repeated.rule
    (metric,) = repeated.metrics
    assert metric.low <= metric.recorded <= metric.high
    assert repeated.rule in repeated.to_text()

    given = mlops.reproduce(project, run, tolerance="auc=0.02")
    assert (given.verdict, given.rule) == ("within chance", "auc ± 0.02")
    assert refused(project, run, tolerance=1e-12).verdict == "different"


def test_more_than_chance(project, tmp_path):
    count = tmp_path / "count"
    code = (
        f"import pathlib, random, mlops_jupyter as mlops\ncount = pathlib.Path({str(count)!r})\n"
        "again = count.exists()\ncount.touch()\n"
        "mlops.log({'auc': (0.5 if again else 0.9) + random.random() / 1000})"
    )
    done = mlops.run(project, notebook("train.ipynb", code))
    told = refused(project, f"run:{done.run_id}", repeats=4)
    assert told.verdict == "different"
    assert "outside" in told.reasons[0]


def test_packages_that_have_another_version_now_are_listed(project):
    done = mlops.run(project, notebook("train.ipynb", LOG.replace("random.random()", "0.5")))
    folder = objects.local_folder(client(project).get_run(done.run_id).info.artifact_uri)
    file = folder / "environment" / "environment.json"
    known = json.loads(file.read_bytes())
    now = known["distributions"]["numpy"]
    known["distributions"]["numpy"] = "0.9"
    known["python"]["version"] = "3.1.4"
    file.unlink()  # it is a link to what other runs have as well
    file.write_text(json.dumps(known))

    again = mlops.reproduce(project, f"run:{done.run_id}")

    assert again.verdict == "identical"
    found = {(each.what, each.name): (each.recorded, each.now) for each in again.differences}
    assert found["package", "numpy"] == ("0.9", now)
    assert found["python", "Python"][0] == "3.1.4"
    assert len(found) == 2
    assert "numpy" in again.to_text()
    assert "0.9" in again.to_html()


def test_a_notebook_that_logs_nothing_has_nothing_to_compare(project):
    mlops.run(project, notebook("train.ipynb", "1 + 1"))
    told = refused(project)
    assert told.verdict == "cannot"
    assert "nothing to compare" in told.reasons[0]


def test_the_command_says_it_by_its_exit_code(project):
    ours = [sys.executable, "-m", "mlops_jupyter", "reproduce"]
    path = notebook("train.ipynb", LOG.replace("random.random()", "0.5"), parameters="n = 1")
    mlops.run(project, path)
    same = subprocess.run([*ours, "last", "--json"], capture_output=True, text=True, check=False)
    assert same.returncode == 0, same.stderr
    result = Reproduction.from_dict(json.loads(same.stdout))
    assert result.verdict == "identical"

    done = mlops.run(project, notebook("train.ipynb", LOG))
    other = subprocess.run([*ours, done.run_id], capture_output=True, text=True, check=False)
    assert other.returncode == 1
    assert "different" in other.stdout
    assert "--repeats 5" in other.stderr


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"repeats": 0}, UsageError, "repeats is 0"),
        ({"timeout": 0}, UsageError, "timeout is 0"),
        ({"tolerance": "auc=x"}, UsageError, "no tolerance"),
        ({"tolerance": -1.0}, UsageError, "no tolerance"),
        ({"tolerance": "acu=0.1"}, BadInput, "no metric 'acu'"),
    ],
)
def test_options_that_are_off(project, options, error, says):
    with mlops.track("flights"):
        mlops.log({"auc": 1.0})
    with pytest.raises(error, match=says):
        mlops.reproduce(project, "last", **options)
    with pytest.raises(NotFound):
        mlops.reproduce(project, "nothing")


def test_names_from_a_store_are_no_markup():
    told = Reproduction(
        verdict="different",
        run_id="a" * 32,
        name="<b>x</b>\x1b[2J",
        experiment="<i>",
        reasons=["<script>"],
        notes=["<u>"],
    )
    shown = told.to_html()
    assert not any(mark in shown for mark in ("<b>", "<i>", "<script>", "<u>"))
    assert "\x1b" not in told.to_text()

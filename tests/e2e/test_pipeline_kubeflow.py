"""The pipeline as Kubeflow's YAML: loaded by kfp, and executed by its local runner.

Each step is a process that clones the repository, takes its data out of a DVC remote, and puts what
it made there: nothing but the remote and a few lines of dvc.lock is shared. No cluster was reached.
"""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from mlops_jupyter.errors import BadInput, Conflict
from mlops_jupyter.pipelines import export, run
from mlops_jupyter.workspace import Workspace
from tests.stock import commit_all, sh

STAGES = """\
stages:
  prepare:
    cmd: python prepare.py
    deps: [raw.txt, prepare.py]
    params: [prepare]
    outs: [clean.txt]
    meta: {kubeflow: {cpu: 2, memory: 4Gi, retries: 2}}
  count:
    cmd: wc -c < clean.txt > count.txt
    deps: [clean.txt]
    outs: [count.txt]
    meta: {kubeflow: {cache: false, image: "python:3.12-count"}}
  report:
    cmd: cat count.txt clean.txt > report.txt
    deps: [count.txt, clean.txt]
    outs: [report.txt]
"""
PREPARE = "text = open('raw.txt').read(); open('clean.txt', 'w').write(text.upper())\n"


@pytest.fixture
def pipeline(workspace, tmp_path):
    root = workspace.root
    for name, text in {
        "raw.txt": "raw\n",
        "prepare.py": PREPARE,
        "dvc.yaml": STAGES,
        "params.yaml": "prepare: 1\n",
    }.items():
        (root / name).write_text(text)
    (root / ".gitignore").write_text("/clean.txt\n/count.txt\n/report.txt\n/.mlops/\n")
    sh(root, "dvc", "remote", "add", "-q", "-d", "shelf", str(tmp_path / "shelf"))
    commit_all(root)
    return workspace


def graph(workspace):
    text = (workspace.root / "pipeline.kubeflow.yaml").read_text()
    return next(iter(yaml.safe_load_all(text)))


def test_a_stage_is_a_component_and_data_is_an_edge(pipeline):
    done = export(pipeline, image="python:3.11-flights")
    written = graph(pipeline)
    tasks = written["root"]["dag"]["tasks"]
    assert done.stages == ["prepare", "count", "report"]
    assert set(written["components"]) == {"comp-prepare", "comp-count", "comp-report"}
    assert {name: set(task.get("dependentTasks", ())) for name, task in tasks.items()} == {
        "prepare": set(),
        "count": {"prepare"},
        "report": {"count", "prepare"},
    }
    containers = {
        name.removeprefix("exec-"): each["container"]
        for name, each in written["deploymentSpec"]["executors"].items()
    }
    resources = containers["prepare"]["resources"]
    assert (resources["resourceCpuLimit"], resources["resourceMemoryLimit"]) == ("2", "4Gi")
    assert tasks["prepare"]["retryPolicy"]["maxRetryCount"] == 2
    assert [tasks[name]["cachingOptions"] for name in ("prepare", "count")] == [
        {"enableCache": True},
        {},
    ]
    assert containers["report"]["image"] == "python:3.11-flights"
    assert containers["count"]["image"] == "python:3.12-count"
    again = export(pipeline, image="python:3.11-flights")  # over its own file
    assert again.commit == done.commit


LOCAL = """
import sys, warnings
warnings.simplefilter("ignore")
from kfp import components, local
local.init(local.SubprocessRunner(use_venv=False), pipeline_root=sys.argv[2])
pipeline = components.load_component_from_file(sys.argv[1])
pipeline()
"""


@pytest.mark.timeout(900)
def test_it_is_executed_by_kfp_s_local_runner(pipeline, tmp_path):
    export(pipeline, image="python:3.11")
    root = pipeline.root
    # kfp's runner does not quote its interpreter: this environment by a name without spaces.
    environment = tmp_path / "environment"
    environment.symlink_to(sys.prefix)
    python = str(environment / "bin/python")
    done = subprocess.run(
        [python, "-c", LOCAL, str(root / "pipeline.kubeflow.yaml"), str(tmp_path / "kfp")],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (root / "report.txt").exists()
    # What the steps made is in the remote: stock DVC brings all of it home, and runs nothing.
    said = sh(root, "dvc", "repro", "--pull")
    assert said.count("is cached - skipping run") == 3
    assert {stage.outcome for stage in run(Workspace.find(root)).stages} == {"unchanged"}
    assert (root / "report.txt").read_text() == "4\nRAW\n"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda root: sh(root, "dvc", "remote", "remove", "shelf"), "no DVC remote"),
        (
            lambda root: (root / "dvc.yaml").write_text(STAGES.replace("cpu: 2", "cpus: 2")),
            r"meta\.kubeflow\.cpus",
        ),
    ],
)
def test_what_no_step_could_work_with_is_told(pipeline, change, said):
    change(pipeline.root)
    with pytest.raises(BadInput, match=said):
        export(pipeline, image="python:3.11")
    assert not (pipeline.root / "pipeline.kubeflow.yaml").exists()


def test_a_step_needs_an_image(pipeline):
    with pytest.raises(BadInput, match="stage 'prepare' has no container image"):
        export(pipeline)


def test_what_steps_would_not_find_is_said(pipeline):
    root = pipeline.root
    (root / "more.txt").write_text("more\n")
    text = STAGES.replace("deps: [raw.txt,", "deps: [raw.txt, more.txt,")
    (root / "dvc.yaml").write_text(text)
    notes = "\n".join(export(pipeline, image="python:3.11").notes)
    assert "more.txt is in no commit" in notes
    assert "not committed: " in notes
    assert "raw.txt is in no commit" not in notes
    assert "git knows no remote" in notes
    assert "`tracking`" in notes


def test_another_s_file_stays(pipeline):
    (pipeline.root / "mine.yaml").write_text("mine\n")
    with pytest.raises(Conflict):
        export(pipeline, image="python:3.11", output="mine.yaml")
    assert Path("mine.yaml").read_text() == "mine\n"


def test_kfp_is_named_where_it_is_missing(pipeline):
    code = (
        "import sys; sys.modules['kfp'] = None\n"
        "from mlops_jupyter.cli import main\n"
        "sys.exit(main(['pipeline', 'export', '--image', 'python:3.11']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=pipeline.root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 8
    assert "mlops-jupyter[kubeflow]" in done.stderr

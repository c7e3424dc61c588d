"""binder/: what repo2docker makes of it, step by step, and all notebooks executed in the result."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.examples import Executed
from tests.stock import cloned

ROOT = Path(__file__).parents[2]
REPO2DOCKER = "jupyter-repo2docker==2026.4.0"
MOST = 1_500_000_000
OTHERS = ("MLOPS_", "MLFLOW_", "JUPYTER", "JPY_", "DVC_", "PYTHON", "VIRTUAL_ENV", "EMAIL")


@pytest.fixture
def clone(tmp_path):
    return cloned(ROOT, tmp_path / "repository")


@pytest.fixture
def dockerfile(clone, tmp_path):
    """What repo2docker would have Docker do; with --no-build it asks no Docker."""
    tools = environment_at(tmp_path / "tools")
    run([tools / "pip", "install", "--quiet", REPO2DOCKER])
    user = ("--user-id", "1000", "--user-name", "jovyan")
    return run([tools / "repo2docker", "--no-build", *user, clone])


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_repo2docker_takes_python_and_our_files(dockerfile):
    assert "conda environment for python=3.11" in dockerfile
    there = dockerfile.index(" src/ ${REPO_DIR}/")
    assert there < dockerfile.index("RUN ${KERNEL_PYTHON_PREFIX}/bin/pip"), "pip reads our files"
    assert steps(dockerfile) == [
        '${KERNEL_PYTHON_PREFIX}/bin/pip install --no-cache-dir -r "binder/requirements.txt"',
        "chmod +x binder/postBuild",
        "./binder/postBuild",
    ]


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_all_notebooks_run_in_what_it_makes(dockerfile, clone, tmp_path):
    scripts = environment_at(tmp_path / "environment")
    known = {name: text for name, text in os.environ.items() if not name.startswith(OTHERS)}
    environment = known | {
        "HOME": str(clone),  # as on Binder
        "KERNEL_PYTHON_PREFIX": str(scripts.parent),
        "PATH": os.pathsep.join([str(scripts), "/usr/local/bin", "/usr/bin", "/bin"]),
    }
    asked = subprocess.run(["git", "config", "user.email"], check=False, cwd=clone, env=environment)
    assert asked.returncode, "git knows nobody"
    for step in steps(dockerfile):
        run(["bash", "-c", step], cwd=clone, env=environment)

    packages, home = size(scripts.parent), size(clone)
    print(f"the environment: {packages / 1e6:.0f} MB, the repository: {home / 1e6:.0f} MB")
    assert packages + home < MOST
    folder = clone / "demo" / "notebooks"  # where JupyterLab opens them
    names = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
    for name in names:
        output = tmp_path / name
        run([scripts / "papermill", name, output], cwd=folder, env=environment)
        assert Executed(output).complaints() == []
    assert names
    changed = run(["git", "status", "--porcelain"], cwd=clone).splitlines()
    assert [line for line in changed if not line.startswith("?? .")] == [], "settings in the home"


def environment_at(folder):
    """Make a virtual environment; return where its scripts are."""
    run([sys.executable, "-m", "venv", folder])
    return folder / "bin"


def steps(dockerfile):
    """Return the commands that work with our files, in order."""
    return re.findall(r"^RUN (.*\bbinder/.*)$", dockerfile, re.MULTILINE)


def run(words, **options):
    done = subprocess.run(
        [str(word) for word in words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **options,
    )
    assert done.returncode == 0, f"{words}: {done.stdout[-4000:]}"
    return done.stdout


def size(folder):
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files)

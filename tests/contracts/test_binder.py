"""binder/ names what there is: extras, constraints, a Python that fits, a script that is run."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet


@pytest.fixture(scope="module")
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def requirements(root):
    lines = (root / "binder" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_this_package_is_installed_with_extras_that_exist(requirements, project):
    (local,) = [line for line in requirements if line.startswith(".")]
    named = re.fullmatch(r"\.\[([a-z,]+)\]", local)
    assert named is not None
    extras = named[1].split(",")
    assert {*extras} <= {*project["optional-dependencies"]}
    assert {"demo", "sweep"} <= {*extras}, "the data, and what the example of sweeps needs"


def test_constraints_are_those_of_the_tests(requirements, root):
    (given,) = [line.split()[1] for line in requirements if line.startswith("-c")]
    # pip counts it from the file that names it.
    assert (root / "binder" / given).resolve() == root / "constraints.txt"


def test_all_else_is_a_package(requirements):
    for line in requirements:
        if not line.startswith((".", "-c")):
            Requirement(line)


def test_the_python_is_one_that_we_support(root, project):
    text = (root / "binder" / "runtime.txt").read_text(encoding="utf-8")
    found = re.fullmatch(r"python-(\d+\.\d+)\n", text)
    assert found is not None
    assert SpecifierSet(project["requires-python"]).contains(found[1])


def test_pip_makes_no_bytecode_there(root):
    said = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        env={**os.environ, "HOME": str(root)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "install.no-compile='no'" in said.splitlines(), "the folder is the home folder there"


def test_what_is_run_at_the_end_stops_at_its_first_error(root):
    script = root / "binder" / "postBuild"
    assert script.stat().st_mode & stat.S_IXUSR
    first, *others = script.read_text(encoding="utf-8").splitlines()
    assert first == "#!/bin/bash"
    assert "set -euo pipefail" in others
    subprocess.run(["bash", "-n", str(script)], check=True)

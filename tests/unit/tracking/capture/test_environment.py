from __future__ import annotations

import importlib.metadata
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from mlops_jupyter import git
from mlops_jupyter.settings import Settings
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.capture import distributions, environment
from mlops_jupyter.workspace import Workspace


@pytest.fixture
def folder(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path, Settings())


@pytest.fixture
def site(tmp_path, monkeypatch) -> Path:
    """An empty folder of installed packages, and no other."""
    place = tmp_path / "site-packages"
    place.mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path / "nowhere"), "archive.zip", str(place)])
    return place


def known(kept) -> dict:
    return json.loads(kept.files["environment/environment.json"])


def dist_info(site: Path, name: str, **files: str) -> Path:
    entry = site / f"{name}.dist-info"
    entry.mkdir(parents=True)
    for file, text in files.items():
        (entry / file.replace("_json", ".json")).write_text(text)
    return entry


def test_the_same_distributions_as_the_standard_library_finds():
    theirs: dict[str, str] = {}
    for found in importlib.metadata.distributions():
        theirs.setdefault(distributions.normal_name(found.metadata["Name"]), found.version)
    assert {each.name: each.version for each in distributions.installed()} == theirs


def test_what_lies_in_site_packages(site):
    dist_info(site, "Plain_Name-1.2.post1+cu121")
    dist_info(site, "~roken-9.9")
    dist_info(site, "no_version_in_name", METADATA="Name: told-inside\nVersion: 3\n")
    dist_info(site, "empty", METADATA="")
    (site / "old-0.1-py3.11.egg-info").write_text("Name: Old\nVersion: 0.1\n")
    dist_info(site, "torn-1.0", direct_url_json="{")
    dist_info(
        site, "vcs-2.0",
        direct_url_json=json.dumps(
            {
                "url": "https://ada:s3cret@git.example/vcs.git",
                "vcs_info": {"vcs": "git", "commit_id": "c0ffee"},
            }
        ),
    )  # fmt: skip
    assert [each.requirement for each in distributions.installed()] == [
        "old==0.1",
        "plain-name==1.2.post1+cu121",
        "told-inside==3",
        "torn==1.0",
        "vcs @ git+https://git.example/vcs.git@c0ffee",
    ]


def test_an_editable_install_with_its_commit(site, tmp_path, folder):
    source = tmp_path / "my lib"
    git.run(tmp_path, "init", "--quiet", str(source))
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    git.run(source, *identity, "commit", "--quiet", "--allow-empty", "-m", "one")
    origin = {"url": source.as_uri(), "dir_info": {"editable": True}}
    dist_info(site, "my_lib-0.1", direct_url_json=json.dumps(origin))
    commit = git.run(source, "rev-parse", "HEAD")
    kept = environment.collect(folder)
    assert known(kept)["from_elsewhere"]["my-lib"] == {
        "url": source.as_uri(),
        "commit": commit,
        "editable": True,
    }
    assert kept.files["environment/requirements.txt"].decode().startswith("# editable: my-lib==0.1")


def test_what_is_installed_meanwhile_is_seen(site):
    dist_info(site, "one-1.0")
    assert len(distributions.installed()) == 1
    os.utime(site, (1, 1))
    dist_info(site, "two-1.0")
    assert len(distributions.installed()) == 2


def test_pip_takes_the_requirements(folder, tmp_path):
    kept = environment.collect(folder)
    file = tmp_path / "requirements.txt"
    file.write_bytes(kept.files["environment/requirements.txt"])
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps", "--no-index",
         "--quiet", "-r", str(file)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr  # all of it is installed already


def test_what_is_told_of_the_machine(folder):
    kept = environment.collect(folder)
    found = known(kept)
    assert found["schema_version"] == 1
    assert found["python"]["version"] == ".".join(map(str, sys.version_info[:3]))
    assert found["python"]["kind"] in {"venv", "conda", "system"}
    assert found["machine"]["cpus"] == os.cpu_count()
    assert found["machine"]["memory_bytes"] > 100_000_000
    assert {pool["user_api"] for pool in found["threads"]["pools"]} >= {"blas"}
    assert kept.files == environment.collect(folder).files  # once per content


def test_threads_as_they_are_now(folder):
    with threadpool_limits(1):
        pools = known(environment.collect(folder))["threads"]["pools"]
    assert {pool["num_threads"] for pool in pools} == {1}


def test_no_other_variable_is_read(folder, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret-value")
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setenv("MKL_NUM_THREADS", "s3cret-value in the wrong place")
    monkeypatch.setenv("PYTHONHASHSEED", "s3cret-value\n")
    kept = environment.collect(folder, environment.Chance.now())
    assert known(kept)["variables"] == {"OMP_NUM_THREADS": "3"}
    assert b"s3cret-value" not in b"".join(kept.files.values())
    assert "s3cret-value" not in "".join(kept.tags.values())


def test_lock_files_without_their_credentials(folder):
    (folder.root / "uv.lock").write_text("version = 1\n")
    (folder.root / "requirements-dev.txt").write_text(
        "--extra-index-url https://ada:hunter22@pypi.example/simple\nnumpy\n"
    )
    (folder.root / "poetry.lock").symlink_to("/etc/passwd")
    kept = environment.collect(folder)
    assert known(kept)["lock_files"] == ["uv.lock", "requirements-dev.txt"]
    text = kept.files["environment/lock/requirements-dev.txt"].read_text()
    assert "numpy" in text
    assert "hunter22" not in text
    assert "environment/lock/poetry.lock" not in kept.files


def test_a_lock_file_above_its_budget_is_said(folder, monkeypatch):
    monkeypatch.setattr(environment, "_LOCK_LIMIT", 10)
    (folder.root / "uv.lock").write_text("version = 1\n" * 10)
    kept = environment.collect(folder)
    assert kept.problems
    assert "uv.lock: larger than" in kept.problems[0]


def test_seeds_are_told_by_their_state_and_left_alone():
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002 - the state that scikit-learn draws from
    first = environment.Chance.now()
    following = random.random(), np.random.random()  # noqa: NPY002
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    again = environment.Chance.now()
    assert (random.random(), np.random.random()) == following  # noqa: NPY002
    assert first.tag() == again.tag()
    later = environment.Chance.now()
    for library in ("random", "numpy"):
        assert json.loads(later.tag())[library] != json.loads(first.tag())[library]


def test_nothing_is_imported_for_it():
    program = """
import sys
from mlops_jupyter.tracking.capture import environment
environment.Chance.now().tag(); environment.tag()
print(sorted({"numpy", "torch", "mlflow", "pandas"} & set(sys.modules)))
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_tag_is_what_lists_show():
    found = json.loads(environment.tag())
    assert {"python", "platform", "mlflow", "numpy"} <= found.keys()
    assert tags.ENVIRONMENT == "mlops.environment"

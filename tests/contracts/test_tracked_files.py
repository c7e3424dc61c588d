"""What git tracks fits every machine: no registry, no address in lock files, no one's paths."""

from __future__ import annotations

import re

import pytest

# Written so that this file names none itself.
REGISTRY = re.compile(
    r"\b(?:pypi|pythonhosted|npmjs|yarnpkg|anaconda|conda|debian|ghcr|docker)\.(?:org|com|io)\b"
)
MACHINE_PATH = re.compile(
    r"(?<![\w.~*$}/-])/(?:root|work|home/\w+|Users/\w+|opt/\w+|tmp/\w+|mnt/\w+)/[\w.-]"
)
ADDRESS = re.compile(r"\w://")
LOCK_FILES = ("constraints.txt", "yarn.lock", "package-lock.json", ".yarnrc.yml")


def lines_with(pattern, paths, root):
    found = []
    for path in paths:
        content = path.read_bytes()
        if b"\0" in content[:4096]:
            continue
        for number, line in enumerate(content.decode("utf-8").splitlines(), 1):
            if pattern.search(line):
                found.append(f"{path.relative_to(root)}:{number}: {line[:120]}")
    return found


def test_no_registry_is_named(tracked, root):
    assert lines_with(REGISTRY, tracked, root) == []


def test_no_path_of_one_machine(tracked, root):
    assert lines_with(MACHINE_PATH, tracked, root) == []


def test_lock_files_hold_no_address(tracked, root):
    locks = [path for path in tracked if path.name in LOCK_FILES]
    assert {"constraints.txt", "yarn.lock"} <= {path.name for path in locks}
    assert lines_with(ADDRESS, locks, root) == []


def test_constraints_are_exact(root):
    lines = (root / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert len(pins) > 100
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", pin) for pin in pins)


def test_nothing_built_is_tracked(tracked, root):
    names = [path.relative_to(root).as_posix() for path in tracked]
    assert not [name for name in names if name.startswith("mlops_jupyter/labextension/")]
    assert not [name for name in names if "node_modules/" in name or "__pycache__/" in name]


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (REGISTRY, "index-url = " + "https://" + "pypi" + ".org/simple"),
        (MACHINE_PATH, "open('" + "/root" + "/x.csv')"),
        (ADDRESS, "resolved " + "https:" + "//somewhere/x.tgz"),
    ],
)
def test_the_patterns_see(pattern, line):
    assert pattern.search(line)

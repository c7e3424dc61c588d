from __future__ import annotations

import importlib
import pkgutil
import subprocess
from pathlib import Path

import pytest

import mlops_jupyter


@pytest.fixture(scope="session")
def root() -> Path:
    return Path(__file__).parents[2]


@pytest.fixture(scope="session")
def tracked(root: Path) -> list[Path]:
    """Every file that git tracks, as a path in the work tree."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True)
    paths = [root / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


@pytest.fixture(scope="session")
def modules() -> list[str]:
    """Every module of the package, imported."""
    names = [
        module.name
        for module in pkgutil.walk_packages(mlops_jupyter.__path__, "mlops_jupyter.")
        if not module.name.endswith("__main__")
    ]
    for name in names:
        importlib.import_module(name)
    return names

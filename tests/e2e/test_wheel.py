"""A wheel, built where there is no node: the panel is in it, once, and so are the examples."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def clone(tmp_path):
    """The tree without what git ignores, in a path with a space."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    folder = tmp_path / "a clone"
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


@pytest.mark.slow
def test_a_wheel_built_without_node_has_the_panel(clone, tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "env", "uname", "git"):
        (tools / name).symlink_to(shutil.which(name))
    environment = {**os.environ, "PATH": str(tools)}
    assert shutil.which("node", path=str(tools)) is None
    built = tmp_path / "built"
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", str(clone), "--no-deps", "--wheel-dir", str(built)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = built.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    shared = [name.partition(".data/data/")[2] for name in names]
    assert "share/jupyter/labextensions/mlops-jupyter/install.json" in shared
    assert "share/jupyter/labextensions/mlops-jupyter/package.json" in shared
    assert "etc/jupyter/jupyter_server_config.d/mlops-jupyter.json" in shared
    entries = [name for name in names if "remoteEntry." in name]
    assert len(entries) == 1
    assert "/share/jupyter/labextensions/mlops-jupyter/static/" in entries[0]
    assert "mlops_jupyter/examples/01_flights.ipynb" in names
    assert "mlops_jupyter/examples/02_experiments.ipynb" in names
    assert "mlops_jupyter/examples/03_data_versions.ipynb" in names
    assert "mlops_jupyter/examples/04_drift.ipynb" in names
    assert "mlops_jupyter/examples/05_pipeline.ipynb" in names
    assert "mlops_jupyter/examples/pipeline/train.ipynb" in names
    page = ("drawing.js", "explorer.js", "explorer.css")
    assert {f"mlops_jupyter/widgets/{part}" for part in page} <= {*names}
    assert not [name for name in names if "node_modules" in name or name.endswith(".ts")]

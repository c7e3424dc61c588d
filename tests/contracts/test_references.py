"""Generated references are fresh: `make docs` would change nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def regenerated(root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reference")
    script = root / "scripts/generate_reference.py"
    subprocess.run([sys.executable, script, "--to", folder], cwd=root, check=True)
    return folder


@pytest.mark.parametrize("name", ["cli.md", "json.md"])
def test_is_fresh(name, regenerated, root):
    committed = (root / "docs/reference" / name).read_text(encoding="utf-8")
    assert committed == (regenerated / name).read_text(encoding="utf-8"), "run `make docs`"

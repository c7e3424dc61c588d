"""The contracts hold, and would notice if they did not."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest


def lint_imports(folder):
    program = "import sys; from importlinter.cli import lint_imports_command as c; sys.exit(c())"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache", "--no-logo"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_contracts_are_kept(root):
    done = lint_imports(root)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("importer", "line", "contract"),
    [
        ("data/__init__.py", "from mlops_jupyter import cli", "Faces know commands"),
        ("data/__init__.py", "from mlops_jupyter import tracking", "Faces know commands"),
        ("tracking/__init__.py", "import mlops_jupyter.commands.tree", "Faces know commands"),
        ("cli.py", "from mlops_jupyter import server", "Faces know commands"),
        ("errors.py", "from mlops_jupyter import workspace", "Faces know commands"),
        ("sideroom.py", "", "Faces know commands"),
        ("cli.py", "from mlops_jupyter.render import table", "Only the views of rooms"),
        ("drift/__init__.py", "import click", "Rooms know no face's library"),
    ],
)
def test_a_forbidden_import_is_caught(root, tmp_path, importer, line, contract):
    shutil.copytree(
        root / "mlops_jupyter",
        tmp_path / "mlops_jupyter",
        ignore=shutil.ignore_patterns("labextension", "__pycache__"),
    )
    shutil.copy(root / "pyproject.toml", tmp_path)
    changed = tmp_path / "mlops_jupyter" / importer
    before = changed.read_text(encoding="utf-8") if changed.exists() else ""
    changed.write_text(f"{before}\n{line}\n", encoding="utf-8")

    done = lint_imports(tmp_path)

    assert done.returncode == 1, done.stdout + done.stderr
    broken = [row for row in done.stdout.splitlines() if " BROKEN" in row]
    assert any(row.startswith(contract) for row in broken), done.stdout

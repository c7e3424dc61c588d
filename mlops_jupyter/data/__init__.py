"""Data versions: snapshots of files and folders, kept by DVC and named by git tags.

Examples
--------
>>> import mlops_jupyter as mlops
>>> ws = mlops.Workspace.find()
>>> print(mlops.data.snapshot(ws, "data/flights.parquet"))
data:flights@v1  unchanged since ...: no new version
  data/flights.parquet  ... kB, 200 rows  ...
>>> [version.ref for version in mlops.data.versions(ws).versions]
['data:flights@v1']
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlops_jupyter.data.catalog.history import matching as matching
    from mlops_jupyter.data.catalog.history import path_of as path_of
    from mlops_jupyter.data.catalog.history import resolve as resolve
    from mlops_jupyter.data.catalog.history import versions as versions
    from mlops_jupyter.data.comparing.comparison import compare as compare
    from mlops_jupyter.data.comparing.records import DataComparison as DataComparison
    from mlops_jupyter.data.profile.details import DataDetails as DataDetails
    from mlops_jupyter.data.profile.records import Profile as Profile
    from mlops_jupyter.data.profile.showing import show as show
    from mlops_jupyter.data.reading.loading import load as load
    from mlops_jupyter.data.records import DataVersion as DataVersion
    from mlops_jupyter.data.records import DataVersions as DataVersions
    from mlops_jupyter.data.restoring.records import Restored as Restored
    from mlops_jupyter.data.restoring.verb import checkout as checkout
    from mlops_jupyter.data.taking.snapshots import snapshot as snapshot
    from mlops_jupyter.data.travel.pulling import pull as pull
    from mlops_jupyter.data.travel.pushing import push as push
    from mlops_jupyter.data.travel.records import DataMoved as DataMoved
    from mlops_jupyter.data.travel.records import DataVerified as DataVerified
    from mlops_jupyter.data.travel.verifying import verify as verify
    from mlops_jupyter.data.upkeep.clearing import gc as gc
    from mlops_jupyter.data.upkeep.forgetting import forget as forget
    from mlops_jupyter.data.upkeep.records import Forgotten as Forgotten
    from mlops_jupyter.data.upkeep.records import FreedData as FreedData

# No module may have a verb's name: importing it would put the module in the verb's place.
_PUBLIC = {
    "DataMoved": "travel.records",
    "DataVerified": "travel.records",
    "DataComparison": "comparing.records",
    "DataDetails": "profile.details",
    "DataVersion": "records",
    "DataVersions": "records",
    "Forgotten": "upkeep.records",
    "FreedData": "upkeep.records",
    "Restored": "restoring.records",
    "checkout": "restoring.verb",
    "compare": "comparing.comparison",
    "forget": "upkeep.forgetting",
    "gc": "upkeep.clearing",
    "load": "reading.loading",
    "matching": "catalog.history",
    "path_of": "catalog.history",
    "pull": "travel.pulling",
    "push": "travel.pushing",
    "resolve": "catalog.history",
    "show": "profile.showing",
    "snapshot": "taking.snapshots",
    "verify": "travel.verifying",
    "versions": "catalog.history",
}

__all__ = list(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)

"""Notebooks in a row: stages of plain ``dvc.yaml``, each run of one a tracked run.

Examples
--------
>>> import mlops_jupyter as mlops
>>> ws = mlops.Workspace.find()
>>> planned = mlops.pipeline.add(ws, "notebooks/train.ipynb", dry_run=True)
>>> planned.name, planned.written
('train', False)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlops_jupyter.pipelines.adding import add as add
    from mlops_jupyter.pipelines.exporting import export as export
    from mlops_jupyter.pipelines.looking import show as show
    from mlops_jupyter.pipelines.looking import status as status
    from mlops_jupyter.pipelines.records import PipelineExport as PipelineExport
    from mlops_jupyter.pipelines.records import PipelineGraph as PipelineGraph
    from mlops_jupyter.pipelines.records import PipelineRun as PipelineRun
    from mlops_jupyter.pipelines.records import PipelineStatus as PipelineStatus
    from mlops_jupyter.pipelines.records import ProposedStage as ProposedStage
    from mlops_jupyter.pipelines.running import run as run

# No module may have a verb's name: importing it would put the module in the verb's place.
_PUBLIC = {
    "PipelineExport": "records",
    "PipelineGraph": "records",
    "PipelineRun": "records",
    "PipelineStatus": "records",
    "ProposedStage": "records",
    "add": "adding",
    "export": "exporting",
    "run": "running",
    "show": "looking",
    "status": "looking",
}

__all__ = list(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)

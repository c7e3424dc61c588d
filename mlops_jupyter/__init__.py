"""MLOps where data scientists already work: the notebook.

Importing this package imports nothing heavy. Public names are loaded when first used.

Examples
--------
>>> import mlops_jupyter as mlops
>>> mlops.__version__
'0.1.0'
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from mlops_jupyter._version import __version__

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

# Public name -> where it lives. Rooms are reached as mlops.data.snapshot, mlops.drift.detect …
_PUBLIC = {
    "Workspace": "mlops_jupyter.workspace:Workspace",
    "MlopsError": "mlops_jupyter.errors:MlopsError",
    "init": "mlops_jupyter.project.init:init",
    "status": "mlops_jupyter.project.status:status",
    "doctor": "mlops_jupyter.project.doctor:doctor",
    "demo": "mlops_jupyter.project.demo:demo",
    "checkout": "mlops_jupyter.project.restoring:checkout",
    "load": "mlops_jupyter.data.reading.loading:load",
    "track": "mlops_jupyter.tracking.script:track",
    "log": "mlops_jupyter.tracking.log.verb:log",
    "runs": "mlops_jupyter.tracking.history.listing:runs",
    "show": "mlops_jupyter.tracking.history.details:show",
    "compare": "mlops_jupyter.project.comparing:compare",
    "reproduce": "mlops_jupyter.reproducing.verb:reproduce",
    "lineage": "mlops_jupyter.provenance.tracing:lineage",
    "du": "mlops_jupyter.tracking.store.disk:du",
    "gc": "mlops_jupyter.tracking.store.clearing:gc",
    "tag": "mlops_jupyter.tracking.history.edit:tag",
    "delete": "mlops_jupyter.tracking.history.edit:delete",
    "restore": "mlops_jupyter.tracking.history.edit:restore",
    "run": "mlops_jupyter.notebooks.run:run",
    "inspect": "mlops_jupyter.notebooks.parameters.inspecting:inspect",
    "sweep": "mlops_jupyter.sweeps.verb:sweep",
    "glue": "mlops_jupyter.notebooks.returned:glue",
    "sync": "mlops_jupyter.tracking.transfer.syncing:sync",
    "push_runs": "mlops_jupyter.tracking.transfer.exchange:push_runs",
    "pull_runs": "mlops_jupyter.tracking.transfer.exchange:pull_runs",
    "export_runs": "mlops_jupyter.tracking.transfer.archives:export_runs",
    "import_runs": "mlops_jupyter.tracking.transfer.archives:import_runs",
    "journal": "mlops_jupyter.tracking.history.journal:journal",
    "explore": "mlops_jupyter.widgets.exploring:explore",
    "secret": "mlops_jupyter.tracking.capture.secret:secret",
    "data": "mlops_jupyter.data",
    "drift": "mlops_jupyter.drift",
    "ci": "mlops_jupyter.ci",
    "pipeline": "mlops_jupyter.pipelines",
}

__all__ = ["__version__", *_PUBLIC]  # noqa: PLE0604 - the names are strings


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _PUBLIC[name].partition(":")
    loaded = importlib.import_module(module)
    return getattr(loaded, attribute) if attribute else loaded


def __dir__() -> list[str]:
    return sorted(__all__)


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Hook of ``%load_ext mlops_jupyter``."""
    from mlops_jupyter import magic

    magic.load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Hook of ``%unload_ext mlops_jupyter``."""
    from mlops_jupyter import magic

    magic.unload(shell)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "mlops-jupyter"}]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "mlops_jupyter.server"}]

"""``mlops status``: in three lines, where code, data and model stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter import git
from mlops_jupyter.data.catalog.history import versions
from mlops_jupyter.errors import StoreUnavailable
from mlops_jupyter.project.records import ProjectStatus
from mlops_jupyter.tracking.history.listing import newest_trained
from mlops_jupyter.tracking.run_parts import Code
from mlops_jupyter.tracking.store import waiting

if TYPE_CHECKING:
    from mlops_jupyter.data.records import DataVersion
    from mlops_jupyter.tracking.records import RunSummary
    from mlops_jupyter.workspace import Workspace


def status(workspace: Workspace) -> ProjectStatus:
    """Say where code, data and model stand.

    Parameters
    ----------
    workspace : Workspace
        The workspace.

    Examples
    --------
    >>> import mlops_jupyter as mlops
    >>> print(mlops.status(mlops.Workspace.find()))
    code   main at ..., clean
    data   data:flights@v1
    model  RandomForestClassifier (run forest, ...), training_roc_auc ...
    """
    code = git.code_state(workspace.root)
    newest = _newest_of_each(versions(workspace, limit=None).versions)
    model, problem = None, ""
    try:
        model = newest_trained(workspace)
    except StoreUnavailable as error:
        problem = error.message
    return ProjectStatus(
        root=str(workspace.root),
        code=Code(commit=code.commit, branch=code.branch, changed=list(code.changed)),
        code_problem=code.problem,
        data=[version.ref for version in newest],
        changed_data=[v.ref for v in newest if v.file_now == "changed"],
        absent_data=[v.ref for v in newest if v.file_now == "missing"],
        model=model,
        newer_data=_newer(model),
        model_problem=problem,
        waiting=waiting.count(workspace),
    )


def _newest_of_each(newest_first: tuple[DataVersion, ...]) -> list[DataVersion]:
    found: dict[str, DataVersion] = {}
    for version in newest_first:
        found.setdefault(version.name, version)
    return list(found.values())


def _newer(model: RunSummary | None) -> list[str]:
    """Return newer versions of the data a model was trained on."""
    if model is None or model.stale is None:
        return []
    return [reason.newer for reason in model.stale.reasons if reason.newer is not None]

"""``mlops doctor``: what works, what does not, and the command that mends each."""

from __future__ import annotations

from collections.abc import Callable

from mlops_jupyter.errors import MlopsError
from mlops_jupyter.project import checkup
from mlops_jupyter.project.records import Check, Diagnosis
from mlops_jupyter.workspace import Workspace


def doctor(
    workspace: Workspace | None = None,
    *,
    fix: bool = False,
    store: str | None = None,
    namespace: dict[str, object] | None = None,
) -> Diagnosis:
    """Look at everything that fails silently elsewhere.

    Parameters
    ----------
    workspace : Workspace, optional
        The one of the current folder by default; that there is none is a finding.
    fix : bool
        Mend what can be mended without asking: artifact paths of a workspace that was moved.
    store : str, optional
        Tracking URI that wins over environment and settings.
    namespace : dict, optional
        The notebook's variables, for finding the notebook.

    Returns
    -------
    Diagnosis
        Each check with what was found and what to do.

    Examples
    --------
    >>> [check.found for check in doctor(ws).checks if check.name == "artifacts"]
    ['where the store says']
    """
    checks = [checkup.packages(), *checkup.panel(), checkup.notebook(namespace)]
    try:
        here = workspace or Workspace.find(store=store)
    except MlopsError as error:
        found = Check(name="workspace", state="bad", found=error.message, mend=error.hint)
        return _diagnosis([found, *checks])
    steps: list[Callable[[Workspace], Check]] = [
        checkup.workspace,
        checkup.file_system,
        checkup.tracking_store,
        lambda ws: checkup.artifact_paths(ws, fix=fix),
        checkup.git_state,
        checkup.dvc_state,
        checkup.kept_data,
        checkup.data_versions,
    ]
    return _diagnosis([*(step(here) for step in steps), *checks])


def _diagnosis(checks: list[Check]) -> Diagnosis:
    return Diagnosis(healthy=all(check.state != "bad" for check in checks), checks=checks)

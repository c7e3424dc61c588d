"""``mlops ci github`` and ``mlops ci jenkins``: the file that tells a CI service what to do."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

from mlops_jupyter import own_files
from mlops_jupyter.ci import plan
from mlops_jupyter.ci.records import Workflow
from mlops_jupyter.errors import BadInput, GateFailed

if TYPE_CHECKING:
    from mlops_jupyter.workspace import Workspace

_OURS = b"Written by `mlops ci "


def github(
    workspace: Workspace, *, output: str | os.PathLike[str] | None = None, check: bool = False
) -> Workflow:
    """Write a workflow of GitHub Actions: the pipeline, its gates and a report.

    Parameters
    ----------
    workspace : Workspace
        The workspace; ``[ci]`` in its ``mlops.toml`` says what there is to do.
    output : path, optional
        Another file than ``.github/workflows/mlops.yml``.
    check : bool
        Write nothing; say whether the file has fallen behind.

    Returns
    -------
    Workflow
        What became of it.

    Raises
    ------
    GateFailed
        With `check`: it has fallen behind, or is missing.
    BadInput
        Runs would be lost with the machine of the build, or there is nothing to run.
    BadSettings, NotFound
        What ``[ci]`` says cannot be done.
    Conflict
        The file was written by somebody else.

    Examples
    --------
    >>> github(ws).path
    '.github/workflows/mlops.yml'
    """
    from mlops_jupyter.ci import github_workflow as service

    text = service.workflow(plan.of(workspace))
    return _written(workspace, "github", output or service.PATH, text, check=check)


def jenkins(
    workspace: Workspace, *, output: str | os.PathLike[str] | None = None, check: bool = False
) -> Workflow:
    """Write a Jenkinsfile: the pipeline, its gates and a report.

    Parameters
    ----------
    workspace : Workspace
        The workspace; ``[ci]`` in its ``mlops.toml`` says what there is to do.
    output : path, optional
        Another file than ``Jenkinsfile``.
    check : bool
        Write nothing; say whether the file has fallen behind.

    Returns
    -------
    Workflow
        What became of it.

    Raises
    ------
    GateFailed, BadInput, BadSettings, NotFound, Conflict
        As `github`.

    Examples
    --------
    >>> jenkins(ws).path
    'Jenkinsfile'
    """
    from mlops_jupyter.ci import jenkinsfile as service

    text = service.jenkinsfile(plan.of(workspace))
    return _written(workspace, "jenkins", output or service.PATH, text, check=check)


def _written(
    workspace: Workspace,
    service: Literal["github", "jenkins"],
    output: str | os.PathLike[str],
    text: str,
    *,
    check: bool,
) -> Workflow:
    path = workspace.root / Path(output)
    shown = os.path.relpath(path, workspace.root) if path.is_relative_to(workspace.root) else path
    before = _before(path)
    changes = list(
        difflib.unified_diff(
            (before or "").splitlines(),
            text.splitlines(),
            str(shown),
            f"mlops ci {service}",
            lineterm="",
        )
    )
    if before == text:
        return Workflow(service=service, path=str(shown), state="unchanged")
    if check:
        state: Literal["missing", "behind"] = "missing" if before is None else "behind"
        raise GateFailed(
            f"{shown} " + ("is not there" if before is None else "has fallen behind"),
            f"write it: mlops ci {service}",
            result=Workflow(service=service, path=str(shown), state=state, changes=changes),
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{path.parent} cannot be made: {error.strerror}", "see --output") from None
    own_files.refuse_others(path, _is_ours, "was not written by `mlops ci`")
    own_files.write(path, text.encode())
    return Workflow(service=service, path=str(shown), state="written", changes=changes)


def _before(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _is_ours(file: BinaryIO) -> bool:
    return _OURS in file.read(200)

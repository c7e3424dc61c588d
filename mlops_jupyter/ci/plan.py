"""What a workflow has to do, whichever service runs it: read from the workspace alone."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mlops_jupyter.errors import BadInput, BadSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlops_jupyter.workspace import Workspace

REPORT = "mlops-report"  # the folder that the workflow keeps
_MOST_INPUTS = 25  # what GitHub takes of a workflow that is started by hand
InputKind = Literal["string", "number", "boolean", "choice"]


@dataclass(frozen=True)
class Input:
    """A parameter of a notebook that can be chosen when the workflow is started by hand.

    Attributes
    ----------
    name : str
        The parameter: a Python name.
    kind : {"string", "number", "boolean", "choice"}
        What a form offers for it.
    description, default : str
        As words; an empty default leaves the notebook's own.
    options : tuple of str
        What can be chosen.
    """

    name: str
    kind: InputKind = "string"
    description: str = ""
    default: str = ""
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What a workflow has to do.

    Attributes
    ----------
    python : str
        Version of Python.
    install : tuple of str
        Commands that install everything.
    locks : tuple of str
        Files that say what is installed: when they change, caches are renewed.
    data : bool
        Whether content of data is brought from the DVC remote.
    exchange : bool
        Whether runs travel through the DVC remote; they are on a server otherwise.
    work : str
        The command that does the work.
    notebook : str, optional
        Is run instead of the pipeline when the workflow is started by hand.
    inputs : tuple of Input
        Its parameters.
    gates : tuple of str
        Commands that fail the build, after the work.
    base : str
        The branch that pull requests are held against.
    secrets : tuple of str
        Names of secrets that become environment variables.
    schedule : str, optional
        When it also runs, as cron says it.
    timeout_minutes : int
        After so long it is stopped.
    """

    python: str
    install: tuple[str, ...]
    locks: tuple[str, ...]
    data: bool
    exchange: bool
    work: str
    notebook: str | None
    inputs: tuple[Input, ...]
    gates: tuple[str, ...]
    base: str
    secrets: tuple[str, ...]
    schedule: str | None
    timeout_minutes: int


def of(workspace: Workspace) -> Plan:
    """Read from a workspace what its workflow has to do.

    Parameters
    ----------
    workspace : Workspace
        The workspace: ``[ci]`` of its settings, ``dvc.yaml``, what installs it, its store.

    Raises
    ------
    BadInput
        Runs would be lost with the machine that made them, or there is nothing to run.
    BadSettings
        ``[ci]`` says what cannot be done.
    NotFound
        It names a notebook that is not there.

    Examples
    --------
    >>> of(ws).work
    'mlops run notebooks/train.ipynb'
    """
    wanted = workspace.settings.ci
    remotes = _remotes(workspace)
    exchange = not workspace.store.remote
    if exchange and not remotes:
        raise BadInput(
            f"runs go to {workspace.store.shown}, which is lost with the machine of a build: "
            "nothing would be there to hold a pull request against",
            'name a server in mlops.toml ([tracking] store = "https://…"), or add a DVC remote '
            "(dvc remote add --default …), through which `mlops runs push` and `pull` bring them",
        )
    notebook, inputs = _inputs(workspace, wanted.notebook)
    return Plan(
        python=wanted.python,
        install=_install(workspace, wanted.install),
        locks=_there(workspace, _LOCKS),
        data=bool(remotes),
        exchange=exchange,
        work=_work(workspace, notebook),
        notebook=notebook,
        inputs=inputs,
        gates=(*(_drift(each, i) for i, each in enumerate(wanted.drift, 1)), *wanted.gates),
        base=wanted.base,
        secrets=wanted.secrets,
        schedule=wanted.schedule,
        timeout_minutes=wanted.timeout_minutes,
    )


def _remotes(workspace: Workspace) -> list[str]:
    from mlops_jupyter.data.cache.prepare import dvc_root
    from mlops_jupyter.data.cache.remotes import remotes

    return remotes(workspace) if dvc_root(workspace.root) is not None else []


_LOCKS = ("uv.lock", "requirements.txt", "pyproject.toml")


def _there(workspace: Workspace, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if (workspace.root / name).is_file())


def _install(workspace: Workspace, given: str | None) -> tuple[str, ...]:
    """Return what installs the project; mlops-jupyter with it where nothing else says so."""
    if given:
        return tuple(line.strip() for line in given.splitlines() if line.strip())
    there = _there(workspace, _LOCKS)
    if "requirements.txt" in there:
        return ("python -m pip install -r requirements.txt",)
    if "pyproject.toml" in there:
        return ("python -m pip install .",)
    return ("python -m pip install mlops-jupyter",)


def _work(workspace: Workspace, notebook: str | None) -> str:
    if (workspace.root / "dvc.yaml").is_file():
        return "mlops pipeline run"
    if notebook is not None:
        return f"mlops run {shlex.quote(notebook)}"
    raise BadInput(
        "there is neither a pipeline (dvc.yaml) nor a notebook to run",
        "make one with `mlops pipeline add NOTEBOOK`, or name a notebook in mlops.toml: "
        '[ci] notebook = "notebooks/train.ipynb"',
    )


def _drift(words: str, number: int) -> str:
    """Return the command of a drift gate, and where its report goes."""
    try:
        split = shlex.split(words)
    except ValueError as error:
        raise BadSettings(f"mlops.toml: ci.drift: {words!r}: {error}", "close the quote") from None
    if sum(not word.startswith("-") for word in split) < 2:
        raise BadSettings(
            f"mlops.toml: ci.drift: {words!r} does not name two sides",
            'as in drift = ["data:flights@v1 data/july.parquet"]',
        )
    asked = shlex.join(["mlops", "drift", *split, "--fail-on-drift", "--json"])
    return f"{asked} > {REPORT}/drift-{number}.json"


def _inputs(workspace: Workspace, notebook: str | None) -> tuple[str | None, tuple[Input, ...]]:
    """Return the notebook, its path counted from the workspace, and its parameters."""
    if notebook is None:
        return None, ()
    from mlops_jupyter.notebooks import parameters, source

    read = source.read(workspace, workspace.root / notebook)
    path = read.path.relative_to(workspace.root).as_posix()
    described = parameters.schema(read).get("properties", {})
    inputs = tuple(of_schema(name, each) for name, each in described.items())
    if len(inputs) > _MOST_INPUTS:
        raise BadSettings(
            f"mlops.toml: ci.notebook: {path} has {len(inputs)} parameters, and a form takes "
            f"{_MOST_INPUTS}",
            "leave ci.notebook out, or make parameters that go together one",
        )
    return path, inputs


def of_schema(name: str, described: Mapping[str, Any]) -> Input:
    """Return the input for a parameter.

    Parameters
    ----------
    name : str
        The parameter.
    described : mapping
        Its JSON schema.

    Examples
    --------
    >>> of_schema("depth", {"type": "integer", "default": 5})
    Input(name='depth', kind='number', description='', default='5', options=())
    """
    options = described.get("enum") or ()
    kind: InputKind = "string"
    if options and all(isinstance(each, str) for each in options):
        kind = "choice"
    elif described.get("type") in ("integer", "number"):
        kind = "number"
    elif described.get("type") == "boolean":
        kind = "boolean"
    return Input(
        name=name,
        kind=kind,
        description=" ".join(str(described.get("description") or "").split())[:200],
        default=_default(described.get("default")),
        options=tuple(options) if kind == "choice" else (),
    )


def _default(value: object) -> str:
    """Return a default as the word that `-p` takes; what is no word stays the notebook's own."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    return ""

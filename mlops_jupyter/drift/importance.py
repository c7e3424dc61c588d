"""What a model builds on, so that drift that matters to it comes first.

It was recorded with the run that trained the model (`mlops_jupyter.tracking.capture.importances`):
no model is loaded, and so no pickle.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlops_jupyter import references
from mlops_jupyter.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun

    from mlops_jupyter.drift.report import ColumnDrift
    from mlops_jupyter.references import Reference
    from mlops_jupyter.workspace import Workspace

_MAX_FILE = 5_000_000
_MAX_COLUMNS = 20_000
_MAX_WORDS = 300
_TOLD = 0.01  # a share of what the model builds on below which a column is not named
_NAMED = 5


@dataclass(frozen=True)
class Importances:
    """What a model builds on.

    Attributes
    ----------
    label : str
        The model version, or the run, for people.
    reference : str
        The same for another command.
    method : str
        How it was told, such as ``gain``.
    shares : dict
        Input column -> share, between 0 and 1, the greatest first; empty where it is not known.
    whole : bool
        Whether these are all columns that the model takes.
    why_not : str
        Why it is not known; empty where it is.
    target : str or None
        The column it was trained to tell, where that had a name.
    """

    label: str
    reference: str
    method: str = ""
    shares: dict[str, float] = field(default_factory=dict)
    whole: bool = True
    why_not: str = ""
    target: str | None = None

    def share(self, column: str) -> float | None:
        """Return the share of an input column; None where that is not known.

        Examples
        --------
        >>> from mlops_jupyter.drift.importance import Importances
        >>> found = Importances("model:late@1", "model:late@1", shares={"temp": 0.8, "humid": 0.2})
        >>> found.share("temp"), found.share("a column it does not take")
        (0.8, 0.0)
        """
        rest = 0.0 if self.whole and self.shares else None
        return self.shares.get(column, rest)


def of(workspace: Workspace, model: str) -> Importances:
    """Return what a model builds on, as it was recorded when it was trained.

    Parameters
    ----------
    workspace : Workspace
        Where the run is.
    model : str
        ``model:NAME@VERSION`` (or ``@alias``; ``model:`` may be left out), or ``run:ID``.

    Returns
    -------
    Importances
        Without shares, and with the reason, where nothing was recorded.

    Raises
    ------
    NotFound
        There is no such run or model, or the model comes from no run.
    UsageError
        It is no reference to a model or run, or may mean any of several.

    Examples
    --------
    >>> found = of(ws, "run:forest")
    >>> found.shares
    {'humid': 0.5..., 'temp': 0.4...}
    >>> found.target
    'late'
    """
    from mlops_jupyter.tracking.history.registered import run_of
    from mlops_jupyter.tracking.store.opening import client

    wanted = _reference(model)
    opened = client(workspace)
    run, version = run_of(opened, wanted)
    if version is None:
        run = _that_trained(opened, run)
        name = f" ({run.info.run_name})" if run.info.run_name else ""
        label, reference = f"run:{run.info.run_id[:8]}{name}", f"run:{run.info.run_id}"
    else:
        label = reference = f"model:{version.name}@{version.version}"
    return _recorded(opened, run, label, reference)


def weighed(
    importances: Importances, columns: Sequence[ColumnDrift]
) -> tuple[list[ColumnDrift], list[str]]:
    """Give columns their importance for a model, and say what is to be said of it.

    Parameters
    ----------
    importances : Importances
        What the model builds on.
    columns : sequence of ColumnDrift
        The compared columns. What describes a text column has that one's importance.

    Returns
    -------
    list of ColumnDrift
        The same columns with importance; as they were where it is not known.
    list of str
        Why it is not known, or what the model builds on that was not compared.

    Examples
    --------
    >>> report = drift.detect(ws, "data/june.parquet", "data/july.parquet")
    >>> columns, notes = weighed(of(ws, "run:forest"), report.columns)
    >>> {column.column: column.importance for column in columns}
    {'carrier': 0.0, 'distance': 0.0, 'temp': 0.4..., 'humid': 0.5..., 'late': None}
    >>> notes
    []
    """
    if not importances.shares:
        why = f"what {importances.label} builds on is not known: {importances.why_not}"
        return list(columns), [why]
    sources = {column.of or column.column for column in columns}
    if not sources & importances.shares.keys():
        takes = ", ".join(list(importances.shares)[:_NAMED])
        alone = "columns are in order of their drift alone"
        why = f"none of the columns that {importances.label} takes ({takes}) was compared: {alone}"
        return list(columns), [why]
    found = [
        column
        if column.role or column.column == importances.target
        else column.model_copy(update={"importance": importances.share(column.of or column.column)})
        for column in columns
    ]
    return found, _not_compared(importances, sources)


def _not_compared(importances: Importances, compared: set[str]) -> list[str]:
    lost = {
        name: share
        for name, share in importances.shares.items()
        if name not in compared and share >= _TOLD
    }
    if not lost:
        return []
    named = [f"{name} ({share:.0%})" for name, share in list(lost.items())[:_NAMED]]
    more = f" and {len(lost) - _NAMED:,} more" if len(lost) > _NAMED else ""
    share = f"{sum(lost.values()):.0%} of what {importances.label} builds on"
    return [f"{share} was not compared: {', '.join(named)}{more}"]


def _reference(model: str) -> Reference:
    if model.startswith("run:"):
        return references.parse(model, "run")
    return references.parse(model, "model")


def _that_trained(opened: MlflowClient, run: MlflowRun) -> MlflowRun:
    """Return the run itself; of a cell that trained, the one run below it that has a model."""
    from mlops_jupyter.tracking import tags
    from mlops_jupyter.tracking.history.family import around

    if tags.IMPORTANCE in run.data.tags:
        return run
    below = [opened.get_run(child.run_id) for child in around(opened, run).children]
    trained = [child for child in below if tags.IMPORTANCE in child.data.tags]
    if len(trained) > 1:
        listed = ", ".join(f"run:{each.info.run_id}" for each in trained[:_NAMED])
        raise UsageError(
            f"run {run.info.run_name!r} trained {len(trained)} models",
            f"name the run of one: {listed}",
        )
    return trained[0] if trained else run


def _recorded(opened: MlflowClient, run: MlflowRun, label: str, reference: str) -> Importances:
    from mlops_jupyter.tracking import tags
    from mlops_jupyter.tracking.history import foreign
    from mlops_jupyter.tracking.history.summaries import json_tag

    target = _target(run)
    if tags.IMPORTANCE not in run.data.tags:
        why = "nothing of it was recorded; `mlops track` records it where a model is trained"
        return Importances(label, reference, why_not=why, target=target)
    known = json_tag(run.data.tags, tags.IMPORTANCE)
    shares, count = _shares(known.get("shares")), foreign.whole(known.get("columns"))
    if count is not None and len(shares) < count:
        shares = _of_file(opened, run) or shares
    if not shares:
        why = foreign.text(known.get("why_not")) or "what was recorded cannot be read"
        return Importances(label, reference, why_not=why[:_MAX_WORDS], target=target)
    return Importances(
        label,
        reference,
        method=(foreign.text(known.get("method")) or "")[:_MAX_WORDS],
        shares=shares,
        whole=count is None or len(shares) >= count,
        target=target,
    )


def _shares(value: Any) -> dict[str, float]:
    """Return shares that others may have written: what is no share is left out."""
    if not isinstance(value, dict):
        return {}
    found = {
        str(name): float(share)
        for name, share in list(value.items())[:_MAX_COLUMNS]
        # True is a number to Python; NaN is between no two.
        if isinstance(share, float | int) and not isinstance(share, bool) and 0 <= share <= 1
    }
    return dict(sorted(found.items(), key=lambda pair: -pair[1]))


def _of_file(opened: MlflowClient, run: MlflowRun) -> dict[str, float]:
    """Return all shares of a model with more columns than a tag holds."""
    from mlops_jupyter.tracking.capture.importances import FILE
    from mlops_jupyter.tracking.history.run_files import Files

    files = Files(opened, run)
    artifact = next((each for each in files.artifacts if each.path == FILE), None)
    content = files.read(artifact, _MAX_FILE) if artifact else None
    try:
        value: Any = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        return {}
    shares: Mapping[str, Any] = value if isinstance(value, dict) else {}
    return _shares(shares.get("shares"))


def _target(run: MlflowRun) -> str | None:
    """Return the name that the labels had which a ``fit`` was given."""
    from mlops_jupyter.tracking.history import run_data

    given = [each for each in run_data.inputs(run) if each.kind == "frame"]
    labels = [each.column_types for each in given if each.name in ("y", "Y")]
    names = {columns[0].name for columns in labels if len(columns) == 1}
    return names.pop() if len(names) == 1 else None

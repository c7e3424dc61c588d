"""The verb itself: what goes where."""

from __future__ import annotations

import functools
import itertools
import os
import threading
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_jupyter.errors import BadInput, StoreUnavailable, UsageError
from mlops_jupyter.tracking.capture import objects
from mlops_jupyter.tracking.log import files as paths
from mlops_jupyter.tracking.log import target as targets
from mlops_jupyter.tracking.log.contents import contents_of, kind_of
from mlops_jupyter.tracking.log.records import Logged
from mlops_jupyter.tracking.run_parts import Artifact
from mlops_jupyter.tracking.store.metric_buffer import BUFFER
from mlops_jupyter.workspace import Workspace

if TYPE_CHECKING:
    from mlops_jupyter.tracking.log.target import Target

_naming = threading.Lock()
_LAST_STEP = 2**63 - 1
# The stem of a name within the run, and what follows it -> content.
_Named = tuple[str, Mapping[str, bytes | Path]]


def log(
    *things: Any,
    step: int | None = None,
    run: str | None = None,
    files: Sequence[str | os.PathLike[str]] = (),
    replace: bool = False,
    workspace: Workspace | None = None,
) -> Logged:
    """Add metrics, figures, frames, text and files to the run they belong to.

    To the user's own active MLflow run; else, where tracking is on, to the run of this cell or
    the last one that was trained; under ``mlops run`` metrics go to the notebook's run as well.
    Objects are stored as they are now. Metrics are written in batches: in a training loop the
    call takes microseconds.

    Parameters
    ----------
    *things
        Mappings of names to values: a number is a metric, anything else becomes a file (figures
        png or html, frames Parquet with their head as CSV, text, JSON data, arrays, images, and
        what shows itself in a notebook). An object alone is named after its title or kind. The
        first may be a `Workspace`; by default that of the session or of the current folder.
    step : int, optional
        The step these values belong to; 0 for metrics by default.
    run : str, optional
        A run's reference; see `mlops_jupyter.show`.
    files : sequence of path
        Files and folders of the workspace to copy into the run, up to ``copy_limit_mb``.
    replace : bool
        Replace what the run has by that name; by default it is kept, and the new one is `roc-2`.
    workspace : Workspace, optional
        The workspace, where it does not stand first.

    Raises
    ------
    BadInput
        A name is not one MLflow takes, or nothing can be made of an object.
    UsageError
        There is nothing to log, or no run to write to.

    Examples
    --------
    >>> print(log(ws, {"test_auc": 0.71, "notes": "warm July"}, run="last"))
    logged test_auc = 0.71, notes.txt (9 B) to forest (run:...)
    >>> with mlops.track("flights"):
    ...     for epoch in range(3):
    ...         logged = mlops.log({"loss": 1 / (epoch + 1)}, step=epoch)
    >>> mlops.show(ws, logged.run_id).summary.metrics
    {'loss': 0.333...}
    """
    if things and isinstance(things[0], Workspace):
        workspace, things = things[0], things[1:]
    step = _step(step)
    metrics, live = _sorted_out(things)
    if not metrics and not live and not files:
        raise UsageError("nothing to log", "mlops log test_auc=0.71")
    # All that can be refused is, before a run is made for it.
    named, left_out = _parts(live, files, step, workspace)
    target = (
        targets.named(workspace, run) if run else targets.of_here(workspace, curve=step is not None)
    )
    _write_metrics(target, metrics, step or 0, at_once=run is not None)
    if not named:
        return Logged(run_id=target.run_id, name=target.name, metrics=metrics, step=step)
    artifacts = _write_files(target, named, replace=replace)
    return Logged(
        run_id=target.run_id,
        name=target.name,
        metrics=metrics,
        step=step,
        artifacts=artifacts,
        not_logged=left_out,
    )


def number(name: str, text: str) -> float:
    """Read the value of a metric.

    Raises
    ------
    BadInput
        It is not a number.

    Examples
    --------
    >>> number("auc", "0.71")
    0.71
    """
    try:
        return float(text)
    except ValueError:
        raise BadInput(
            f"{name}: {text[:60]!r} is not a number",
            f"in a notebook {name}={{name}} logs a variable's number, {name}=$name a variable that"
            " holds text, a frame, a figure",
        ) from None


def _sorted_out(things: Sequence[Any]) -> tuple[dict[str, float], list[tuple[str, Any]]]:
    """Tell metrics from objects that become files."""
    metrics: dict[str, float] = {}
    live: list[tuple[str, Any]] = []
    for thing in things:
        named = thing if isinstance(thing, Mapping) else {_unnamed(thing): thing}
        for name, value in named.items():
            as_number = _as_number(name, value)
            if as_number is None:
                live.append((str(name), value))
            else:
                metrics[_metric_name(str(name))] = as_number
    return metrics, live


def _step(step: int | None) -> int | None:
    """Return a step that every store takes: one that it refuses holds up the points after it."""
    if step is None:
        return None
    try:
        whole = int(step)
    except (TypeError, ValueError, OverflowError):
        whole = None
    if whole is None or whole != step or not -_LAST_STEP <= whole <= _LAST_STEP:
        raise BadInput(f"{step!r} is no step", "use whole numbers, such as step=epoch")
    return whole


def _unnamed(thing: Any) -> str:
    if _as_number("it", thing) is not None:
        raise UsageError(f"{thing!r} has no name", f'log({{"loss": {thing!r}}}), log loss={thing}')
    return kind_of(thing)


def _as_number(name: object, value: Any) -> float | None:
    """Return a value as a metric's; None where it is none. NaN is one: a curve may diverge."""
    if type(value) is float:
        return value
    if isinstance(value, (int, float, Decimal)) or (
        hasattr(value, "__float__") and not getattr(value, "ndim", 0)
    ):
        try:
            return float(value)
        except (TypeError, ValueError, OverflowError):
            raise BadInput(f"{name}: {value!r} is not a number a store takes") from None
    if value is None:
        raise BadInput(f"{name} is None", "log what there is")
    return None


@functools.lru_cache(maxsize=1024)
def _metric_name(name: str) -> str:
    from mlflow.exceptions import MlflowException
    from mlflow.utils.validation import _validate_metric_name

    try:
        _validate_metric_name(name)
    except MlflowException:
        raise BadInput(
            f"{name!r} is no name for a metric", "use letters, digits, _ - . / and spaces"
        ) from None
    return name


def _name(name: str) -> str:
    """Return the name of a file within a run."""
    parts = name.strip().split("/")
    if not all(part.strip(". ") for part in parts):
        raise BadInput(f"{name!r} is no name for a file of a run", "such as roc, or plots/roc")
    return objects.name_of(name.strip())


def _ending(name: str) -> str:
    """Return the ending that a name asks for, if it is one."""
    suffix = Path(name).suffix
    return suffix if suffix[1:].isalnum() and suffix[1:2].isalpha() else ""


def _write_metrics(
    target: Target, metrics: Mapping[str, float], step: int, *, at_once: bool
) -> None:
    if not metrics:
        return
    for run_id in {target.run_id, target.also or target.run_id}:
        BUFFER.add(target.client, run_id, metrics, step)
    if at_once:
        BUFFER.flush()
        if problems := BUFFER.problems():
            raise StoreUnavailable("; ".join(problems), "try again, or see `mlops doctor`")


def _parts(
    live: Sequence[tuple[str, Any]],
    given: Sequence[str | os.PathLike[str]],
    step: int | None,
    workspace: Workspace | None,
) -> tuple[list[_Named], list[str]]:
    """Make files of objects, and take those that are given; say what was left out."""
    named: list[_Named] = []
    left_out: list[str] = []
    at_step = f"-step{step}" if step is not None else ""
    for name, value in live:
        checked, asked = _name(name), _ending(name)
        made = contents_of(value, asked)
        stem = checked.removesuffix(asked) if asked in made else checked
        named.append((stem + at_step, made))
    if given:
        workspace = workspace or targets.workspace_of_here()
        budget = workspace.settings.data.copy_limit_mb * 1_000_000
        for path in given:
            taken = paths.take(workspace, path, budget)
            budget -= taken.size
            left_out += taken.skipped
            named.append((taken.stem, taken.files))
    return named, left_out


def _write_files(target: Target, named: Sequence[_Named], *, replace: bool) -> list[Artifact]:
    with _naming:
        uri = target.client.get_run(target.run_id).info.artifact_uri
        ready: dict[str, bytes | Path] = {}
        for stem, parts in named:
            free = stem if replace else _free(target, stem, parts, ready)
            ready |= {free + ending: content for ending, content in parts.items()}
        objects.store(target.workspace, target.client, target.run_id, uri, ready)
    return [Artifact(path=name, size=_size(content)) for name, content in ready.items()]


def _free(
    target: Target, stem: str, made: Mapping[str, object], ready: Mapping[str, object]
) -> str:
    """Return the name, or the name with the first number under which the run has nothing yet."""
    folder, _, _ = stem.rpartition("/")
    listed = target.client.list_artifacts(target.run_id, folder or None)
    taken = [*(entry.path for entry in listed), *ready]
    endings = {"" if ending.startswith("/") else ending for ending in made}  # a folder has none
    for count in itertools.count(1):
        free = stem if count == 1 else f"{stem}-{count}"
        if not any(
            path == free + ending or path.startswith(f"{free}{ending}/")
            for path in taken
            for ending in endings
        ):
            break
    return free


def _size(content: bytes | Path) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size

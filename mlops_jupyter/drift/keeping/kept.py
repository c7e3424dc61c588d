"""What is written with a run, and read back from there or from a file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mlops_jupyter import references
from mlops_jupyter.drift.keeping import stored
from mlops_jupyter.drift.report import DriftReport
from mlops_jupyter.errors import NotFound, StoreUnavailable

if TYPE_CHECKING:
    from mlops_jupyter.tracking.log.target import Target
    from mlops_jupyter.workspace import Workspace

_LABEL = 200


@dataclass(frozen=True)
class Place:
    """Where a report is kept.

    Attributes
    ----------
    target : Target
        The run.
    model, version : str or None
        The model version, where one was named.
    """

    target: Target
    model: str | None = None
    version: str | None = None


def place(workspace: Workspace, reference: str) -> Place:
    """Return where a report would be kept: told before anything is computed.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    reference : str
        ``run:ID`` (``run:`` may be left out, and ``last`` is the newest), or
        ``model:NAME@VERSION``: then it is the run that made it.

    Raises
    ------
    NotFound
        There is no such run or model, or the model comes from no run.
    UsageError
        It is no reference to a run or model, or may mean any of several.
    """
    from mlops_jupyter.tracking import tags
    from mlops_jupyter.tracking.history.registered import run_of
    from mlops_jupyter.tracking.log import target
    from mlops_jupyter.tracking.store.opening import client

    if not reference.startswith("model:"):
        return Place(target.named(workspace, references.parse(reference, "run").name))
    run, version = run_of(client(workspace), references.parse(reference, "model"))
    # By our id: what was delivered to a server is written to here first.
    identity = run.data.tags.get(tags.UID) or run.info.run_id
    found = target.named(workspace, identity)
    return Place(found, version.name, version.version) if version else Place(found)


def keep(workspace: Workspace, report: DriftReport, reference: str | Place) -> str:
    """Keep a report with the run or the model that it is about.

    The run gets the report and its card as artifacts, metrics, and a tag that lists it; a model
    version a tag that names the report. Reports that are there stay.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    report : DriftReport
        The report.
    reference : str or Place
        See `place`.

    Returns
    -------
    str
        ``drift:RUN@N``, which `mlops show` and `mlops compare` take.

    Raises
    ------
    NotFound, UsageError
        See `place`.
    StoreUnavailable
        The store does not take it.

    Examples
    --------
    >>> report = drift.detect(ws, "data/june.parquet", "data/july.parquet")
    >>> named = keep(ws, report, "run:forest")
    >>> named
    'drift:...@1'
    >>> load(ws, named) == report
    True
    >>> mlops.show(ws, "forest").drift[0].drifted
    False
    """
    from mlops_jupyter.drift.view.page import report_page
    from mlops_jupyter.tracking import tags
    from mlops_jupyter.tracking.capture import objects
    from mlops_jupyter.tracking.history import drift_reports

    where = reference if isinstance(reference, Place) else place(workspace, reference)
    client, run_id = where.target.client, where.target.run_id
    now = datetime.now(UTC)
    stem = drift_reports.stem_of(now)
    folder = drift_reports.FOLDER
    run = client.get_run(run_id)
    before = len(drift_reports.kept(run))
    content = json.dumps(report.to_dict(), ensure_ascii=False, allow_nan=False)
    files = {
        f"{folder}/{stem}.json": content.encode("utf-8", "replace"),
        f"{folder}/{stem}.html": report_page(report, now).encode("utf-8", "replace"),
    }
    objects.store(workspace, client, run_id, run.info.artifact_uri, files)
    told = _told(report)
    # After the files: what is listed is there.
    client.set_tag(run_id, tags.DRIFT + stem, tags.as_tag(told))
    _measure(where.target, report, before)
    kept = drift_reports.kept(client.get_run(run_id))
    path = f"{folder}/{stem}.json"
    named = next(each.reference for each in kept if each.path == path)
    if where.model is not None:
        _mark_model(workspace, where, told | {"report": named, "kept": now.isoformat()})
    return named


def load(workspace: Workspace, reference: str) -> DriftReport:
    """Return a report that was kept.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    reference : str
        ``drift:RUN@N`` for the Nth of a run, ``drift:RUN`` for its last one, or a file that
        ``mlops --json drift`` wrote.

    Raises
    ------
    NotFound
        There is no such run, report or file.
    BadInput
        It cannot be read as a report.

    Examples
    --------
    >>> report = drift.detect(ws, "data/june.parquet", "data/july.parquet")
    >>> _ = Path("july.json").write_text(json.dumps(report.to_dict()))
    >>> load(ws, "july.json") == report
    True
    """
    if reference.startswith("drift:"):
        return _of_run(workspace, reference)
    return stored.of_file(reference)


def _of_run(workspace: Workspace, reference: str) -> DriftReport:
    from mlops_jupyter.tracking.history import drift_reports, find
    from mlops_jupyter.tracking.history.run_files import Files
    from mlops_jupyter.tracking.run_parts import Artifact
    from mlops_jupyter.tracking.store.opening import client

    wanted = references.parse(reference, "drift")
    opened = client(workspace)
    run = find.run(opened, wanted.name)
    kept = drift_reports.kept(run)
    named = run.info.run_name or run.info.run_id
    if not kept:
        raise NotFound(
            f"no drift report is kept with run {named!r}",
            f"`mlops drift REFERENCE CURRENT --log-to run:{run.info.run_id[:8]}` keeps one",
        )
    count = int(wanted.version or len(kept))
    if count > len(kept):
        raise NotFound(
            f"run {named!r} has {len(kept)} drift report{'s' if len(kept) > 1 else ''}, "
            f"and no number {count}",
            f"`mlops show {run.info.run_id[:8]}` lists them",
        )
    chosen = kept[count - 1]
    content = Files(opened, run).read(Artifact(path=chosen.path), stored.MAX_SIZE)
    if content is None:
        raise NotFound(
            f"the drift report {chosen.reference} cannot be had: {chosen.path} is not among the "
            f"files of run {named!r}, or past {stored.MAX_SIZE / 1e6:.0f} MB",
            "see `mlops doctor`",
        )
    return stored.of_bytes(content, chosen.reference)


def _told(report: DriftReport) -> dict[str, object]:
    """Return what a list of reports says of one."""
    told: dict[str, object] = {
        "drifted": report.drifted,
        "share": None if report.share is None else round(report.share, 6),
        "columns": len(_compared(report)),
        "columns_drifted": sum(_compared(report)),
        "reference": report.reference.label[:_LABEL],
        "current": report.current.label[:_LABEL],
    }
    if report.performance is not None:
        told["error"] = report.performance.verdict
    return told


def _compared(report: DriftReport) -> list[bool]:
    """Return for each compared column whether it drifted; what describes a text is none."""
    return [column.drifted for column in report.columns if column.of is None]


def _measure(target: Target, report: DriftReport, step: int) -> None:
    from mlops_jupyter.tracking.store.metric_buffer import BUFFER

    values = {} if report.share is None else {"drift/share": report.share}
    if report.performance is not None and report.performance.change is not None:
        values["drift/error"] = report.performance.change.current
    BUFFER.add(target.client, target.run_id, values, step)
    BUFFER.flush()
    if problems := BUFFER.problems():
        raise StoreUnavailable("; ".join(problems), "try again, or see `mlops doctor`")


def _mark_model(workspace: Workspace, where: Place, told: dict[str, object]) -> None:
    from mlops_jupyter.tracking import tags
    from mlops_jupyter.tracking.store.opening import client

    # The registry is the store's own: it knows no local first.
    client(workspace).set_model_version_tag(
        where.model, where.version, tags.DRIFT_REPORT, tags.as_tag(told)
    )

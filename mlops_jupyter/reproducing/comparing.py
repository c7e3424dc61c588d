"""What came out against what was recorded, and the verdict."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlops_jupyter.reproducing import chance
from mlops_jupyter.reproducing.records import Difference, FileCompared, MetricCompared
from mlops_jupyter.reproducing.replay import why_not_known
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.history import run_data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlflow.entities import Run as MlflowRun

    from mlops_jupyter.reproducing.chance import Tolerance
    from mlops_jupyter.reproducing.recorded import Recorded
    from mlops_jupyter.reproducing.records import Agreement, Verdict
    from mlops_jupyter.reproducing.replay import Replay

# What a run took is another figure each time.
_USAGE = "system/"


@dataclass(frozen=True)
class Outcome:
    """What is known when all is done; see `Reproduction` for the fields."""

    verdict: Verdict
    reasons: list[str] = field(default_factory=list)
    rule: str = ""
    metrics: list[MetricCompared] = field(default_factory=list)
    files: list[FileCompared] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def judge(recorded: Recorded, replays: Sequence[Replay], tolerance: Tolerance) -> Outcome:
    """Say whether a run came out again.

    Parameters
    ----------
    recorded : Recorded
        The run.
    replays : sequence of Replay
        Its reproductions, one or more.
    tolerance : Tolerance
        What was given.
    """
    failed = recorded.run.info.status == "FAILED"
    stopped = _stopped(recorded.run, replays)
    if stopped is not None:
        return stopped
    runs = [replay.run for replay in replays if replay.run is not None]
    if len(runs) < len(replays):
        return Outcome("different", ["no run was made where the recorded one was made"])
    compared, rule = _metrics(recorded.run, runs, tolerance)
    files = _files(recorded.run, runs)
    differences = _data(recorded, runs)
    notes = [f"{each.path} is another one each time: not compared"
             for each in files if each.agreement == "not compared"]  # fmt: skip
    reasons = [_said(each) for each in compared if each.agreement in ("different", "missing")]
    reasons += [f"{each.path} was written with another content"
                for each in files if each.agreement in ("different", "missing")]  # fmt: skip
    reasons += _errors(recorded.run, runs)
    verdict: Verdict
    if reasons:
        verdict = "different"
    elif not failed and not _anything(compared, files):
        verdict = "cannot"
        reasons = ["it ran again, but there is nothing to compare: no metric and no file is kept"]
    elif any(each.agreement == "within" for each in compared):
        verdict = "within chance"
    else:
        verdict = "identical"
    return Outcome(verdict, reasons, rule, compared, files, differences, notes)


def _anything(metrics: Sequence[MetricCompared], files: Sequence[FileCompared]) -> bool:
    agreements = [*(metric.agreement for metric in metrics), *(file.agreement for file in files)]
    return any(agreement != "not compared" for agreement in agreements)


def _stopped(recorded: MlflowRun, replays: Sequence[Replay]) -> Outcome | None:
    """Judge reproductions that did not get as far as the run did."""
    failed = recorded.info.status == "FAILED"
    for replay in replays:
        if replay.error is None or (failed and replay.error == recorded.data.tags.get(tags.ERROR)):
            continue
        if unknown := why_not_known(replay.error):
            return Outcome("cannot", [unknown])
        if failed and replay.run is not None:
            continue
        return Outcome("different", [f"it stops before the end now: {replay.error}"])
    return None


def _metrics(
    run: MlflowRun, runs: Sequence[MlflowRun], tolerance: Tolerance
) -> tuple[list[MetricCompared], str]:
    wanted = {n: value for n, value in run.data.metrics.items() if not n.startswith(_USAGE)}
    again = {name: [other.data.metrics.get(name) for other in runs] for name in wanted}
    gone = {name for name in later(run) & set(wanted) if None in again[name]}
    off = [name for name in wanted if name not in gone and not _same(wanted[name], again[name])]
    found = [
        MetricCompared(
            name=name,
            recorded=value,
            agreement="not compared",
            note="logged after the run had ended, by a cell that does not lead to it",
        )
        if name in gone
        else _metric(name, value, again[name], tolerance, at_once=len(off))
        for name, value in sorted(wanted.items())
    ]
    return found, chance.rule(len(runs), len(off), tolerance) if off else ""


def _metric(
    name: str,
    recorded: float,
    again: Sequence[float | None],
    tolerance: Tolerance,
    *,
    at_once: int,
) -> MetricCompared:
    entry = MetricCompared(
        name=name, recorded=recorded, reproduced=list(again), agreement="identical"
    )
    if _same(recorded, again):
        return entry
    if None in again:
        return entry.model_copy(update={"agreement": "missing"})
    values = [value for value in again if value is not None]
    allowed = tolerance.of(name)
    if not all(map(math.isfinite, (recorded, *values))):
        return entry.model_copy(update={"agreement": "different"})
    if allowed is not None:
        low, high = recorded - allowed, recorded + allowed
        within = all(low <= value <= high for value in values)
    elif len(values) > 1:
        low, high = chance.interval(values, at_once=at_once)
        within = low <= recorded <= high
    else:
        return entry.model_copy(update={"agreement": "different"})
    agreement = "within" if within else "different"
    return entry.model_copy(update={"agreement": agreement, "low": low, "high": high})


def _same(recorded: float, again: Sequence[float | None]) -> bool:
    """Whether all values are the same to the last bit."""
    bits = struct.pack("<d", recorded)
    return all(value is not None and struct.pack("<d", value) == bits for value in again)


def _said(metric: MetricCompared) -> str:
    if metric.agreement == "missing":
        return f"{metric.name} was not logged again"
    values = ", ".join("–" if value is None else f"{value!r}" for value in metric.reproduced[:3])
    more = " …" if len(metric.reproduced) > 3 else ""
    outside = (
        f", outside {metric.low:.6g} to {metric.high:.6g}"
        if metric.low is not None and metric.high is not None
        else ""
    )
    return f"{metric.name}: {metric.recorded!r} was recorded, {values}{more} came out{outside}"


def _files(recorded: MlflowRun, runs: Sequence[MlflowRun]) -> list[FileCompared]:
    """Compare what was written; a file that is another one each time says nothing."""
    again = [{out.path: out.digest for out in run_data.outputs(run.data.tags)} for run in runs]
    found = []
    for out in run_data.outputs(recorded.data.tags):
        if out.digest is None:
            continue
        digests = [each.get(out.path) for each in again]
        agreement: Agreement
        if all(digest == out.digest for digest in digests):
            agreement = "identical"
        elif None in digests:
            agreement = "missing"
        elif len(set(digests)) > 1:
            agreement = "not compared"
        else:
            agreement = "different"
        found.append(
            FileCompared(
                path=out.path,
                recorded=out.digest,
                reproduced=digests,
                agreement=agreement,
            )
        )
    return found


def _errors(recorded: MlflowRun, runs: Sequence[MlflowRun]) -> list[str]:
    """Compare how runs ended; the same error is the same outcome."""
    ended = [(run.info.status, tags.error_line(run.data.tags.get(tags.ERROR))) for run in runs]
    then = (recorded.info.status, tags.error_line(recorded.data.tags.get(tags.ERROR)))
    for status, error in ended:
        if (status, error) != then:
            return [f"it ended with {_ending(*then)}, and now with {_ending(status, error)}"]
    return []


def _ending(status: str, error: str) -> str:
    return f"{status} ({error})" if error else status


def _data(recorded: Recorded, runs: Sequence[MlflowRun]) -> list[Difference]:
    """Say which data was not the same, as the first reproduction read it."""
    then = {(entry.kind, entry.name): entry for entry in run_data.inputs(recorded.run)}
    now = {(entry.kind, entry.name): entry for entry in run_data.inputs(runs[0])}
    return [
        Difference(
            what="data",
            name=name if kind != "frame" else f"{name}, as it was given to fit",
            recorded=entry.digest,
            now=now[kind, name].digest if (kind, name) in now else None,
        )
        for (kind, name), entry in then.items()
        if (kind, name) in now and now[kind, name].digest != entry.digest
    ]


def later(run: MlflowRun) -> frozenset[str]:
    """Return the metrics that were logged when a run had ended.

    They may be a later cell's, which is not among the cells that lead to the run.
    """
    ended = run.info.end_time
    if ended is None:
        return frozenset()
    points = run.data._metric_objs  # noqa: SLF001 - the only place with their times
    return frozenset(point.key for point in points if point.timestamp > ended)

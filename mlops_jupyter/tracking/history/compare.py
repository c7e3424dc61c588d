"""``mlops compare``: what runs differ in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from mlops_jupyter.errors import UsageError
from mlops_jupyter.tracking.history import compare_cells, compare_metrics, find, sources
from mlops_jupyter.tracking.history.client_source import experiments
from mlops_jupyter.tracking.history.compare_charts import charts_of, histories
from mlops_jupyter.tracking.history.compare_data import data_differences
from mlops_jupyter.tracking.history.compare_records import (
    CellCount,
    CellDifference,
    ComparedRun,
    Comparison,
    Difference,
)
from mlops_jupyter.tracking.history.run_charts import SYSTEM
from mlops_jupyter.tracking.history.sides import Reader, Side
from mlops_jupyter.tracking.history.staleness import Judge
from mlops_jupyter.tracking.store.opening import client as open_client

if TYPE_CHECKING:
    from mlops_jupyter.tracking.records import RunSummary
    from mlops_jupyter.workspace import Workspace

MOST_RUNS = 100
# What a reader would look at; the others are counted.
_MOST_CELLS = 60
_OTHER_KINDS = {
    "data": ("data", "`mlops_jupyter.data.compare` compares it"),
    "model": ("a model", "name the runs that trained the models"),
}


def compare(
    workspace: Workspace, references: Sequence[str], *, everything: bool = False
) -> Comparison:
    """Say what runs differ in: parameters, metrics, data, code, packages, cells.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    references : sequence of str
        Two to a hundred runs, each as `mlops_jupyter.show` takes them; the first is what the
        others are held against.
    everything : bool
        List also what is equal.

    Raises
    ------
    NotFound
        No such run.
    UsageError
        Too few or too many, one of them twice, something that is no run, or a reference that
        several runs match.

    Examples
    --------
    >>> with mlops.track("trees", name="again"):
    ...     fitted = model.set_params(n_estimators=7).fit(X, y)
    >>> found = compare(ws, ["forest", "again"])
    >>> [(each.name, each.values) for each in found.parameters]
    [('n_estimators', ['5', '7'])]
    """
    opened = open_client(workspace)
    runs = [find.run(opened, each) for each in _checked(references)]
    twice = [i for i, count in Counter(run.info.run_id for run in runs).items() if count > 1]
    if twice:
        raise UsageError(f"run:{twice[0]} is named twice", "name each run once")
    reader = Reader(opened, experiments(opened), Judge(workspace).of)
    sides = [reader.side(run) for run in runs]
    rows = [side.summary for side in sides]
    labels = _labels(rows)
    main = _main_metric(rows)
    with sources.opened(workspace) as source:
        curves, unseen = histories(source, rows, main)
    found = _Findings(labels, everything)
    facts = found.differences("", [side.facts for side in sides])
    params = found.differences("parameters", [row.params for row in rows])
    metrics = compare_metrics.differences(rows, curves, everything=everything)
    own = [each for each in metrics if not each.metric.startswith(SYSTEM)]
    differ = bool(compare_metrics.unequal(own))
    found.say("metrics", [row.metrics for row in rows], differ=differ, needed=False)
    data = data_differences([side.inputs for side in sides], everything=everything)
    found.say("data", [side.inputs for side in sides], differ=any(each.differs for each in data))
    code = found.differences("code", [side.code or {} for side in sides])
    if "code" not in found.equal and _one_commit(sides):
        found.equal.append("commit")
    packages = found.differences("packages", [side.packages for side in sides])
    environment = found.differences("environment", [side.environment for side in sides])
    cells, counts = _cells(sides, found)
    varying = [each.name for each in params if len({*each.values}) > 1]
    charts, undrawn = charts_of(rows, labels, curves, varying, main)
    found.left_out("charts", undrawn)
    found.left_out("metrics, of which only the last value was looked at", unseen)
    return Comparison(
        runs=[_compared(row, label) for row, label in zip(rows, labels, strict=True)],
        facts=facts,
        parameters=params,
        metrics=own,
        resources=[each for each in metrics if each.metric.startswith(SYSTEM)],
        data=[each.record for each in data],
        code=code,
        packages=packages,
        environment=environment,
        cells=cells,
        cell_counts=counts,
        equal=found.equal,
        not_compared=[*found.missing, *_unread(sides, labels)],
        main_metric=main,
        charts=charts,
        everything=everything,
        store=workspace.store.shown,
    )


def _checked(references: Sequence[str]) -> list[str]:
    if isinstance(references, str):
        references = [references]
    if len(references) < 2:
        raise UsageError("comparing takes two runs or more", "`mlops compare FIRST SECOND`")
    if len(references) > MOST_RUNS:
        raise UsageError(
            f"{len(references)} runs are more than {MOST_RUNS}",
            "choose the best with `mlops runs --sort`, or group them with `mlops runs --group`",
        )
    for reference in references:
        what, hint = _OTHER_KINDS.get(reference.partition(":")[0], ("", ""))
        if what:
            raise UsageError(f"{reference!r} is {what}; runs are compared here", hint)
    return list(references)


class _Findings:
    """Compares what has names and values, and notes what is equal and what is not known."""

    def __init__(self, labels: Sequence[str], everything: bool) -> None:
        self.equal: list[str] = []
        self._unknown: dict[tuple[int, ...], list[str]] = {}
        self._left_out: list[str] = []
        self._labels = labels
        self._everything = everything

    def differences(self, what: str, sides: Sequence[Mapping[str, str]]) -> list[Difference]:
        """Return what differs between the runs that it is known of."""
        unknown = [place for place, side in enumerate(sides) if not side]
        if what in ("", "parameters"):
            unknown = []  # a run without parameters has none
        found = []
        for name in dict.fromkeys(name for side in sides for name in sorted(side, key=str.lower)):
            values = [side.get(name) for side in sides]
            known = {value for place, value in enumerate(values) if place not in unknown}
            if len(known) > 1 or self._everything:
                found.append(Difference(name=name, values=values, unknown=unknown))
        differ = any(
            len({v for i, v in enumerate(d.values) if i not in unknown}) > 1 for d in found
        )
        if what:
            self.say(what, sides, differ=differ, needed=what != "parameters")
        return found

    def say(self, what: str, sides: Sequence[object], *, differ: bool, needed: bool = True) -> None:
        """Note that something is equal, or of which runs it is not known."""
        unknown = [p for p, side in enumerate(sides) if side is None or side == {}]
        if unknown and needed:
            self._unknown.setdefault(tuple(unknown), []).append(what)
            return
        if not differ and any(sides):
            self.equal.append(what)

    @property
    def missing(self) -> list[str]:
        """Say what is not compared, and why."""
        return [
            f"{', '.join(what)}: not captured{self._of(places)}"
            for places, what in self._unknown.items()
        ] + self._left_out

    def left_out(self, what: str, names: Sequence[str]) -> None:
        """Note what there was no room for."""
        if names:
            more = f" and {len(names) - 8} more" if len(names) > 8 else ""
            self._left_out.append(f"{what}: {', '.join(names[:8])}{more}")

    def _of(self, places: Sequence[int]) -> str:
        if len(places) == len(self._labels):
            return ""
        more = f" and {len(places) - 3} more" if len(places) > 3 else ""
        return f" of {', '.join(self._labels[place] for place in places[:3])}{more}"


def _cells(sides: Sequence[Side], found: _Findings) -> tuple[list[CellDifference], list[CellCount]]:
    """Compare the cells of each run with those of the first."""
    ran = [side.ran for side in sides]
    first = ran[0]
    counts: list[CellCount] = []
    shown: list[CellDifference] = []
    for side, other in zip(sides[1:], ran[1:], strict=True):
        if first is None or other is None:
            continue
        changes, thorough = compare_cells.differences(first, other)
        if not thorough and len(sides) == 2:
            found.left_out("cells", ["too many differ to tell which became which"])
        kinds = Counter(each.change for each in changes)
        counts.append(
            CellCount(
                run_id=side.summary.run_id,
                changed=kinds["changed"],
                added=kinds["added"],
                removed=kinds["removed"],
                own=any(each.own for each in changes),
            )
        )
        shown = changes
    differ = any(each.changed or each.added or each.removed for each in counts)
    found.say("cells", ran, differ=differ)
    if len(sides) > 2:
        return [], counts
    if len(shown) > _MOST_CELLS:
        found.left_out("cells", [f"{len(shown) - _MOST_CELLS} more that differ"])
    return shown[:_MOST_CELLS], counts


def _one_commit(sides: Sequence[Side]) -> bool:
    commits = {side.commit.get("commit") for side in sides}
    return len(commits) == 1 and None not in commits


def _labels(rows: Sequence[RunSummary]) -> list[str]:
    """Return what tells runs apart: the name, with the id where several have it."""
    named = Counter(row.name for row in rows)
    return [row.name if named[row.name] == 1 else f"{row.name} {row.run_id[:8]}" for row in rows]


def _main_metric(rows: Iterable[RunSummary]) -> str | None:
    counted = Counter(row.main_metric for row in rows if row.main_metric is not None)
    return counted.most_common(1)[0][0] if counted else None


def _compared(row: RunSummary, label: str) -> ComparedRun:
    return ComparedRun(
        run_id=row.run_id,
        label=label,
        name=row.name,
        experiment=row.experiment,
        status=row.status,
        started=row.started,
        duration_s=row.duration_s,
        stale=row.stale,
    )


def _unread(sides: Sequence[Side], labels: Sequence[str]) -> list[str]:
    """Return what could not be read of the runs' files."""
    return [
        f"{label}: {reason}"
        for side, label in zip(sides, labels, strict=True)
        for reason in side.files.missing
    ]

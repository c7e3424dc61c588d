"""What a name means among some runs: a metric, a parameter, a tag; or which experiment."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from mlops_jupyter.errors import NotFound, UsageError
from mlops_jupyter.tracking.history.filters import ATTRIBUTES, Kind, Subject
from mlops_jupyter.tracking.history.summaries import summarise

if TYPE_CHECKING:
    from mlops_jupyter.tracking.history.stored import Source, StoredRun

_RECENT = 50
_SHOWN = 8


def experiments(
    source: Source, known: Mapping[str, str], wanted: str | None, *, restore: bool = True
) -> list[str]:
    """Return ids of the experiments meant: the named one, or all.

    Raises
    ------
    NotFound
        There is none of that name; says which there are, or that it was deleted.
    """
    if wanted is None:
        return list(known)
    chosen = [key for key, name in known.items() if name == wanted]
    if chosen:
        return chosen
    deleted = [k for k, name in source.experiments(deleted=True).items() if name == wanted]
    if deleted and restore:
        raise NotFound(
            f"experiment {wanted!r} was deleted",
            f"restore it with `mlflow experiments restore -x {deleted[0]}`",
        )
    raise NotFound(f"no experiment {wanted!r}", _there_are(wanted, known.values()))


def resolve(source: Source, chosen: Sequence[str], subject: Subject) -> Subject:
    """Return what a bare name means.

    Raises
    ------
    UsageError
        No run has it, or it is a metric's name and a parameter's.
    """
    if subject.kind != "bare":
        return subject
    kinds: tuple[Kind, ...] = ("metric", "param")
    found = [kind for kind in kinds if source.has(chosen, kind, subject.name)]
    if len(found) == 1:
        return Subject(found[0], subject.name, subject.start)
    name = _quoted(subject.name)
    if found:
        raise UsageError(
            f"{subject.name!r} is a metric and a parameter", f"write metric.{name} or param.{name}"
        )
    if source.has(chosen, "tag", subject.name):
        raise UsageError(f"{subject.name!r} is a tag", f"write tag.{name}")
    recent = source.page(chosen, 0, _RECENT, top=False)
    names = {each for run in recent for each in (*run.metrics, *run.params)}
    raise UsageError(
        f"no run here has a metric or a parameter {subject.name!r}",
        _there_are(subject.name, {*names, *ATTRIBUTES.values()}, recent=sorted(names)),
    )


def metric(source: Source, chosen: Sequence[str], name: str) -> str:
    """Return a metric's name.

    Raises
    ------
    NotFound
        No run has it.
    """
    for prefix in ("metric.", "metrics."):
        if name.startswith(prefix) and not source.has(chosen, "metric", name):
            name = name.removeprefix(prefix)
    if source.has(chosen, "metric", name):
        return name
    recent = source.page(chosen, 0, _RECENT, top=False)
    names = {each for run in recent for each in run.metrics}
    raise NotFound(f"no run here has a metric {name!r}", _there_are(name, names))


def usual_metric(runs: Iterable[StoredRun]) -> str | None:
    """Return the main metric of most runs; None where none has any."""
    counted = Counter(
        found for run in runs if (found := summarise(run, {}).main_metric) is not None
    )
    return counted.most_common(1)[0][0] if counted else None


def _there_are(wanted: str, names: Iterable[str], recent: Iterable[str] | None = None) -> str:
    known = sorted(names)
    if close := difflib.get_close_matches(wanted, known, n=1):
        return f"did you mean {close[0]!r}?"
    listed = list(known if recent is None else recent)
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return f"there are: {', '.join(listed[:_SHOWN])}{more}" if listed else "there are none yet"


def _quoted(name: str) -> str:
    plain = name.replace("_", "").replace("-", "").replace(".", "").replace("/", "")
    return name if plain.isalnum() else f"`{name}`"

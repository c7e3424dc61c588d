"""A sweep before it begins: what was asked for, checked as a whole before anything is started."""

from __future__ import annotations

import functools
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_jupyter.errors import BadInput, UsageError
from mlops_jupyter.notebooks import launching
from mlops_jupyter.notebooks import parameters as _parameters
from mlops_jupyter.notebooks import source as _source
from mlops_jupyter.sweeps import plan as _plan
from mlops_jupyter.sweeps import space as _space
from mlops_jupyter.sweeps.plan import Plan

if TYPE_CHECKING:
    import os

    from mlops_jupyter.notebooks.source import Source
    from mlops_jupyter.sweeps.family import Family
    from mlops_jupyter.sweeps.records import Direction, Search
    from mlops_jupyter.sweeps.space import Check
    from mlops_jupyter.workspace import Workspace

# How many points are drawn where nobody says.
_TRIALS = 20


@dataclass(frozen=True)
class Asked:
    """What the verb was asked for; see `sweep`."""

    space: Sequence[str] | Mapping[str, object] | None
    search: Search | None
    trials: int | None
    metric: str | None
    maximize: bool | None
    prune: bool
    seed: int | None
    timeout: float | None
    kernel: str | None
    name: str | None
    experiment: str | None


@dataclass(frozen=True)
class Setting:
    """A plan, the notebook it is of, and the sweep that goes on with it."""

    plan: Plan
    source: Source
    earlier: Family | None = None
    name: str | None = None
    experiment: str | None = None


def begun(workspace: Workspace, notebook: str | os.PathLike[str] | None, asked: Asked) -> Setting:
    """Return a new sweep's setting, checked against its notebook."""
    from mlops_jupyter.tracking.capture import context

    if notebook is None:
        raise UsageError("no notebook to sweep", "name one, or a sweep with --continue RUN")
    source = _source.read(workspace, notebook)
    launching.choose_kernel(source, asked.kernel)
    search = asked.search or "grid"
    space = _space.read(asked.space or {}, _check_of(source))
    _parameters.require(_parameters.read(source), dict.fromkeys(space.axes))
    plan = Plan(
        notebook=context.relative(workspace, source.path),
        search=search,
        space=dict(_plan.kept(space)),
        total=_total(space, search, asked.trials),
        metric=asked.metric,
        direction=_direction(search, asked.metric, asked.maximize),
        seed=None if search == "grid" else _seed(asked.seed),
        prune=_may_prune(search, prune=asked.prune),
        timeout=asked.timeout,
        kernel=asked.kernel,
    )
    return Setting(plan, source, None, asked.name, asked.experiment)


def resumed(
    workspace: Workspace, notebook: str | os.PathLike[str] | None, reference: str, asked: Asked
) -> Setting:
    """Return an earlier sweep's setting; its space and search stay what they are."""
    from mlops_jupyter.sweeps.family import Family

    fixed = (
        "space",
        "search",
        "metric",
        "maximize",
        "prune",
        "seed",
        "kernel",
        "name",
        "experiment",
    )
    if other := [name for name in fixed if getattr(asked, name) not in (None, False)]:
        raise UsageError(
            f"a sweep that goes on keeps its {other[0]}",
            "leave that out, or begin a new sweep without --continue",
        )
    family = Family.find(workspace, reference)
    plan = family.plan()
    source = _source.read(workspace, workspace.root / plan.notebook)
    if notebook is not None and workspace.inside(notebook) != source.path:
        raise BadInput(f"that sweep is of {plan.notebook}, not of {notebook}", "leave it out")
    _space.read({name: _listed(axis) for name, axis in plan.space.items()}, _check_of(source))
    if asked.trials is not None:
        total = _total(plan.as_space(), plan.search, asked.trials)
        plan = plan.model_copy(update={"total": total})
    if asked.timeout is not None:
        plan = plan.model_copy(update={"timeout": asked.timeout})
    return Setting(plan, source, family)


def _listed(kept: _plan.AxisRecord) -> list[Any]:
    """Return values to be checked against the notebook, which may have changed."""
    return kept.choices if kept.choices is not None else [kept.low, kept.high]


def _check_of(source: Source) -> Check:
    """Return what checks values against a notebook's parameters."""
    known = _parameters.read(source)
    if known is None and source.language != "python":
        return _parameters.check_unseen
    return functools.partial(_parameters.check, known)


def check_numbers(*, trials: int | None, workers: int | None, timeout: float | None) -> None:
    """Refuse what is no number of anything."""
    for name, count in {"trials": trials, "workers": workers}.items():
        if count is not None and count < 1:
            raise UsageError(f"--{name} is {count}", "give a number from 1")
    if timeout is not None and not timeout > 0:
        raise UsageError(f"timeout is {timeout:g} s", "give a number of seconds above 0")


def _total(space: _space.Space, search: Search, trials: int | None) -> int:
    """Return how many trials there are to be."""
    if search == "grid":
        space.grid()  # refuses what is no grid
        if trials is not None:
            raise UsageError(
                "a grid tries all combinations, and takes no --trials",
                "draw some of them: --search random",
            )
        return space.size or 0
    count = trials or _TRIALS
    if search == "random" and space.size is not None and trials is None:
        return min(count, space.size)
    if search == "random":
        space.sample(count, 0)  # refuses more than there are
    return count


def _seed(seed: int | None) -> int:
    return random.SystemRandom().randrange(2**31) if seed is None else seed


def _direction(
    search: Search | None, metric: str | None, maximize: bool | None
) -> Direction | None:
    """Return which way the metric is better; Optuna has to know."""
    from mlops_jupyter.tracking.history.directions import better

    if search == "optuna" and metric is None:
        raise UsageError("Optuna has to know what is to be better", "name it: --metric auc")
    if maximize is not None:
        return "higher" if maximize else "lower"
    found = better(metric) if metric else None
    if metric and found is None:
        raise UsageError(
            f"the name of '{metric}' does not say whether more of it is better",
            "say it: --maximize or --minimize",
        )
    return found


def _may_prune(search: Search, *, prune: bool) -> bool:
    if prune and search != "optuna":
        raise UsageError("only Optuna stops trials early", "add --search optuna")
    return prune

"""The environment of a run against the one of now: Python, machine, packages, variables."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

from mlops_jupyter.reproducing.records import Difference
from mlops_jupyter.tracking.capture import distributions, environment
from mlops_jupyter.tracking.capture.distributions import normal_name
from mlops_jupyter.tracking.history import foreign

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlops_jupyter.tracking.history.sides import Side

# Of what is recorded, what may change a result by itself.
_PYTHON = "python"
_MACHINE = ("platform", "cpu", "gpu")


def present() -> dict[str, str]:
    """Return the packages of this process, with their versions."""
    return {each.name: each.version for each in distributions.installed()}


def differences(side: Side, now: Mapping[str, str] | None = None) -> list[Difference]:
    """Return what differs from the environment that a run had; nothing where none is recorded.

    Parameters
    ----------
    side : Side
        The run.
    now : mapping, optional
        Packages and versions; those of this process by default.
    """
    found = _python(side) + _machine(side)
    recorded = {normal_name(name): version for name, version in side.packages.items()}
    if not recorded:
        noted = {k: v for k, v in side.environment.items() if k not in (_PYTHON, "platform")}
        return found + _noted(noted)
    there = present() if now is None else {normal_name(k): v for k, v in now.items()}
    return found + [
        Difference(what="package", name=name, recorded=recorded.get(name), now=there.get(name))
        for name in sorted(recorded | there)
        if recorded.get(name) != there.get(name)
    ]


def variables(side: Side) -> dict[str, str]:
    """Return the recorded variables that set threads and seeds; none that is not plain."""
    return {
        name: value
        for name, value in foreign.pairs(side.variables).items()
        if environment.may_be_recorded(name, value)
    }


def _python(side: Side) -> list[Difference]:
    recorded, now = side.environment.get(_PYTHON), platform.python_version()
    if recorded in (None, now):
        return []
    return [Difference(what="python", name="Python", recorded=recorded, now=now)]


def _machine(side: Side) -> list[Difference]:
    now = environment.facts()
    return [
        Difference(what="machine", name=name, recorded=recorded, now=now.get(name))
        for name in _MACHINE
        if (recorded := side.environment.get(name)) and recorded != now.get(name)
    ]


def _noted(noted: Mapping[str, str]) -> list[Difference]:
    there = present()
    return [
        Difference(what="package", name=name, recorded=version, now=there.get(name))
        for name, version in sorted(noted.items())
        if name in there and there[name] != version
    ]

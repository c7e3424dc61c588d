"""The part of a condition that MLflow can look for itself, so that fewer runs travel.

What is found is tested again by us: MLflow's filters know no ``or``, no ``not``, and compare
parameters as text alone. Here a filter may let too many runs pass, never too few.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.history import moments
from mlops_jupyter.tracking.history.filters import Both, Comparison

if TYPE_CHECKING:
    from mlops_jupyter.tracking.history.filters import Condition

_ENTITIES = {"metric": "metrics", "param": "params", "tag": "tags"}
_TAG_OF = {"notebook": tags.NOTEBOOK, "data": tags.DATA, "uid": tags.UID}


def mlflow_filter(condition: Condition | None) -> str:
    """Return MLflow's filter for a condition; empty where it can look for nothing.

    Examples
    --------
    >>> from mlops_jupyter.tracking.history.filters import parse
    >>> mlflow_filter(parse("metric.auc > 0.7 and param.depth = 5 and status = failed"))
    "metrics.`auc` > 0.7 AND params.`depth` LIKE '%' AND attributes.status = 'FAILED'"
    """
    parts = condition.parts if isinstance(condition, Both) else (condition,)
    found = [_filter(part) for part in parts if isinstance(part, Comparison)]
    return " AND ".join(part for part in found if part)


def entity(kind: str, name: str) -> str | None:
    """Return how MLflow's filters name a metric, parameter or tag; None where they cannot."""
    return None if "`" in name or not name else f"{_ENTITIES[kind]}.`{name}`"


def like(text: str) -> str:
    r"""Return a quoted LIKE pattern that matches a text, and perhaps a few others.

    MLflow's language has no way to write a quote inside quotes: what might be read as anything
    but text becomes ``_``, which stands for any one sign.

    Examples
    --------
    >>> like("it's \"fine\"")
    "'it_s _fine_'"
    """
    return "'" + re.sub(r"[^\w .:/@+=-]", "_", text, flags=re.ASCII) + "'"


def _filter(comparison: Comparison) -> str | None:
    subject = comparison.subject
    if comparison.operator == "is null":
        return None
    if subject.kind == "attribute":
        return _attribute(comparison)
    named = entity(subject.kind, subject.name)
    if named is None:
        return None
    if subject.kind == "metric":
        return _metric(named, comparison)
    if comparison.operator == "=" and comparison.values[0].quoted:
        return f"{named} LIKE {like(comparison.values[0].text)}"
    return f"{named} LIKE '%'"  # it has one at all


def _metric(named: str, comparison: Comparison) -> str | None:
    value = comparison.values[0].number if comparison.values else None
    if value is None or not abs(value) < 1e300:  # infinities are stored as something else
        return None
    sign = comparison.operator
    return f"{named} {sign} {value!r}" if sign in ("=", "<", "<=", ">", ">=") else None


def _attribute(comparison: Comparison) -> str | None:
    name, sign = comparison.subject.name, comparison.operator
    if name == "started" and sign in ("=", "<", "<=", ">", ">="):
        return _started(sign, comparison.values[0].text)
    if sign != "=":
        return None
    text = comparison.values[0].text
    known = {
        "status": f"attributes.status = '{text.upper()}'",
        "name": f"attributes.run_name LIKE {like(text)}",
        "id": f"attributes.run_id LIKE {_beginning(text)}",
        "parent": f"tags.`{tags.PARENT}` LIKE {_beginning(text)}",
        **{each: f"tags.`{tag}` LIKE '%'" for each, tag in _TAG_OF.items()},
    }
    return known.get(name)


def _started(sign: str, text: str) -> str:
    first, after = moments.interval(text)
    bounds = {
        "=": f"attributes.start_time >= {first} AND attributes.start_time < {after}",
        "<": f"attributes.start_time < {first}",
        "<=": f"attributes.start_time < {after}",
        ">": f"attributes.start_time > {first}",
        ">=": f"attributes.start_time >= {first}",
    }
    return bounds[sign]


def _beginning(text: str) -> str:
    return like(text.removeprefix("run:"))[:-1] + "%'"

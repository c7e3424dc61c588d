"""Whether a run meets a condition; see `filters` for what conditions say."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlops_jupyter.data.catalog.automatic import is_reference
from mlops_jupyter.errors import UsageError
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.history import moments
from mlops_jupyter.tracking.history.filters import (
    Both,
    Comparison,
    Condition,
    Either,
    Not,
    Subject,
    Value,
    as_number,
    comparisons,
    wrong,
)
from mlops_jupyter.tracking.history.stored import Needs, StoredRun
from mlops_jupyter.tracking.history.summaries import Judging, data_of, model_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlops_jupyter.tracking.run_parts import Staleness

Test = Callable[[StoredRun], bool]

_STALE = ("data", "file", "code")
_STATUSES = ("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED")
# Words that Python programs write into parameters, and people in any case.
_WORDS = {"true", "false", "none"}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_ATTRIBUTE_TAGS = {
    "model": (tags.MODEL, "estimator_name"), "data": (tags.DATA,), "notebook": (tags.NOTEBOOK,),
    "uid": (tags.UID,), "parent": (tags.PARENT,),
    "stale": (
        tags.MODEL, "estimator_name", tags.DATA, tags.DATA_FILES, tags.SOURCES, tags.NOTEBOOK,
    ),
}  # fmt: skip


def needs(subjects: Iterable[Subject]) -> Needs:
    """Return what has to be read of a run to know about subjects.

    Examples
    --------
    >>> needs([Subject("metric", "auc"), Subject("attribute", "status")])
    Needs(metrics=frozenset({'auc'}), params=frozenset(), tags=frozenset())
    """
    wanted: dict[str, set[str]] = {"metric": set(), "param": set(), "tag": set()}
    for subject in subjects:
        if subject.kind == "attribute":
            wanted["tag"].update(_ATTRIBUTE_TAGS.get(subject.name, ()))
        else:
            wanted[subject.kind].add(subject.name)
    return Needs(*(frozenset(names) for names in wanted.values()))


def resolved(condition: Condition, resolve: Callable[[Subject], Subject]) -> Condition:
    """Return a condition whose bare names were replaced by what they mean."""
    match condition:
        case Comparison():
            return replace(condition, subject=resolve(condition.subject))
        case Not(part):
            return Not(resolved(part, resolve))
        case Both(parts):
            return Both(tuple(resolved(part, resolve) for part in parts))
        case Either(parts):
            return Either(tuple(resolved(part, resolve) for part in parts))


def matcher(
    condition: Condition,
    text: str,
    experiments: Mapping[str, str],
    judge: Judging = lambda _run: None,
) -> Test:
    """Return the test of a condition without bare names.

    Parameters
    ----------
    condition : Condition
        The condition.
    text : str
        What it was read from, for errors.
    experiments : mapping
        Names of experiments by id.
    judge : callable
        Says whether a run's model is stale.

    Raises
    ------
    UsageError
        A value is not what its name is compared with: a date, a number, a status.
    """
    for comparison in comparisons(condition):
        _check(comparison, text)
    return _test(condition, experiments, judge)


def _test(condition: Condition, experiments: Mapping[str, str], judge: Judging) -> Test:
    match condition:
        case Comparison():
            return _comparison(condition, experiments, judge)
        case Not(part):
            inner = _test(part, experiments, judge)
            return lambda run: not inner(run)
        case Both(parts):
            tests = [_test(part, experiments, judge) for part in parts]
            return lambda run: all(test(run) for test in tests)
        case Either(parts):
            tests = [_test(part, experiments, judge) for part in parts]
            return lambda run: any(test(run) for test in tests)


def _comparison(comparison: Comparison, experiments: Mapping[str, str], judge: Judging) -> Test:
    read = reader(comparison.subject, experiments, judge)
    if comparison.operator == "is null":
        return lambda run: read(run) is None
    if comparison.operator == "is not null":
        return lambda run: read(run) is not None
    compare = _value_test(comparison)

    def test(run: StoredRun) -> bool:
        found = read(run)
        return found is not None and compare(found)

    return test


def reader(
    subject: Subject, experiments: Mapping[str, str], judge: Judging = lambda _run: None
) -> Callable[[StoredRun], Any]:
    """Return a function that reads a subject's value from a run; None where it has none."""
    name = subject.name
    match subject.kind:
        case "metric":
            return lambda run: run.metrics.get(name)
        case "param":
            return lambda run: run.params.get(name)
        case "tag":
            return lambda run: run.tags.get(name)
    readers: dict[str, Callable[[StoredRun], Any]] = {
        "status": lambda run: run.status or None,
        "name": lambda run: run.name or None,
        "experiment": lambda run: experiments.get(run.experiment_id, run.experiment_id),
        "started": lambda run: run.start or None,
        "ended": lambda run: run.end or None,
        "duration": lambda run: run.duration_ms,
        "model": lambda run: model_of(run.tags),
        "data": lambda run: data_of(run.tags) or None,
        "notebook": lambda run: run.tags.get(tags.NOTEBOOK),
        "id": lambda run: run.run_id,
        "uid": lambda run: run.tags.get(tags.UID),
        "parent": lambda run: run.parent,
        "stale": lambda run: _stale(judge(run)),
    }
    return readers[name]


def _value_test(comparison: Comparison) -> Callable[[Any], bool]:
    values, sign = comparison.values, comparison.operator
    if sign in ("like", "ilike"):
        like = _like(values[0].text, ignore_case=sign == "ilike")
        return lambda found: any(map(like, _texts(found)))
    if sign in ("in", "not in"):
        each = [_one(comparison.subject, "=", value) for value in values]
        wanted = sign == "in"
        return lambda found: any(test(found) for test in each) is wanted
    return _one(comparison.subject, sign, values[0])


def _one(subject: Subject, sign: str, value: Value) -> Callable[[Any], bool]:
    """Return the test of one value against what was read."""
    compare = _COMPARE[sign]
    if subject.kind == "metric":
        return _number_test(compare, value)
    if subject.kind != "attribute":
        return _text_test(compare, value)
    if subject.name in ("started", "ended"):
        return moments.test(sign, value.text)
    names: dict[str, Callable[[Any, str], bool]] = {
        "data": _names_data, "id": _names_run, "uid": _names_run, "parent": _names_run,
    }  # fmt: skip
    if subject.name == "stale":
        return lambda found: (value.text in found) is (sign == "=")
    if subject.name in names:
        fits = names[subject.name]
        return lambda found: fits(found, value.text) is (sign == "=")
    wanted = _own_words(subject.name, value.text)
    return lambda found: bool(compare(found, wanted))


def _own_words(attribute: str, text: str) -> Any:
    """Return a value in the words of the store."""
    if attribute == "duration":
        return moments.duration_ms(text)
    return text.upper() if attribute == "status" else text


def _number_test(compare: Callable[[Any, Any], bool], value: Value) -> Callable[[Any], bool]:
    wanted = value.number
    if wanted is not None and math.isnan(wanted):
        return lambda found: math.isnan(found) is (compare is operator.eq)
    return lambda found: bool(compare(found, wanted))


def _text_test(compare: Callable[[Any, Any], bool], value: Value) -> Callable[[str], bool]:
    """Compare as numbers where both are, else as text."""
    number, text = value.number, value.text
    loose = not value.quoted and text.lower() in _WORDS

    def test(found: str) -> bool:
        if number is not None:
            other = as_number(found)
            if other is not None:
                return compare(other, number)
            return compare is operator.ne  # text is no number, and not less than one either
        if loose:
            return compare(found.lower(), text.lower())
        return compare(found, text)

    return test


def _names_data(found: list[str], wanted: str) -> bool:
    """``flights`` names any version of it; the prefix may be left out, and the v as well."""
    name, at, version = wanted.removeprefix("data:").rpartition("@")
    if not at:
        return any(ref.removeprefix("data:").rpartition("@")[0] == version for ref in found)
    if is_reference(wanted):
        return any(ref.startswith(f"data:{name}@{version[:8]}") for ref in found)
    exact = f"{name}@v{version.removeprefix('v')}"
    return any(ref.removeprefix("data:") == exact for ref in found)


def _stale(found: Staleness | None) -> list[str] | None:
    """Return what is not as it was; None where nothing is, as far as is known."""
    return sorted({reason.what for reason in found.reasons}) or None if found else None


def _names_run(found: str, wanted: str) -> bool:
    return found.startswith(wanted.removeprefix("run:"))


def _texts(found: Any) -> list[str]:
    return found if isinstance(found, list) else [str(found)]


def _like(pattern: str, *, ignore_case: bool) -> Callable[[str], bool]:
    """Return the test of SQL's LIKE: its pieces are looked for one after the other.

    One regular expression for all of it could take for ever.
    """
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    pieces = pattern.split("%")
    first, *others = [
        re.compile("".join("." if sign == "_" else re.escape(sign) for sign in piece), flags)
        for piece in pieces
    ]
    if not others:
        return lambda text: first.fullmatch(text) is not None
    *middle, last = others

    def test(text: str) -> bool:
        found = first.match(text)
        for piece in middle:
            found = found and piece.search(text, found.end())
        end = len(text) - len(pieces[-1])  # each sign of a pattern stands for one of the text
        return bool(found and found.end() <= end and last.fullmatch(text, end))

    return test


_ORDERED = {"<", "<=", ">", ">="}
_NO_ORDER = {"status", "data", "id", "uid", "parent", "stale"}
_NO_LIKE = {"started", "ended", "duration"}


def _check(comparison: Comparison, text: str) -> None:
    """Refuse what can never be true for a slip of the pen."""
    subject, sign = comparison.subject, comparison.operator
    what = subject.name
    for value in comparison.values:
        if subject.kind == "metric":
            if sign in ("like", "ilike"):
                raise wrong(text, subject.start, f"{what} is a metric: compare it with a number")
            if value.number is None:
                raise wrong(text, value.start, f"{what} is a metric, this is not a number")
        elif subject.kind == "attribute":
            if (sign in _ORDERED and what in _NO_ORDER) or (
                sign in ("like", "ilike") and what in _NO_LIKE
            ):
                raise wrong(text, subject.start, f"{what} cannot be compared by {sign!r}")
            _check_attribute(what, value, text, like=sign in ("like", "ilike"))


def _check_attribute(what: str, value: Value, text: str, *, like: bool) -> None:
    if what == "status" and not like and value.text.upper() not in _STATUSES:
        raise wrong(text, value.start, "no status", f"there are: {', '.join(_STATUSES)}")
    if what == "stale" and not like and value.text not in _STALE:
        raise wrong(
            text, value.start, "no model is stale by this", f"there are: {', '.join(_STALE)}"
        )
    read = {"started": moments.interval, "ended": moments.interval, "duration": moments.duration_ms}
    if what in read:
        try:
            read[what](value.text)
        except UsageError as error:
            raise wrong(text, value.start, error.message, error.hint) from None

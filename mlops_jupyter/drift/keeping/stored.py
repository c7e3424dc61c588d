"""Reading a drift report back from JSON that anybody may have written."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from mlops_jupyter.drift.report import DriftReport
from mlops_jupyter.errors import BadInput, NotFound

if TYPE_CHECKING:
    from mlops_jupyter.drift.periods_record import Periods
    from mlops_jupyter.drift.report import ColumnDrift, Summary

MAX_SIZE = 50_000_000
_MAX_COLUMNS = 20_000
_LARGEST = 2**63
_DEEPEST = 20
_MOST_SEVERE = 1000
_MOST = 1.000001  # a share, with what adding others up loses
_HEAD = 400
HINT = "`mlops drift REFERENCE CURRENT --json > FILE` writes one"


def is_report(path: Path) -> bool:
    """Whether a file begins as a report in JSON does; tables are JSON files as well."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    words = "".join(head.decode("utf-8-sig", "replace").split())
    return words.startswith('{"kind":"drift_report"')


def of_file(name: str) -> DriftReport:
    """Return the report in a file.

    Raises
    ------
    NotFound
        There is no such file.
    BadInput
        It is too large, or holds no report.
    """
    path = Path(name).expanduser()
    if not path.is_file():
        raise NotFound(f"no file {name}", HINT)
    with path.open("rb") as file:
        content = file.read(MAX_SIZE + 1)
    return of_bytes(content, name)


def of_bytes(content: bytes, name: str) -> DriftReport:
    """Return the report in bytes; `name` is what errors call it.

    Raises
    ------
    BadInput
        They hold no report, or one that no comparison could have made.
    """
    if len(content) > MAX_SIZE:
        raise BadInput(f"{name} is larger than {MAX_SIZE / 1e6:.0f} MB: no drift report is", HINT)
    try:
        value = json.loads(
            content.decode("utf-8-sig"),
            parse_float=_number,
            parse_int=_whole,
            parse_constant=_no_constant,
        )
        value = _plain(value)
    except (ValueError, RecursionError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise BadInput(f"{name} is not a drift report: {reason}", HINT) from None
    if not isinstance(value, dict):
        raise BadInput(f"{name} is not a drift report: it holds no JSON object", HINT)
    try:
        report = DriftReport.from_dict(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise BadInput(f"{name} is not a drift report: {place}: {first['msg']}", HINT) from None
    except BadInput as error:
        raise BadInput(f"{name}: {error.message}"[:500], error.hint or HINT) from None
    _refuse_impossible(report, name)
    return report


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]} is no number that a report has")
    return value


def _whole(text: str) -> int:
    value = int(text) if len(text) < 20 else _LARGEST
    if not -_LARGEST < value < _LARGEST:
        raise ValueError(f"{text[:40]} is no number that a report has")
    return value


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is no number that a report has")


def _plain(value: Any, depth: int = 0) -> Any:
    """Return JSON without halves of characters, which no encoding has."""
    if depth > _DEEPEST:
        raise ValueError(f"it is nested more than {_DEEPEST} deep")
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_plain(each, depth + 1) for each in value]
    if isinstance(value, dict):
        return {_plain(key): _plain(each, depth + 1) for key, each in value.items()}
    return value


def _refuse_impossible(report: DriftReport, name: str) -> None:
    """Refuse what no comparison makes, and what shows a report would stumble over."""
    if len(report.columns) > _MAX_COLUMNS:
        raise BadInput(f"{name} has {len(report.columns):,} columns: no drift report does", HINT)
    for column in report.columns:
        if not (_fits(column) and _can_be(column.reference) and _can_be(column.current)):
            raise BadInput(
                f"{name} is not a drift report: what it says of column {column.column[:60]!r} "
                "does not fit together",
                HINT,
            )
    if not _agree(report):
        raise BadInput(
            f"{name} is not a drift report: its verdict is not that on its columns", HINT
        )
    if report.periods is not None and not _in_step(report.periods):
        raise BadInput(f"{name} is not a drift report: its periods do not fit together", HINT)


def _agree(report: DriftReport) -> bool:
    """Whether there is a verdict on the whole exactly where there is one on a column."""
    compared = any(column.of is None for column in report.columns)
    return (report.drifted is not None) == (report.share is not None) == compared


def _can_be(summary: Summary) -> bool:
    shares = (summary.missing, summary.unseen)
    counts = (summary.count, summary.unique, summary.unseen_values, summary.std)
    return all(each is None or 0 <= each <= 1 for each in shares) and all(
        each is None or each >= 0 for each in counts
    )


def _fits(column: ColumnDrift) -> bool:
    bins = column.histogram
    count = len(bins.reference)
    categories = bins.kind == "categories"
    if categories:
        named, foreign = len(bins.labels), bool(bins.edges)
    else:
        named, foreign = len(bins.edges) - 1, bool(bins.labels)
    known = all(0 <= share <= _MOST for share in (*bins.reference, *bins.current))
    alike = (column.type == "categorical") == categories and not foreign
    return alike and known and count > 0 and count == len(bins.current) == named


def _in_step(periods: Periods) -> bool:
    count = len(periods.periods)
    return all(
        len(column.scores) == len(column.severities) == count
        and all(0 <= note.place < count for note in column.notes)
        and all(each is None or 0 <= each <= _MOST_SEVERE for each in column.severities)
        for column in periods.columns
    )

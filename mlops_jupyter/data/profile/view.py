"""How a version's profile looks, as text and as HTML."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from mlops_jupyter.data import view as versions_view
from mlops_jupyter.data.profile.details import SHOWN
from mlops_jupyter.data.reading.names import type_shown
from mlops_jupyter.render import html, text
from mlops_jupyter.render.histogram import histogram, sparkline
from mlops_jupyter.render.table import Cell, Column, Table

if TYPE_CHECKING:
    from mlops_jupyter.data.profile.details import DataDetails
    from mlops_jupyter.data.profile.records import ColumnProfile, Profile
    from mlops_jupyter.data.records import DataVersion
    from mlops_jupyter.render.html import Markup

_TOP = 3
_LINE = 52  # characters that are not broken
_PICTURE = (110, 22)
_VALUE = 24  # characters of a value
_TYPE = 32
_NAME = 60
_MINUTES = len("2013-01-01 00:00")


def details_text(details: DataDetails) -> str:
    """Return the version and its columns for a terminal."""
    lines = [versions_view.version_text(details.version)]
    lines += [f"  {text.clean(line)}" for line in _facts(details)]
    profile = details.profile
    if profile is not None and profile.columns:
        lines += ["", _table(profile, details.all).to_text()]
    lines += ["", *(text.clean(line) for line in notes)] if (notes := _notes(details)) else []
    return "\n".join(lines)


def details_html(details: DataDetails) -> str:
    """Return a card."""
    version, profile = details.version, details.profile
    muted = f"color:{html.MUTED}"
    table: Markup | str = ""
    if profile is not None and profile.columns:
        table = _table(profile, details.all).to_html()
    return str(
        html.card(
            version.ref,
            versions_view.version_lines(version),
            *(html.element("div", line, style=muted) for line in _facts(details)),
            table,
            html.notes(_notes(details)),
            note=versions_view.news(version),
        )
    )


def _facts(details: DataDetails) -> list[str]:
    version = details.version
    remote = f"the remote {details.remote!r}"
    where = {
        "cache": "in the cache of this machine",
        "remote": f"only in {remote}",
        "nowhere": "not on this machine" + (f", nor in {remote}" if details.remote else ""),
        "unknown": "not whole on this machine"
        + (f"; {remote} does not answer" if details.remote else ""),
        "forgotten": "",  # the first line says it
    }[details.place]
    if details.restore:
        where += f"; `{details.restore}` brings it {'back' if details.place == 'cache' else 'here'}"
    lines = [*([where] if where else []), *_by_git_and_dvc(details)]
    if details.files:
        names = ", ".join(text.shorten(text.clean(name), _NAME) for name in details.files)
        more = version.files - len(details.files)
        lines.append(f"files: {names}{f' and {more:,} more' if more > 0 else ''}")
    lines.append(f"commit {version.commit[:12]}{_file_now(version)}")
    return lines


def _by_git_and_dvc(details: DataDetails) -> list[str]:
    """Return the commands for who does not have this package."""
    lines = []
    if details.by_dvc:
        lines.append(f"git and DVC alone: `{' && '.join(details.by_dvc)}`")
    if details.by_dvc_in_clone:
        what = "what was pushed" if details.place == "cache" else "the same"
        commands = " && ".join(details.by_dvc_in_clone)
        lines.append(f"in a clone that has the tag, {what}: `{commands}`")
    elif details.by_dvc:
        lines.append("in a clone: no DVC remote has it; `dvc remote add`, then `mlops data push`")
    return lines


def _file_now(version: DataVersion) -> str:
    if version.file_now is None:
        return ""
    what = "folder" if version.is_folder else "file"
    return f" · {what} now: {versions_view.what_now(version)}"


def _notes(details: DataDetails) -> list[str]:
    profile = details.profile
    if profile is None:
        return [_absence(details)]
    if profile.problem:
        return [f"what is in it was not counted: {profile.problem}", *_parts(profile)]
    if not profile.format:
        return [_no_table(details, profile), *_parts(profile)]
    notes = []
    if (files := sum(part.files for part in profile.parts)) > 1:
        notes.append(f"the {files:,} files are read as one table")
    notes += profile.misfits
    hidden = len(profile.columns) - SHOWN
    if hidden > 0 and not details.all:
        notes.append(f"and {hidden:,} more columns: --all")
    if any(not column.distinct_is_exact for column in profile.columns):
        notes.append("≈ estimated")
    if any(column.quantiles and not column.quantiles_are_exact for column in profile.columns):
        notes.append("medians are estimated: the table is big")
    if not profile.values:
        notes.append("frequent values are left out: [privacy] top_values in mlops.toml")
    return [*notes, *(_parts(profile) if len(profile.parts) > 1 else [])]


def _absence(details: DataDetails) -> str:
    if details.profile_state == "pending":
        ref = shlex.quote(details.version.ref)
        return f"what is in it is being counted: `mlops data show {ref} --wait`"
    if details.place == "forgotten":
        return "what was in it is forgotten too"
    return "what is in it was not counted, and its content is not on this machine"


def _no_table(details: DataDetails, profile: Profile) -> str:
    if details.version.is_folder:
        return "no table: files that do not all belong to one"
    return f"no table: {profile.parts[0].suffix or 'a file without a suffix'}"


def _parts(profile: Profile) -> list[str]:
    if len(profile.parts) <= 1 and sum(part.files for part in profile.parts) <= 1:
        return []
    return [
        f"{text.plural(part.files, 'file')} {part.suffix or 'without a suffix'}"
        f", {text.size(part.size)}"
        for part in profile.parts[:SHOWN]
    ]


def _table(profile: Profile, all_: bool) -> Table:
    shown = profile.columns if all_ else profile.columns[:SHOWN]
    rows: list[list[str | Cell]] = [
        [
            text.shorten(column.name, _NAME),
            _type(column),
            _missing(column, profile.rows),
            _distinct(column, profile.rows),
            _on_a_line(_values(column, profile.rows)),
            _median(column),
            _mean(column),
            _spread(column, picture=place < SHOWN),
        ]
        for place, column in enumerate(shown)
    ]
    columns = [
        Column("column"),
        Column("type", whole=True),
        Column("missing", "right", whole=True),
        Column("distinct", "right", whole=True),
        Column("values"),
        Column("median", "right", whole=True),
        Column("mean ± sd", "right", whole=True),
        Column("spread"),
    ]
    return Table(columns, rows, row_headers=True)


def _type(column: ColumnProfile) -> str:
    return text.shorten(type_shown(column.type), _TYPE)


def _missing(column: ColumnProfile, rows: int | None) -> str:
    parts = [_share(column.missing, rows) if column.missing else "0"]
    if column.not_a_number:
        parts.append(f"{column.not_a_number:,} NaN")
    if column.infinite:
        parts.append(f"{column.infinite:,} ∞")
    if column.empty:
        parts.append(f"{column.empty:,} empty")
    return " + ".join(parts)


def _share(count: int, rows: int | None) -> str:
    share = 100 * count / rows if rows else 0.0
    if count == rows:
        return "100 %"
    if share < 0.1:
        return "< 0.1 %"
    if share > 99.9:
        return "> 99.9 %"
    return f"{share:.1f} %" if share < 10 else f"{share:.0f} %"


def _distinct(column: ColumnProfile, rows: int | None) -> str:
    if column.distinct is None:
        return "–"
    if not column.distinct_is_exact:
        return f"≈ {column.distinct:,}"
    every = column.distinct == rows and column.distinct > 1
    return f"{column.distinct:,}{' (unique)' if every else ''}"


def _values(column: ColumnProfile, rows: int | None) -> str:
    """Return the range of what has an order, and the most frequent of what has names."""
    if column.kind in ("integer", "number", "moment") and column.minimum is not None:
        return _range(*_ends(column))
    if column.kind == "boolean" and column.mean is not None:
        counted = (rows or 0) - column.missing
        return f"true {_share(round(min(max(column.mean, 0), 1) * counted), counted)}"
    return _texts(column, rows) if column.kind == "text" else _lengths(column)


def _on_a_line(values: str) -> Cell:
    fits = len(values) <= _LINE
    style = "white-space:nowrap" if fits else "display:inline-block;min-width:24em"
    return Cell(values, html.element("span", values, style=style))


def _texts(column: ColumnProfile, rows: int | None) -> str:
    if column.top:
        shown = [f"{_quote(each.value)} {_share(each.count, rows)}" for each in column.top[:_TOP]]
        more = (column.distinct or 0) > len(shown)
        return ", ".join([*shown, "…"] if more else shown)
    if column.minimum is not None:
        return _range(_quote(str(column.minimum)), _quote(str(column.maximum)))
    return _lengths(column)


def _lengths(column: ColumnProfile) -> str:
    if column.lengths is None:
        return "–"
    unit = {"text": "characters", "binary": "bytes"}.get(column.kind, "elements")
    return f"{_range(f'{column.lengths.shortest:,}', f'{column.lengths.longest:,}')} {unit}"


def _bound(value: float | str | None) -> str:
    shown = text.number(value) if isinstance(value, (int, float)) else str(value)
    return text.shorten(shown, _TYPE)


def _range(low: str, high: str) -> str:
    return low if low == high else f"{low} … {high}"


def _quote(value: str) -> str:
    return f"'{text.shorten(text.clean(value), _VALUE)}'"


def _median(column: ColumnProfile) -> str:
    middle = column.quantile(0.5)
    if middle is None:
        return "–"
    return _moment(middle, column.type) if column.kind == "moment" else text.number(middle)


def _moment(seconds: float, type_: str) -> str:
    try:
        when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    except OverflowError:
        return "–"
    if type_.startswith("DATE"):
        return when.strftime("%Y-%m-%d")
    if type_.startswith("TIMESTAMP"):
        return when.strftime("%Y-%m-%d %H:%M")
    return when.strftime("%H:%M:%S")


def _mean(column: ColumnProfile) -> str:
    if column.mean is None or column.kind == "boolean":
        return "–"
    spread = f" ± {text.number(column.sd)}" if column.sd is not None else ""
    return f"{text.number(column.mean)}{spread}"


def _spread(column: ColumnProfile, *, picture: bool) -> Cell:
    if column.histogram is not None:
        counts = column.histogram.counts
        signs = sparkline(counts)
        if not picture:
            return Cell(signs, html.element("span", signs))
        return Cell(signs, histogram(counts, (), alt=_alt(column), size=_PICTURE))
    return Cell("", html.join())


def _alt(column: ColumnProfile) -> str:
    name = text.shorten(text.clean(column.name), _NAME)
    assert column.histogram is not None  # noqa: S101 - it is drawn
    counts = ", ".join(f"{count:,}" for count in column.histogram.counts)
    low, high = _ends(column)
    return f"{name} from {low} to {high}, values per bin: {counts}" if low else f"{name}: {counts}"


def _minutes(moment: str) -> str:
    # Years beyond 9999 have more signs, and no minutes that matter.
    return moment[:_MINUTES] if moment[4:5] == "-" else text.shorten(moment, _TYPE)


def _ends(column: ColumnProfile) -> tuple[str, str]:
    if column.kind == "moment":
        return _minutes(str(column.minimum)), _minutes(str(column.maximum))
    if column.kind == "boolean":
        return "", ""
    return _bound(column.minimum), _bound(column.maximum)

"""How data versions look, as text and as HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.render import html, text
from mlops_jupyter.render.table import Cell, Column, Table

if TYPE_CHECKING:
    from mlops_jupyter.data.records import DataVersion, DataVersions
    from mlops_jupyter.render.html import Markup

_TONES = {"same": "good", "changed": "warn", "missing": "bad", "unknown": "muted"}
# What stands for the path of what has none.
_SHORT = {"frame": "(a frame)", "url": "(an address)"}
_EMPTY = "no data versions yet: make one with `mlops data snapshot PATH`"


def version_text(version: DataVersion) -> str:
    """Return two or three lines for a terminal."""
    lines = [
        f"{text.clean(version.ref)}  {news(version)}",
        f"  {text.clean('  '.join((*_place(version), _extent(version), version.hash[:12])))}",
    ]
    more = (_came_from(version), version.message, version.note)
    lines += [f"  {text.clean(line)}" for line in more if line]
    return "\n".join(lines)


def version_html(version: DataVersion) -> str:
    """Return a card."""
    return str(html.card(version.ref, version_lines(version), note=news(version)))


def version_lines(version: DataVersion) -> Markup:
    """Return what a card says of a version."""
    muted = f"color:{html.MUTED}"
    return html.join(
        html.element(
            "div",
            *([html.element("code", version.path), " · "] if _place(version) else []),
            f"{_extent(version)} · ",
            html.element("code", version.hash[:12], title=version.hash),
        ),
        html.element("div", source) if (source := _came_from(version)) else "",
        html.element("div", version.message) if version.message else "",
        html.element("div", version.note, style=muted) if version.note else "",
    )


def versions_text(versions: DataVersions) -> str:
    """Return a table for a terminal."""
    return "\n".join([_table(versions).to_text(), *_footnotes(versions)])


def versions_html(versions: DataVersions) -> str:
    """Return a table in a card."""
    count = text.plural(len(versions.versions), "version")
    notes = [
        html.element("div", line, style=f"color:{html.MUTED}") for line in _footnotes(versions)
    ]
    return str(html.card(versions.name or "data", _table(versions).to_html(), *notes, note=count))


def _footnotes(versions: DataVersions) -> list[str]:
    lines = []
    if versions.more:
        lines.append(
            f"and {versions.more:,} older: --limit {len(versions.versions) + versions.more}"
        )
    if versions.unpinned:
        verb = "is" if versions.unpinned == 1 else "are"
        lines.append(
            "only if you run `dvc gc` yourself: --all-tags keeps all of these; --workspace keeps "
            f"only what is pinned: {text.plural(versions.unpinned, 'version')} {verb} not"
        )
    return lines


def _table(versions: DataVersions) -> Table:
    columns = [
        Column("version", whole=True),
        Column("made", whole=True),
        Column("size", "right", whole=True),
        Column("rows", "right", whole=True),
        Column("path"),
        Column("now", whole=True),
        Column("message"),
    ]
    rows: list[list[str | Cell]] = [
        [
            version.ref,
            text.when(version.created),
            text.size(version.size),
            "pending" if version.profile_pending else text.number(version.rows),
            *(_place(version) or [_SHORT[version.origin]]),
            _file_now(version),
            _remark(version),
        ]
        for version in versions.versions
    ]
    return Table(columns, rows, empty=_EMPTY)


def news(version: DataVersion) -> str:
    """Return when a version was made, and whether it is new."""
    labels = f"; tagged {', '.join(version.labels)}" if version.labels else ""
    if version.forgotten is not None:
        return f"forgotten {text.when(version.forgotten)}: its content was removed for good{labels}"
    if version.unchanged:
        return f"unchanged since {text.when(version.created)}: no new version{labels}"
    if version.same_as is not None:
        return f"made {text.when(version.created)}; the same content as v{version.same_as}{labels}"
    return f"made {text.when(version.created)}{labels}"


def _file_now(version: DataVersion) -> str | Cell:
    if version.file_now is None:
        return "–"
    if version.file_is is not None:
        return Cell(what_now(version), html.badge(what_now(version), title=version.file_is))
    return Cell(version.file_now, html.badge(version.file_now, _TONES[version.file_now]))


def what_now(version: DataVersion) -> str:
    """Return what the file of a version is now, in a word or two."""
    if version.file_is is None:
        return version.file_now or ""
    return f"is {version.file_is.removeprefix('data:').removeprefix(f'{version.name}@')}"


def _came_from(version: DataVersion) -> str:
    if version.origin == "path":
        return ""
    source = "a frame in memory" if version.origin == "frame" else version.source or "an address"
    rest = "" if _place(version) else f"; a checkout writes {version.path}"
    return f"from {source}{rest}"


def _place(version: DataVersion) -> list[str]:
    """Return the path, where a file is or was at it: not that of what was not checked out."""
    return [version.path] if version.origin == "path" or version.file_now == "same" else []


def _extent(version: DataVersion) -> str:
    parts = [text.size(version.size)]
    if version.is_folder:
        parts.append(text.plural(version.files, "file"))
    if version.rows is not None:
        parts.append(text.plural(version.rows, "row"))
    return ", ".join(parts)


def _remark(version: DataVersion) -> str:
    same = f"same content as v{version.same_as}" if version.same_as is not None else ""
    unchanged = "unchanged: no new version" if version.unchanged else ""
    labels = f"tagged {', '.join(version.labels)}" if version.labels else ""
    gone = f"forgotten {text.when(version.forgotten)}" if version.forgotten is not None else ""
    parts = (gone, version.message, labels, unchanged, same, version.note)
    return "; ".join(part for part in parts if part)

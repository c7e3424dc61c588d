"""What was moved and verified, as text and HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.render import html, text
from mlops_jupyter.render.table import Cell, Column, Table

if TYPE_CHECKING:
    from mlops_jupyter.data.travel.records import DataMoved, DataVerified, Travelled, Verified

_SHOWN = 10
_TONES = {"whole": "good", "damaged": "bad", "missing": "bad", "partly": "bad"}
_WORDS = {"push": ("pushed", "to"), "pull": ("pulled", "from")}
_PART = {"push": "sent", "pull": "fetched"}


def moved_text(moved: DataMoved) -> str:
    """Return a few lines."""
    return "\n".join(text.clean(line) for line in _moved_lines(moved))


def moved_html(moved: DataMoved) -> str:
    """Return a card."""
    first, *more = _moved_lines(moved)
    lines = (html.element("div", line, style="white-space:pre-wrap") for line in more)
    return str(html.card(first, *lines))


def verified_text(verified: DataVerified) -> str:
    """Return a table, and a line on what was read."""
    return "\n".join([_table(verified).to_text(), *(text.clean(li) for li in _about(verified))])


def verified_html(verified: DataVerified) -> str:
    """Return a table in a card."""
    about = (html.element("div", line, style=f"color:{html.MUTED}") for line in _about(verified))
    note = "all is whole" if verified.ok else "not all is whole"
    return str(html.card("data", _table(verified).to_html(), *about, note=note))


def _moved_lines(moved: DataMoved) -> list[str]:
    done, preposition = _WORDS[moved.how]
    where = f"{preposition} {moved.remote} ({moved.address})"
    new = [version for version in moved.versions if version.files]
    lines = [f"{done} nothing {where}: all is there already" if moved.how == "push"
             else f"{done} nothing {where}: all is here already"]  # fmt: skip
    if new:
        count = text.plural(len(new), "version")
        extent = f"{text.size(moved.size)} in {text.plural(moved.files, 'file')}"
        lines = [f"{done} {count} {where}: {extent}"]
    lines += [
        f"  {version.ref}  {version.path}  {_PART[moved.how]} {_share(version)}"
        for version in new[:_SHOWN]
    ]
    if len(new) > _SHOWN:
        lines.append(f"  and {len(new) - _SHOWN} more")
    if moved.git_remote is not None:
        side = "there" if moved.how == "push" else "here"
        lines.append(f"  git {moved.git_remote}: {text.plural(moved.tags, 'tag')} new {side}")
    return lines + ([f"  {moved.note}"] if moved.note else [])


def _share(version: Travelled) -> str:
    """Return how much was moved, and of how much where the rest was there already."""
    moved, whole = text.size(version.size), text.size(version.whole)
    return moved if version.size >= version.whole or moved == whole else f"{moved} of {whole}"


def _table(verified: DataVerified) -> Table:
    columns = [Column("version"), Column("here"), Column("remote"), Column("path"), Column("what")]
    if verified.remote is None:
        columns.pop(2)
    rows: list[list[str | Cell]] = []
    for version in verified.versions:
        row: list[str | Cell] = [version.ref, _state(version.here)]
        if verified.remote is not None:
            row.append(_state(version.there))
        rows.append([*row, version.path, _what(version)])
    return Table(columns, rows, empty="no data versions yet: `mlops data snapshot PATH`")


def _state(state: str) -> Cell:
    return Cell(state, html.badge(state, _TONES.get(state, "muted")))


def _what(version: Verified) -> str:
    told = (("damaged", version.damaged), ("missing", version.missing))
    parts = [f"{word}: {', '.join(names)}" for word, names in told if names]
    if version.mended:
        parts.append(f"{text.plural(version.mended, 'file')} mended")
    return "; ".join(parts)


def _about(verified: DataVerified) -> list[str]:
    read = f"read {text.size(verified.size)} in {text.plural(verified.files, 'file')}"
    aside = f"damaged content is aside in {verified.set_aside}" if verified.set_aside else ""
    asked = f"{verified.remote}: by name and size" if verified.remote else ""
    return [line for line in (read, asked, aside) if line]

"""How freed and forgotten data look, as text and as HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from mlops_jupyter.render import html, text
from mlops_jupyter.render.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlops_jupyter.data.upkeep.records import Forgotten, Place

# Kind -> what one of it is called, and many.
FREED: dict[str, tuple[str, str]] = {
    "automatic": ("copy of what a deleted run read", "copies of what deleted runs read"),
    "contents": ("content of no version", "contents of no version"),
    "profiles": ("profile of no version", "profiles of no version"),
    "replaced": ("file that a checkout replaced", "files that checkouts replaced"),
    "unfinished": ("half-written file", "half-written files"),
}


class _Entry(Protocol):
    """What was freed of one kind."""

    @property
    def kind(self) -> str: ...
    @property
    def count(self) -> int: ...
    @property
    def size(self) -> int: ...


class _Freed(Protocol):
    """What was freed of data, or of runs."""

    @property
    def dry_run(self) -> bool: ...
    @property
    def total(self) -> int: ...
    @property
    def entries(self) -> Sequence[_Entry]: ...
    @property
    def kept(self) -> Sequence[str]: ...


def freed_text(freed: _Freed, words: Mapping[str, tuple[str, str]] = FREED) -> str:
    """Return what was freed, for the terminal."""
    notes = [f"  kept: {text.clean(reason)}" for reason in freed.kept]
    if not freed.entries:
        return "\n".join(["nothing to free", *notes])
    return "\n".join([_headline(freed), _freed_table(freed, words).to_text(), *notes])


def freed_html(freed: _Freed, words: Mapping[str, tuple[str, str]] = FREED) -> str:
    """Return what was freed, for the notebook."""
    notes = [html.element("div", f"kept: {why}", style=f"color:{html.MUTED}") for why in freed.kept]
    if not freed.entries:
        return str(html.element("div", "nothing to free", *notes, style="font-size:90%"))
    return str(html.card(_headline(freed), _freed_table(freed, words).to_html(), *notes))


def forgotten_text(forgotten: Forgotten) -> str:
    """Return what was forgotten, for the terminal."""
    return "\n".join([_first(forgotten), *(f"  {text.clean(line)}" for line in _lines(forgotten))])


def forgotten_html(forgotten: Forgotten) -> str:
    """Return a card."""
    lines = [
        html.element("div", line, **({"style": f"color:{html.WARN}"} if line[0] == "!" else {}))
        for line in _lines(forgotten)
    ]
    return str(html.card(_first(forgotten), *lines))


def _headline(freed: _Freed) -> str:
    if freed.dry_run:
        return f"{text.size(freed.total)} could be freed; nothing was removed (--dry-run)"
    return f"{text.size(freed.total)} freed"


def _freed_table(freed: _Freed, words: Mapping[str, tuple[str, str]]) -> Table:
    rows = [
        [text.plural(entry.count, *words[entry.kind]), text.size(entry.size)]
        for entry in freed.entries
    ]
    return Table([Column("what"), Column("size", "right", whole=True)], rows)


def _first(forgotten: Forgotten) -> str:
    ref = text.clean(forgotten.ref)
    what = f"{text.plural(forgotten.files, 'file')}, {text.size(forgotten.size)}"
    if forgotten.when is None:
        return f"{ref} ({what}) would be forgotten: its content goes for good"
    if not forgotten.whole:
        return f"{ref} is forgotten, but not everywhere yet"
    return f"{ref} is forgotten: its content is gone ({what}); a hash stays"


def _lines(forgotten: Forgotten) -> list[str]:
    others = [ref for ref in forgotten.refs if ref != forgotten.ref]
    lines = [f"the same content, forgotten along: {', '.join(others)}"] if others else []
    lines += [_place(place) for place in forgotten.places] if forgotten.when else []
    if forgotten.shared:
        lines.append(
            f"{text.plural(forgotten.shared, 'file')} of it stay: other versions need them"
        )
    lines += [f"! not touched: {place}" for place in forgotten.stays]
    if forgotten.when is not None and not forgotten.whole:
        lines.append(f"! do it again when it can be reached: mlops data forget {forgotten.ref}")
    lines += [f"if the tag was pushed, replace it there: {line}" for line in forgotten.commands]
    return lines


def _place(place: Place) -> str:
    if place.problem is not None:
        return f"! {place.name}: {place.problem}"
    return f"{place.name}: {text.plural(place.removed, 'object')} removed"

"""Disk use as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.render import html, text
from mlops_jupyter.render.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlops_jupyter.tracking.store.records import DiskEntry, DiskUse, Freed

_KINDS = {
    "artifacts": "runs of",
    "models": "models of",
    "objects": "notebooks, code and files, once per content",
    "store": "tracking store",
    "backups": "copies of the store",
    "executed": "executed notebooks",
    "data": "data versions",
    "automatic": "copies of what runs read",
    "other": "locks and the like",
}
_PARTS = {"artifacts": "run", "models": "model"}
_FREED = {
    "runs": "deleted run",
    "models": "deleted model",
    "experiments": "deleted experiment",
    "orphans": "folder of no run",
    "objects": "content of no run",
    "executed": "executed notebook",
    "backups": "copy of the store",
    "leftovers": "half-written file",
    "store": "free page in the store",
    "automatic": "copy of what deleted runs read",
    "contents": "data of no version",
    "profiles": "profile of no version",
    "replaced": "file that a checkout replaced",
    "unfinished": "half-written data",
}
_FREED_MANY = {
    "orphans": "folders of no run",
    "objects": "contents of no run",
    "backups": "copies of the store",
    "store": "free pages in the store",
    "automatic": "copies of what deleted runs read",
    "contents": "data of no version",
    "profiles": "profiles of no version",
    "replaced": "files that checkouts replaced",
    "unfinished": "half-written data",
}


def disk_text(use: DiskUse) -> str:
    """Return what takes space, for the terminal."""
    lines = [
        f"{text.size(use.total)} in {text.clean(use.root)}",
        _table(use.entries, _KINDS).to_text(),
    ]
    if use.largest:
        lines += ["", "the biggest runs and models", _table(use.largest, _PARTS).to_text()]
    return "\n".join([*lines, *(f"  ! {text.clean(note)}" for note in use.notes)])


def disk_html(use: DiskUse) -> str:
    """Return what takes space, for the notebook."""
    parts: list[object] = [_table(use.entries, _KINDS).to_html()]
    if use.largest:
        summary = html.element("summary", "the biggest runs and models")
        parts.append(html.element("details", summary, _table(use.largest, _PARTS).to_html()))
    parts += [html.element("div", f"! {note}", style=f"color:{html.WARN}") for note in use.notes]
    return str(html.card(f"{text.size(use.total)} on the disk", *parts, note=use.root))


def freed_text(freed: Freed) -> str:
    """Return what was freed, for the terminal."""
    notes = [f"  kept: {text.clean(reason)}" for reason in freed.kept]
    if not freed.entries:
        return "\n".join(["nothing to free", *notes])
    return "\n".join([_headline(freed), _freed_table(freed).to_text(), *notes])


def freed_html(freed: Freed) -> str:
    """Return what was freed, for the notebook."""
    notes = [
        html.element("div", f"kept: {reason}", style=f"color:{html.MUTED}") for reason in freed.kept
    ]
    if not freed.entries:
        return str(html.element("div", "nothing to free", *notes, style="font-size:90%"))
    return str(html.card(_headline(freed), _freed_table(freed).to_html(), *notes))


def _headline(freed: Freed) -> str:
    if freed.dry_run:
        return f"{text.size(freed.total)} could be freed; nothing was removed (--dry-run)"
    return f"{text.size(freed.total)} freed"


def _table(entries: Sequence[DiskEntry], kinds: Mapping[str, str]) -> Table:
    columns = [Column("what"), Column("files", "right"), Column("size", "right", whole=True)]
    rows = []
    for entry in entries:
        kind = kinds[entry.kind]
        between = " " if kind.endswith(" of") or kinds is _PARTS else ": "
        what = f"{kind}{between}{entry.name}" if entry.name else kind
        rows.append([what, f"{entry.files:,}", text.size(entry.size)])
    return Table(columns, rows)


def _freed_table(freed: Freed) -> Table:
    rows = [
        [
            text.plural(entry.count, _FREED[entry.kind], _FREED_MANY.get(entry.kind, "")),
            text.size(entry.size),
        ]
        for entry in freed.entries
    ]
    return Table([Column("what"), Column("size", "right", whole=True)], rows)

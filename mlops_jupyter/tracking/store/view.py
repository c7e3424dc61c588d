"""Disk use, and what was freed, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.data.upkeep import view
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
    **view.FREED,
    "runs": ("deleted run", "deleted runs"),
    "models": ("deleted model", "deleted models"),
    "experiments": ("deleted experiment", "deleted experiments"),
    "orphans": ("folder of no run", "folders of no run"),
    "objects": ("content of no run", "contents of no run"),
    "executed": ("executed notebook", "executed notebooks"),
    "backups": ("copy of the store", "copies of the store"),
    "leftovers": ("half-written file", "half-written files"),
    "store": ("free page in the store", "free pages in the store"),
    # Beside what runs hold, data has to be called so.
    "contents": ("data of no version", "data of no version"),
    "unfinished": ("half-written data", "half-written data"),
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
    return view.freed_text(freed, _FREED)


def freed_html(freed: Freed) -> str:
    """Return what was freed, for the notebook."""
    return view.freed_html(freed, _FREED)


def _table(entries: Sequence[DiskEntry], kinds: Mapping[str, str]) -> Table:
    columns = [Column("what"), Column("files", "right"), Column("size", "right", whole=True)]
    rows = []
    for entry in entries:
        kind = kinds[entry.kind]
        between = " " if kind.endswith(" of") or kinds is _PARTS else ": "
        what = f"{kind}{between}{entry.name}" if entry.name else kind
        rows.append([what, f"{entry.files:,}", text.size(entry.size)])
    return Table(columns, rows)

"""Completion of a magic's line, by click's own ``ShellComplete``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def complete(text: str, namespace: Mapping[str, object]) -> list[str]:
    """Return the completions of the last word of a line that starts with the magic.

    Examples
    --------
    >>> complete("%mlops stat", {})
    ['status']
    """
    from click.shell_completion import ShellComplete

    from mlops_jupyter.commands.app import App
    from mlops_jupyter.commands.tree import mlops

    words = text.split()[1:]
    unfinished = "" if text[-1:].isspace() or not words else words.pop()
    if unfinished.startswith("$"):
        wanted = unfinished[1:]
        return sorted(n for n in namespace if n.startswith(wanted) and not n.startswith("_"))
    completer = ShellComplete(mlops, {"obj": App()}, "mlops", "_MLOPS_COMPLETE")
    found: list[str] = []
    for item in completer.get_completions(words, unfinished):
        if item.type in ("file", "dir"):
            found += _paths(unfinished)
        else:
            found.append(item.value)
    return found


def _paths(start: str) -> list[str]:
    folder, _, beginning = start.rpartition("/")
    where = Path(folder + "/" if start.startswith("/") else folder or ".").expanduser()
    if not where.is_dir():
        return []
    prefix = f"{folder}/" if "/" in start else ""
    return sorted(
        f"{prefix}{entry.name}{'/' if entry.is_dir() else ''}"
        for entry in where.iterdir()
        if entry.name.startswith(beginning) and (beginning or not entry.name.startswith("."))
    )

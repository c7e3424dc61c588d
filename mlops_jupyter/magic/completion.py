"""Completion of a magic's line, by click's own ``ShellComplete``."""

from __future__ import annotations

import glob
import os
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
    matches = glob.glob(glob.escape(os.path.expanduser(start)) + "*")
    return sorted(path + "/" if os.path.isdir(path) else path for path in matches)

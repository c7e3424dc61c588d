"""Notebooks that are text: .py and .md files, as jupytext reads them."""

from __future__ import annotations

import itertools
import re
import warnings
from typing import TYPE_CHECKING, Any

from mlops_jupyter.errors import BadInput

if TYPE_CHECKING:
    from pathlib import Path

# What a header says that jupytext wrote; other pages have headers too.
_HEADER = re.compile(r"\A---\n(.*?)^---", re.DOTALL | re.MULTILINE)
_HEADER_KEY = re.compile(r"^(jupyter|jupytext|kernelspec):", re.MULTILINE)
# The start of a cell: percent, light, or nbconvert's and Spyder's own.
_PY_CELL = re.compile(r"^# ?%%|^# \+( *$| +(\w+=|[\[{]))|^# In\[.*\]:|^# <codecell>", re.MULTILINE)
_MD_CELL = re.compile(r"^(`{3,}|~{3,})\{code-cell\}", re.MULTILINE)


def read(path: Path, text: str) -> dict[str, Any]:
    """Return the notebook that a text file stands for.

    Parameters
    ----------
    path : Path
        The file; its suffix tells the language.
    text : str
        What is in it.

    Raises
    ------
    BadInput
        Nothing in it says that it is a notebook, or jupytext cannot read it.
    """
    text = text.replace("\r\n", "\n").removeprefix("\ufeff")
    if not _is_notebook(path, text):
        raise _no_notebook(path)
    import jupytext

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # cells without ids get them below
            notebook = jupytext.reads(text, as_version=4, fmt=_format(path, text))
    except Exception as error:
        raise BadInput(
            f"{path.name} cannot be read as a notebook: {error}", "is its header whole?"
        ) from error
    content: dict[str, Any] = _as_dict(notebook)
    # jupytext draws them by chance; attempts of a cell are told by its id.
    for number, cell in enumerate(content["cells"]):
        cell["id"] = f"cell-{number}"
    return content


def _is_notebook(path: Path, text: str) -> bool:
    if path.suffix == ".md":
        return _has_header(text) or bool(_MD_CELL.search(text))
    comments = itertools.takewhile(lambda line: line.startswith("#"), text.splitlines())
    unmarked = [line[1:].removeprefix(" ") for line in comments]
    while unmarked and unmarked[0] != "---":  # #!/usr/bin/env python, -*- coding -*-
        del unmarked[0]
    return _has_header("\n".join(unmarked)) or bool(_PY_CELL.search(text))


def _format(path: Path, text: str) -> dict[str, str]:
    """Return what jupytext is told of the format; it finds out the rest."""
    told = {"extension": path.suffix}
    # From the header alone it would not see MyST where the suffix is not repeated there.
    return told | (
        {"format_name": "myst"} if path.suffix == ".md" and _MD_CELL.search(text) else {}
    )


def _has_header(text: str) -> bool:
    header = _HEADER.search(text)
    return header is not None and bool(_HEADER_KEY.search(header[1]))


def _no_notebook(path: Path) -> BadInput:
    if path.suffix == ".md":
        return BadInput(
            f"{path.name} is a page, not a notebook",
            "a notebook begins with jupytext's header: `jupytext --set-formats ipynb,md`",
        )
    # A script has a command line and a __file__; run as cells it would have neither.
    return BadInput(
        f"{path.name} is a script: it has no cells",
        "begin cells with `# %%`; or run it with python, and track it by `with mlops.track(…):`",
    )


def _as_dict(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _as_dict(value) for key, value in node.items()}
    return [_as_dict(value) for value in node] if isinstance(node, list) else node

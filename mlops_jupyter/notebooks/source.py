"""The notebook as the user wrote it: found, read, never changed."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mlops_jupyter.errors import BadInput, NotFound

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from nbformat import NotebookNode

    from mlops_jupyter.workspace import Workspace

SUFFIX = ".ipynb"
# What jupytext reads for us.
TEXT_SUFFIXES = (".py", ".md")
SUFFIXES = (SUFFIX, *TEXT_SUFFIXES)


class Cell(NamedTuple):
    """A cell of a notebook.

    Attributes
    ----------
    number : int
        Its place among all cells, counted from 1.
    kind : str
        ``code``, ``markdown`` or ``raw``.
    source : str
        Its text.
    tags : tuple of str
        Its tags.
    """

    number: int
    kind: str
    source: str
    tags: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """A notebook file.

    Attributes
    ----------
    path : Path
        Where it is, absolute.
    content : dict
        Its JSON; of a text file, the notebook that it stands for.
    """

    path: Path
    content: dict[str, Any] = field(repr=False)

    @property
    def is_text(self) -> bool:
        """Whether it is a text file that jupytext reads."""
        return self.path.suffix in TEXT_SUFFIXES

    @property
    def output_name(self) -> str:
        """The name of its executed copy, which is an .ipynb whatever the notebook is."""
        return self.path.with_suffix(SUFFIX).name

    @property
    def kernel_name(self) -> str | None:
        """The kernel it was written for."""
        return self._kernelspec.get("name") or None

    @property
    def language(self) -> str:
        """Its language; Python where it does not say."""
        info = _mapping(self._metadata.get("language_info"))
        return str(info.get("name") or self._kernelspec.get("language") or "python").lower()

    @property
    def _metadata(self) -> dict[str, Any]:
        return _mapping(self.content.get("metadata"))

    @property
    def _kernelspec(self) -> dict[str, Any]:
        return _mapping(self._metadata.get("kernelspec"))

    def cells(self) -> Iterator[Cell]:
        """Yield its cells, from top to bottom."""
        for number, cell in enumerate(self.content["cells"], 1):
            tags = _mapping(cell.get("metadata")).get("tags")
            text = cell.get("source") or ""
            yield Cell(
                number,
                str(cell.get("cell_type", "")),
                text if isinstance(text, str) else "".join(map(str, text)),
                tuple(map(str, tags)) if isinstance(tags, list) else (),
            )

    def tagged_cell(self, tag: str) -> str | None:
        """Return the source of the first code cell with a tag."""
        return next((c.source for c in self.cells() if c.kind == "code" and tag in c.tags), None)

    def notebook(self) -> NotebookNode:
        """Return it as a notebook of its own, to be executed and written elsewhere."""
        import nbformat

        return nbformat.reads(json.dumps(self.content), as_version=4)


def read(workspace: Workspace, notebook: str | os.PathLike[str]) -> Source:
    """Read a notebook of the workspace.

    nbformat is not asked: importing it takes longer than a wrong parameter should. jupytext is,
    for notebooks that are text.

    Raises
    ------
    NotFound
        No such file; names one that is spelt nearly so.
    BadInput
        It is outside the workspace, or not a notebook.
    """
    path = workspace.inside(notebook)
    if path.is_dir():
        raise BadInput(f"{notebook} is a folder", "name a notebook in it")
    if not path.exists():
        raise NotFound(f"no notebook {notebook}", _near(path))
    if path.suffix not in SUFFIXES:
        raise BadInput(f"{notebook} is not a notebook", f"name a file that ends in {_listed()}")
    try:
        text = path.read_text(encoding="utf-8")
        content = _from_text(path, text) if path.suffix in TEXT_SUFFIXES else json.loads(text)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(
            f"{notebook} is not a notebook: {error}",
            "open it in JupyterLab, or take back an earlier version of the file",
        ) from None
    if not _is_version_4(content):
        raise BadInput(
            f"{notebook} is not a notebook of format 4", "open it in JupyterLab and save it there"
        )
    return Source(path, content)


def _mapping(found: object) -> dict[str, Any]:
    """Return what a hostile notebook may have anything for."""
    return found if isinstance(found, dict) else {}


def _from_text(path: Path, text: str) -> dict[str, Any]:
    from mlops_jupyter.notebooks import text_source

    return text_source.read(path, text)


def _is_version_4(content: object) -> bool:
    return (
        isinstance(content, dict)
        and content.get("nbformat") == 4
        and isinstance(content.get("cells"), list)
        and all(isinstance(cell, dict) for cell in content["cells"])
        and isinstance(content.get("metadata", {}), dict)
    )


def _near(path: Path) -> str:
    """Say which notebook beside it was meant."""
    names = sorted(p.name for suffix in SUFFIXES for p in path.parent.glob(f"*{suffix}"))
    notebooks = [name for name in names if name.endswith(SUFFIX)]
    by_stem = {Path(name).stem: name for name in [*names, *notebooks]}
    if path.stem in by_stem:
        return f"did you mean {by_stem[path.stem]}?"
    if close := difflib.get_close_matches(path.stem, by_stem, n=1):
        return f"did you mean {by_stem[close[0]]}?"
    if notebooks:
        return f"in {path.parent.name}/ there are: {', '.join(notebooks[:8])}"
    return "paths count from the current folder"


def _listed() -> str:
    return f"{', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"

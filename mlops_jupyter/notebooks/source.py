"""The notebook as the user wrote it: found, read, never changed."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_jupyter.errors import BadInput, NotFound

if TYPE_CHECKING:
    import os

    from mlops_jupyter.workspace import Workspace

SUFFIX = ".ipynb"


@dataclass(frozen=True)
class Source:
    """A notebook file.

    Attributes
    ----------
    path : Path
        Where it is, absolute.
    content : dict
        Its JSON.
    """

    path: Path
    content: dict[str, Any] = field(repr=False)

    @property
    def kernel_name(self) -> str | None:
        """The kernel it was written for."""
        return self._kernelspec.get("name") or None

    @property
    def language(self) -> str:
        """Its language; Python where it does not say."""
        info = self.content.get("metadata", {}).get("language_info", {})
        return str(info.get("name") or self._kernelspec.get("language") or "python").lower()

    @property
    def _kernelspec(self) -> dict[str, Any]:
        found: dict[str, Any] = self.content.get("metadata", {}).get("kernelspec", {})
        return found

    def tagged_cell(self, tag: str) -> str | None:
        """Return the source of the first code cell with a tag."""
        for cell in self.content["cells"]:
            if cell.get("cell_type") == "code" and tag in cell.get("metadata", {}).get("tags", []):
                source = cell.get("source", "")
                return source if isinstance(source, str) else "".join(source)
        return None


def read(workspace: Workspace, notebook: str | os.PathLike[str]) -> Source:
    """Read a notebook of the workspace.

    nbformat is not asked: importing it takes longer than a wrong parameter should.

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
    if path.suffix != SUFFIX:
        raise BadInput(f"{notebook} is not a notebook", f"name a {SUFFIX} file")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BadInput(
            f"{notebook} is not a notebook: {error}",
            "open it in JupyterLab, or take back an earlier version of the file",
        ) from None
    if not _is_version_4(content):
        raise BadInput(
            f"{notebook} is not a notebook of format 4", "open it in JupyterLab and save it there"
        )
    return Source(path, content)


def _is_version_4(content: object) -> bool:
    return (
        isinstance(content, dict)
        and content.get("nbformat") == 4
        and isinstance(content.get("cells"), list)
        and isinstance(content.get("metadata", {}), dict)
    )


def _near(path: Path) -> str:
    """Say which notebook beside it was meant."""
    stems = sorted(p.stem for p in path.parent.glob(f"*{SUFFIX}"))
    wanted = path.stem if path.suffix == SUFFIX else path.name
    if close := difflib.get_close_matches(wanted, stems, n=1):
        return f"did you mean {close[0]}{SUFFIX}?"
    if stems:
        return f"in {path.parent.name}/ there are: {', '.join(s + SUFFIX for s in stems[:8])}"
    return "paths count from the current folder"

"""Which files a side is: those at a path, those a pattern fits, those of a version of data."""

from __future__ import annotations

import difflib
import glob
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter.data.catalog.contents import KeptFile
from mlops_jupyter.data.reading.readers import TEXT
from mlops_jupyter.data.reading.tables import format_of
from mlops_jupyter.drift.report import Finding
from mlops_jupyter.errors import BadInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlops_jupyter.references import Reference
    from mlops_jupyter.workspace import Workspace

_SAME = {".pq": ".parquet", ".ndjson": ".jsonl", ".arrow": ".feather"}
_NAMED = 3
_GLOB = "`*` is any part of a name, `**` any folders: logs/**/*.jsonl"


@dataclass(frozen=True)
class Found:
    """The files of one side, all of one format.

    Attributes
    ----------
    label : str
        What the side is called.
    reference : str
        What names it for another command.
    files : tuple of KeptFile
        Its files, sorted by name.
    notes : tuple of Finding
        Which files were left out.
    """

    label: str
    reference: str
    files: tuple[KeptFile, ...]
    notes: tuple[Finding, ...] = ()


def format_from(name: str) -> tuple[str, str] | None:
    """Return the suffix and the compression that a file's name says; None where it is no table.

    Examples
    --------
    >>> format_from("2013/a.ndjson.gz"), format_from("a.PQ"), format_from("a.parquet.gz")
    (('.jsonl', 'gzip'), ('.parquet', ''), None)
    """
    known = format_of([name])
    if known is None or (known[1] and known[0] not in TEXT):
        return None
    return _SAME.get(known[0], known[0]), known[1]


def at(workspace: Workspace, path: Path, side: str) -> Found:
    """Return the files at a path: a file, a folder, or those that a pattern such as ``*`` fits.

    Raises
    ------
    NotFound
        There are none.
    BadInput
        None of them is a table that can be read.
    """
    label = _label(workspace, path)
    if path.is_dir():
        return _only_tables(label, label, _inside(path), side)
    if path.exists() or path.is_symlink():
        return _only_tables(label, label, [KeptFile(path.name, path, "")], side)
    if not glob.has_magic(str(path)):
        raise NotFound(f"no file {label} (the {side})", _guess(path))
    files = _matching(path, side)
    if not files:
        raise NotFound(f"no file fits {label} (the {side})", _GLOB)
    return _only_tables(label, label, files, side)


def of_version(workspace: Workspace, reference: Reference, side: str) -> Found:
    """Return the files of a version of data, straight from the cache.

    Raises
    ------
    NotFound
        There is no such version, or its content is not on this machine.
    BadInput
        It is no table that can be read.
    """
    from mlops_jupyter.data.catalog import contents, history

    version = history.resolve(workspace, reference)
    files = contents.files_of(workspace, version)
    return _only_tables(version.ref, version.ref, files, side)


def left_out(message: str) -> Finding:
    """Return the finding about what was left out of a side."""
    return Finding(kind="left_out", message=message)


def listed(names: Iterable[str]) -> str:
    """Return the first of many names.

    Examples
    --------
    >>> listed("abcde")
    'a, b, c and 2 more'
    """
    known = list(names)
    more = f" and {len(known) - _NAMED:,} more" if len(known) > _NAMED else ""
    return ", ".join(known[:_NAMED]) + more


def _inside(folder: Path) -> list[KeptFile]:
    return [
        KeptFile(file.relative_to(folder).as_posix(), file, "")
        for file in sorted(folder.rglob("*"))  # follows no link to a folder: they may go in circles
        if not file.is_dir() and not _is_hidden(file.relative_to(folder).parts)
    ]


def _matching(pattern: Path, side: str) -> list[KeptFile]:
    """Return the files that a pattern fits, and all of folders that it fits, each once."""
    # Names are told from the last folder on that the pattern names.
    parts = list(pattern.parts)
    first = next(place for place, part in enumerate(parts) if glob.has_magic(part))
    fixed, rest = Path(*parts[:first]), parts[first:]
    try:
        matches = sorted(fixed.glob(str(Path(*rest))))
    except ValueError as error:
        raise BadInput(f"the {side}, {pattern}, is no pattern: {error}", _GLOB) from None
    if not _is_hidden(rest):
        matches = [match for match in matches if not _is_hidden(match.relative_to(fixed).parts)]
    found: dict[Path, None] = {}
    for place in matches:
        found |= dict.fromkeys([f.path for f in _inside(place)] if place.is_dir() else [place])
    return [KeptFile(path.relative_to(fixed).as_posix(), path, "") for path in found]


def _is_hidden(parts: Iterable[str]) -> bool:
    return any(part.startswith(".") and part not in (".", "..") for part in parts)


def _only_tables(label: str, reference: str, files: list[KeptFile], side: str) -> Found:
    """Keep the files of the format that most have, and say which others there are."""
    # A pipe would be waited for; what a link leads to may be gone.
    odd = [file.name for file in files if not file.path.is_file() and format_from(file.name)]
    files = [file for file in files if file.path.is_file()]
    if odd and not files:
        raise BadInput(
            f"the {side}, {label}, is no plain file" + (f": {listed(odd)}" if len(odd) > 1 else ""),
            "a link that leads nowhere, or a pipe: read it yourself and give the frame: $name",
        )
    formats = {file.name: format_from(file.name) for file in files}
    count = Counter(known[0] for known in formats.values() if known)
    if not count:
        raise BadInput(
            f"the {side}, {label}, has no ending that says how to read it"
            if len(files) == 1
            else f"the {side}, {label}, has no file that is a table: "
            f"{listed(formats) or 'the folder is empty'}",
            f"known: {', '.join(_known())}; or read it yourself and give the frame: $name",
        )
    suffix = max(count, key=lambda each: count[each])
    kept = [file for file in files if (known := formats[file.name]) and known[0] == suffix]
    found = Found(label, reference, tuple(kept))
    if len(kept) > 1:
        found = replace(found, label=f"{label} ({len(kept):,} files)")
    if others := [name for name in formats if name not in {file.name for file in kept}]:
        message = f"{found.label}: {listed(others)} left out: the others are {suffix}"
        found = replace(found, notes=(left_out(message),))
    if odd:
        message = f"{found.label}: {listed(odd)} left out: no plain files"
        found = replace(found, notes=(*found.notes, left_out(message)))
    return found


def _known() -> list[str]:
    return [".csv", ".tsv", ".jsonl", ".ndjson", ".json (also .gz, .zst)", ".parquet", ".feather"]


def _label(workspace: Workspace, path: Path) -> str:
    """Name a file from the workspace where it is inside, else as it was given."""
    root = workspace.root
    # As it was named first: a link's own name says more than where it leads.
    for named, inside in ((path.absolute(), root.absolute()), (path.resolve(), root.resolve())):
        if named.is_relative_to(inside) and ".." not in named.parts:
            return named.relative_to(inside).as_posix()
    return str(path)


def _guess(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"there is no folder {folder} either"
    names = [entry.name for entry in folder.iterdir()]
    if close := difflib.get_close_matches(path.name, names, n=1):
        return f"did you mean {folder / close[0]}?"
    return "a path counts from the current folder; a data version is written data:NAME@vN"

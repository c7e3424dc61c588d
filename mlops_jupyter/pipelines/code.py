"""What a notebook's code says that it reads, writes and imports: read, never executed."""

from __future__ import annotations

import ast
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlops_jupyter.notebooks.source import Source

# How readers and writers of common libraries begin.
_READERS = ("read_", "scan_", "load", "open_", "imread", "genfromtxt")
_WRITERS = ("to_", "write_", "sink_", "save", "dump", "imwrite")
_MOST_MODULES = 200


@dataclass
class Said:
    """Paths that code names, as they are written in it; modules as files.

    Attributes
    ----------
    reads, writes : list of str
        Absolute paths; they may not be there.
    modules : list of str
        Absolute paths of local modules that are imported, also by one another.
    defaults : dict
        Values of the parameters that are literals.
    """

    reads: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    modules: list[str] = field(default_factory=list)
    defaults: dict[str, Any] = field(default_factory=dict)


def of_notebook(source: Source, values: dict[str, Any]) -> Said:
    """Return what a notebook says.

    Parameters
    ----------
    source : Source
        The notebook.
    values : dict
        Parameters that are set otherwise than the notebook does.
    """
    folder = source.path.parent
    found = Said()
    cell = source.tagged_cell("parameters")
    if cell is not None:
        found.defaults = _literals(_tree(cell))
    names = found.defaults | values
    imported: list[str] = []
    for code in _cells(source):
        tree = _tree(code)
        if code != cell:
            names |= {name: text for name, text in _literals(tree).items() if name not in values}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                _look_at_call(node, names, folder, found)
            imported += _imports(node)
    found.modules = _local(imported, folder)
    found.reads = list(dict.fromkeys(found.reads))
    found.writes = list(dict.fromkeys(found.writes))
    return found


def _cells(source: Source) -> Iterator[str]:
    for cell in source.content["cells"]:
        if cell.get("cell_type") == "code":
            text = cell.get("source", "")
            yield text if isinstance(text, str) else "".join(text)


def _tree(code: str) -> ast.Module:
    """Return what of a cell is Python; nothing where it is none."""
    lines = code.splitlines()
    if lines and lines[0].startswith("%%") and not lines[0].startswith(("%%mlops", "%%time")):
        return ast.Module([], [])
    kept = ["" if line.lstrip()[:1] in ("%", "!", "?") else line for line in lines]
    try:
        return ast.parse("\n".join(kept))
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def _literals(tree: ast.Module) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets = [statement.target]
        else:
            continue
        value: ast.expr = statement.value  # type: ignore[assignment]  # it has one
        for target in targets:
            if isinstance(target, ast.Name):
                known, literal = _literal(value, found)
                if known:
                    found[target.id] = literal
    return found


def _literal(node: ast.expr, names: dict[str, Any]) -> tuple[bool, Any]:
    try:
        return True, ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        text = _path(node, names)
        return text is not None, text


def _look_at_call(call: ast.Call, names: dict[str, Any], folder: Path, found: Said) -> None:
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    given = [*call.args, *(word.value for word in call.keywords)]
    owner = function.value if isinstance(function, ast.Attribute) else None
    if name == "open" or (name in _PATH_METHODS and owner is not None):
        place = _path(owner, names) if owner is not None else None
        mode_at = 0 if place is not None else 1
        place = place or (_path(given[0], names) if given else None)
        if place is not None:
            writing = _PATH_METHODS.get(name) or _opens_for_writing(call, mode_at)
            (found.writes if writing else found.reads).append(_absolute(folder, place))
        return
    into = _kind_of(name, found)
    if into is None:
        return
    for node in given:
        place = _path(node, names)
        if place is not None and _looks_like_path(place):
            into.append(_absolute(folder, place))


_PATH_METHODS = {"write_text": True, "write_bytes": True, "read_text": False, "read_bytes": False}


def _kind_of(function: str, found: Said) -> list[str] | None:
    if function.startswith(_READERS):
        return found.reads
    return found.writes if function.startswith(_WRITERS) else None


def _opens_for_writing(call: ast.Call, at: int) -> bool:
    mode: ast.expr | None = call.args[at] if len(call.args) > at else None
    mode = next((word.value for word in call.keywords if word.arg == "mode"), mode)
    return isinstance(mode, ast.Constant) and bool(set(str(mode.value)) & set("wax+"))


def _path(node: ast.expr | None, names: dict[str, Any]) -> str | None:
    """Return the text that an expression stands for: a literal, a name, parts joined."""
    if isinstance(node, (ast.Constant, ast.Name)):
        value = node.value if isinstance(node, ast.Constant) else names.get(node.id)
        return value if isinstance(value, str) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Div, ast.Add)):
        left, right = _path(node.left, names), _path(node.right, names)
        if left is None or right is None:
            return None
        return left + right if isinstance(node.op, ast.Add) else f"{left}/{right}"
    if isinstance(node, ast.JoinedStr):
        parts = [_part(each, names) for each in node.values]
        return None if None in parts else "".join(filter(None, parts))
    if isinstance(node, ast.Call) and len(node.args) == 1:
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        return _path(node.args[0], names) if name in ("Path", "PurePath", "str") else None
    return None


def _part(node: ast.expr, names: dict[str, Any]) -> str | None:
    if not isinstance(node, ast.FormattedValue):
        return _path(node, names)
    if isinstance(node.value, ast.Name) and isinstance(names.get(node.value.id), (str, int)):
        return None if node.format_spec else str(names[node.value.id])
    return _path(node.value, names)


def _looks_like_path(text: str) -> bool:
    name = text.rpartition("/")[2]
    short = 0 < len(text) < 300 and "\n" not in text and "://" not in text
    return short and ("/" in text or "." in name[1:-1])


def _absolute(folder: Path, place: str) -> str:
    return os.path.abspath(folder / place)


def _imports(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


def _local(imported: list[str], folder: Path) -> list[str]:
    """Return the files of modules that lie beside the notebook, and of what they import."""
    found: dict[str, None] = {}
    waiting = list(dict.fromkeys(imported))
    seen: set[str] = set()
    while waiting and len(found) < _MOST_MODULES:
        name = waiting.pop(0)
        if name in seen:
            continue
        seen.add(name)
        for module, file in _files_of(name, folder):
            if str(file) in found:
                continue
            found[str(file)] = None
            try:
                tree = ast.parse(file.read_text(encoding="utf-8"))
            except (OSError, SyntaxError, ValueError):
                continue
            package = module if file.name == "__init__.py" else module.rpartition(".")[0]
            for node in ast.walk(tree):
                waiting += _imports(node) + _relative(node, package)
    return list(found)


def _files_of(name: str, folder: Path) -> list[tuple[str, Path]]:
    """Return the file of a module and those of the packages that it is in, with their names."""
    parts = name.split(".")
    found = []
    for depth in range(1, len(parts) + 1):
        place = folder.joinpath(*parts[:depth])
        found += [
            (".".join(parts[:depth]), file)
            for file in (place.with_suffix(".py"), place / "__init__.py")
            if file.is_file()
        ]
    return found


def _relative(node: ast.AST, package: str) -> list[str]:
    if not isinstance(node, ast.ImportFrom) or node.level != 1 or not package:
        return []
    inner = f"{package}.{node.module}" if node.module else package
    return [inner, *(f"{inner}.{alias.name}" for alias in node.names)]

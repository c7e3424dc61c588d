"""The names that a cell's source binds and uses."""

from __future__ import annotations

import ast
import builtins
import re
from dataclasses import dataclass, field

# A cell that says these may touch any name.
_BLIND = frozenset({"exec", "eval", "globals", "locals", "vars", "get_ipython", "Out", "In"})
_OUTPUT = re.compile(r"^_+\d*$")
_BUILTIN = frozenset(dir(builtins))
# Magics by what follows them: Python, or no Python; any other may do anything.
_BEFORE_CODE = frozenset({"time", "timeit", "prun", "memit", "capture", "mlops"})
_NO_CODE = frozenset({
    "bash", "sh", "html", "HTML", "javascript", "js", "latex", "markdown", "svg", "SVG",
    "writefile", "file", "script", "perl", "ruby", "cmd", "matplotlib", "load_ext", "reload_ext",
    "unload_ext", "autoreload", "config", "env", "set_env", "pip", "conda", "cd", "ls", "pwd",
    "mkdir", "cat", "who", "whos", "who_ls", "pinfo", "pinfo2", "precision", "pprint", "xmode",
    "colors", "history", "alias", "lsmagic", "magic", "doctest_mode", "debug", "pdb", "sx",
    "system", "notebook", "dirs", "pushd", "popd",
})  # fmt: skip
# What has names of its own.
_SCOPES = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.ListComp, ast.SetComp,
    ast.DictComp, ast.GeneratorExp,
)  # fmt: skip
_LINE_MAGIC = re.compile(r"^(\s*)(?:([\w, .]+=)\s*)?%(\w+)[ \t]*(.*)$")
_SHELL = re.compile(r"^(\s*)(?:([\w, .]+=)\s*)?!")
_HELP = re.compile(r"^\s*\?|\?\s*$")


@dataclass
class Names:
    """What a cell binds, and what it uses.

    Attributes
    ----------
    bound, used : set of str
        Names of variables; used with the value they had before the cell.
    replaced : set of str
        Of the bound ones those that surely have a new value, made without the old one.
    needs : dict
        Function or class -> names it uses when it is called.
    """

    bound: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    replaced: set[str] = field(default_factory=set)
    needs: dict[str, set[str]] = field(default_factory=dict)


def names_of(source: str) -> Names | None:
    """Return a cell's names; None where its source does not tell.

    Examples
    --------
    >>> names = names_of("%time X = df.drop(columns='y')")
    >>> sorted(names.bound), sorted(names.used)
    (['X'], ['df'])
    """
    code = _without_magics(source)
    if code is None:
        return None
    try:
        tree = compile(
            code, "<cell>", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
            dont_inherit=True,
        )  # fmt: skip
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    names = Names()
    for statement in ast.iter_child_nodes(tree):
        before, used = set(names.bound), set(names.used)
        _add(names, statement)
        names.used = used | (names.used - names.replaced)  # what has a new value is used as that
        if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.Import, ast.ImportFrom)):
            names.replaced |= names.bound - before - names.used
    blind = any(name in _BLIND or _OUTPUT.match(name) for name in names.used - names.bound)
    names.used -= _BUILTIN - names.bound
    return None if blind or "*" in names.bound else names


def _add(names: Names, node: ast.AST) -> None:
    """Add the names of a node, as seen from outside of functions."""
    if isinstance(node, ast.Name):
        (names.used if isinstance(node.ctx, ast.Load) else names.bound).add(node.id)
        return
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        names.bound.add(node.name)
        names.needs[node.name] = _loaded(node) - _locals(node)
        if not isinstance(node, ast.ClassDef):
            return
    if isinstance(node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        names.used |= _loaded(node)
        return
    if isinstance(node, ast.AugAssign):
        names.used |= _loaded(node.target)
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        names.bound.update(a.asname or a.name.partition(".")[0] for a in node.names)
    elif isinstance(node, ast.Global):
        names.used.update(node.names)
    for child in ast.iter_child_nodes(node):
        _add(names, child)


def _loaded(node: ast.AST) -> set[str]:
    return {
        inner.id
        for inner in ast.walk(node)
        if isinstance(inner, ast.Name) and inner.id not in _BUILTIN
    }


def _locals(function: ast.AST) -> set[str]:
    """Return what is a function's own: its arguments, and what it gives a value."""
    if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return set()
    given = function.args
    args = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    found = {each.arg for each in args if each is not None}
    todo: list[ast.AST] = list(function.body)
    others: set[str] = set()
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            others.update(node.names)
        if not isinstance(node, _SCOPES):
            todo += ast.iter_child_nodes(node)
    # A default is looked up outside, where the name may be another's.
    outside = [*given.defaults, *filter(None, given.kw_defaults), *function.decorator_list]
    return found - others - {name for node in outside for name in _loaded(node)}


def statements(source: str) -> list[Names]:
    r"""Return the names of each statement, in order; none where a cell does not tell.

    Examples
    --------
    >>> [sorted(names.bound) for names in statements("p = model.predict(X)\nq = 1")]
    [['p'], ['q']]
    """
    code = _without_magics(source)
    if code is None:
        return []
    try:
        flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        tree = compile(code, "<cell>", "exec", flags, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    assert isinstance(tree, ast.Module)  # noqa: S101 - what those flags give
    parts = (ast.get_source_segment(code, node) for node in tree.body)
    return [names for part in parts if part and (names := names_of(part))]


def _without_magics(source: str) -> str | None:
    """Return the Python of a cell; None where a magic may do anything."""
    text = source.lstrip()
    if text.startswith("%%"):
        first, _, body = text.partition("\n")
        name = first[2:].split(maxsplit=1)[0] if first[2:].split() else ""
        if name in _BEFORE_CODE:
            return _without_magics(body)
        return "" if name in _NO_CODE else None
    lines = []
    for line in source.splitlines():
        if line.lstrip().startswith("#"):
            continue
        magic = _LINE_MAGIC.match(line)
        shell = _SHELL.match(line)
        if magic is not None:
            indent, target, name, rest = magic.groups()
            if name not in _BEFORE_CODE | _NO_CODE:
                return None
            code = _without_options(rest) if name in _BEFORE_CODE - {"mlops"} else "None"
            lines.append(f"{indent}{target or ''} {code}" if target else f"{indent}{code}")
        elif shell is not None:
            indent, target = shell.groups()
            lines.append(f"{indent}{target} None" if target else f"{indent}None")
        else:
            lines.append("" if _HELP.search(line) else line)
    return "\n".join(lines)


def _without_options(rest: str) -> str:
    return re.sub(r"^(?:-\w+(?:[ \t]+\d+)?[ \t]+)*", "", rest) or "None"

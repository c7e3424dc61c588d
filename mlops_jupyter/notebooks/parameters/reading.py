"""The parameters of a notebook: the variables that its cell tagged ``parameters`` sets."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mlops_jupyter.errors import BadInput
from mlops_jupyter.notebooks.parameters import annotation, code, literals, names, types

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlops_jupyter.notebooks.parameters.names import Names
    from mlops_jupyter.notebooks.parameters.types import Type
    from mlops_jupyter.notebooks.source import Cell, Source

TAG = "parameters"
INJECTED_TAG = "injected-parameters"


@dataclass(frozen=True)
class Parameter:
    """A variable that the `parameters` cell sets.

    Attributes
    ----------
    name : str
        The variable.
    type : Type
        What it takes: as annotated, or as its default is.
    default : object
        The value; the expression's text where it is more than a value.
    source : str
        The default as the notebook writes it; empty where there is none.
    known : bool
        Whether `default` is the value.
    description : str
        What the notebook says of it.
    undone : int
        The number of a later tagged cell that sets it again; 0 where there is none.
    """

    name: str
    type: Type
    default: object = None
    source: str = ""
    known: bool = True
    description: str = ""
    undone: int = 0

    @property
    def required(self) -> bool:
        """Whether it has to be given: ``name: type`` alone has no default."""
        return not self.source


def read(source: Source) -> dict[str, Parameter] | None:
    """Return the parameters of a notebook.

    Where Papermill has injected values into it before, these are the defaults.

    Returns
    -------
    dict or None
        By name, in order; None where there is no cell to say so, or not in Python.

    Raises
    ------
    BadInput
        The cell is not Python.
    """
    cells = list(tagged(source))
    if not cells or source.language != "python":
        return None
    first, *later = cells
    before = [c.source for c in source.cells() if c.kind == "code" and c.number <= first.number]
    known = names.of_code(text for text in before if "import " in text or "[" in text)
    found = _of_cell(first.source, known)
    for cell in later:
        for name in _names_set(cell.source) & found.keys():
            found[name] = replace(found[name], undone=cell.number)
    return found | _injected(source, found)


def tagged(source: Source, tag: str = TAG) -> Iterator[Cell]:
    """Yield the code cells with a tag."""
    return (cell for cell in source.cells() if cell.kind == "code" and tag in cell.tags)


def notes(source: Source) -> list[str]:
    """Return what is odd about a notebook's tagged cells."""
    if source.language != "python":
        return [f"the notebook is in {source.language}: its parameters are not read, nor checked"]
    cells = list(tagged(source))
    found = [
        f"cell {cell.number} is tagged '{TAG}', and is {cell.kind}: it does not count"
        for cell in source.cells()
        if TAG in cell.tags and cell.kind != "code"
    ]
    found += [
        f"cell {cell.number} is tagged '{TAG}' too: only the first counts, cell {cells[0].number}"
        for cell in cells[1:]
    ]
    for cell in tagged(source, INJECTED_TAG):
        found.append(f"cell {cell.number} has values that were given before: they are the defaults")
    return found


def from_code(source: str) -> dict[str, Parameter]:
    r"""Return the parameters that a cell's code sets.

    Raises
    ------
    BadInput
        It is not Python.

    Examples
    --------
    >>> found = from_code("rate: float = 1  # how fast\nname = 'forest'")
    >>> [(p.name, str(p.type), p.default, p.description) for p in found.values()]
    [('rate', 'float', 1, 'how fast'), ('name', 'str', 'forest', '')]
    """
    return _of_cell(source, names.of_code([source]))


def _of_cell(source: str, known: Names) -> dict[str, Parameter]:
    try:
        python = code.as_python(source)
        tree = code.parse(python)
        comments = code.Comments(python)
    except SyntaxError as error:
        raise BadInput(
            f"the cell tagged '{TAG}' is not Python: {error.msg} (line {error.lineno})",
            "keep to plain assignments in it: name = value",
        ) from None
    found: dict[str, Parameter] = {}
    for statement in tree.body:
        for name, written, value in _assigned(statement, known):
            if value is None and name in found:
                continue  # `n: int` after `n = 1` takes nothing away
            said = comments.about(statement)
            try:
                found[name] = _parameter(name, written, value, said, known)
            except RecursionError:
                raise BadInput(
                    f"'{name}' in the cell tagged '{TAG}' is nested too deeply",
                    "make it in a cell below",
                ) from None
    return found


def _assigned(
    statement: ast.stmt, known: Names
) -> Iterator[tuple[str, ast.expr | None, ast.expr | None]]:
    """Yield the names that a statement sets, with annotation and value."""
    match statement:
        case ast.Assign(targets, value):
            for target in targets:
                if isinstance(target, ast.Name) and target.id not in known.aliases:
                    yield target.id, None, value
        case ast.AnnAssign(ast.Name(name), written, value):
            yield name, written, value


def _parameter(
    name: str,
    written: ast.expr | None,
    value: ast.expr | None,
    comment: code.Comment,
    known: Names,
) -> Parameter:
    try:
        default, is_value = (None if value is None else literals.evaluate(value, known)), True
    except ValueError:
        default, is_value = ast.unparse(value) if value is not None else None, False
    wanted = _type_of(written, comment.type, known)
    if wanted is None:
        wanted = types.of_value(default) if is_value else types.ANY
    elif value is not None and is_value and default is None:
        wanted = wanted.or_none()  # `seed: int = None` is how many write Optional
    return Parameter(
        name,
        wanted,
        default,
        "" if value is None else ast.unparse(value),
        is_value,
        wanted.description or comment.text,
    )


def _type_of(written: ast.expr | None, comment: str, known: Names) -> Type | None:
    """Return the type that the notebook names; `Final` alone names none."""
    if written is not None:
        found = annotation.of_annotation(written, known)
        return None if found.unknown.rpartition(".")[2] == "Final" else found
    if comment:
        try:
            found = annotation.of_annotation(ast.parse(comment, mode="eval").body, known)
        except SyntaxError:
            return None
        return None if found.unknown else found
    return None


def _names_set(source: str) -> set[str]:
    try:
        tree = code.parse(code.as_python(source))
    except SyntaxError:
        return set()
    return {name for statement in tree.body for name, _, _ in _assigned(statement, names.Names())}


def _injected(source: Source, found: dict[str, Parameter]) -> dict[str, Parameter]:
    """Return the parameters that values were injected for, with these as default."""
    cell = next(tagged(source, INJECTED_TAG), None)
    given = {} if cell is None else values(cell.source)
    return {
        name: replace(found[name], default=value.default, source=value.source, known=True)
        for name, value in given.items()
        if name in found
    }


def values(source: str) -> dict[str, Parameter]:
    """Return what an injected cell sets to plain values; nothing where it is not Python."""
    try:
        return {name: found for name, found in from_code(source).items() if found.known}
    except BadInput:
        return {}

"""What the names in a notebook stand for: its imports, and types that it gives a name."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlops_jupyter.notebooks.parameters import code

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# What makes a type out of others; `x = table["column"]` makes none.
_FORMS = ("Literal", "Optional", "Union", "Annotated", "List", "Dict", "list", "dict", "tuple")


@dataclass(frozen=True)
class Names:
    """Names as a notebook's code has them; nothing of it is executed.

    Attributes
    ----------
    imported : dict
        Name -> the dotted name that it was imported as.
    aliases : dict
        Name -> the type that it was set to: ``Kind = Literal["a", "b"]``.
    """

    imported: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, ast.expr] = field(default_factory=dict)

    def full(self, node: ast.expr | None) -> tuple[str, bool]:
        """Return a name's dotted form, and whether an import says what it is.

        Examples
        --------
        >>> names = of_code(["import datetime as dt"])
        >>> names.full(ast.parse("dt.date", mode="eval").body)
        ('datetime.date', True)
        """
        if isinstance(node, ast.Attribute):
            front, known = self.full(node.value)
            return (f"{front}.{node.attr}" if front else "", known)
        if isinstance(node, ast.Name):
            return self.imported.get(node.id, node.id), node.id in self.imported
        return "", False


def of_code(cells: Iterable[str]) -> Names:
    """Return the names that code cells define, the last definition of each.

    Code that is no Python says nothing.
    """
    imported: dict[str, str] = {}
    aliases: dict[str, ast.expr] = {}
    for cell in cells:
        try:
            tree = code.parse(cell)
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for name in node.names:
                    root = name.name.partition(".")[0]
                    imported[name.asname or root] = name.name if name.asname else root
            elif isinstance(node, ast.ImportFrom):
                imported |= {n.asname or n.name: f"{node.module}.{n.name}" for n in node.names}
        for statement in tree.body:
            match statement:
                case ast.Assign([ast.Name(target)], ast.Subscript(form)):
                    if Names(imported).full(form)[0].rpartition(".")[2] in _FORMS:
                        aliases[target] = statement.value
    return Names(imported, aliases)

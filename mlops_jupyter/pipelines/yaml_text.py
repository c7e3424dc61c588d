"""One entry put into a YAML file, and not a letter of the rest changed.

A YAML library that loads and writes a file keeps comments at best: indents, quotes and long lines
come out as it likes them. Here only the place is looked up with one (DVC's own); what is new is
put there as text, and the result is read back and compared.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlops_jupyter.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence


def load(text: str, file: str) -> dict[str, Any]:
    """Return what a YAML file holds; an empty one holds nothing.

    Raises
    ------
    BadInput
        It is not YAML, or not names with values.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        content = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, RecursionError) as error:
        raise BadInput(f"{file} is not YAML: {_where(error)}", "mend that line") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise BadInput(f"{file} holds no names with values", "see dvc.org/doc for its form")
    return content


def put(text: str, path: Sequence[str], value: object, file: str) -> str:
    r"""Set one entry of a file.

    Parameters
    ----------
    text : str
        What the file holds.
    path : sequence of str
        The names that lead to the entry, the outermost first.
    value : object
        What it is set to.
    file : str
        The file's name, for errors.

    Raises
    ------
    BadInput
        The file is not YAML, or of a form that cannot be added to.

    Examples
    --------
    >>> put("train:\n    depth: 3  # enough\n", ("train", "trees"), 50, "params.yaml")
    'train:\n    depth: 3  # enough\n    trees: 50\n'
    >>> put("train: {depth: 3}\n", ("train", "depth"), 4, "params.yaml")
    'train: {depth: 4}\n'
    """
    before = load(text, file)
    after = _spliced(text, path, value, file)
    if load(after, file) != _with(before, path, value):
        raise BadInput(
            f"{file} has a form that {'.'.join(path)} cannot be added to", "add it by hand"
        )
    return after


def _spliced(text: str, path: Sequence[str], value: object, file: str) -> str:
    from ruamel.yaml import YAML
    from ruamel.yaml.nodes import MappingNode, ScalarNode

    node = YAML(typ="safe", pure=True).compose(text)
    depth, last = 0, node
    while isinstance(node, MappingNode):
        last = node
        found = next((v for k, v in node.value if k.value == path[depth]), None)
        if found is None:
            return _added(text, node, path[depth:], value)
        node, depth = found, depth + 1
        if depth == len(path):
            start, end = _span(text, node)
            return text[:start] + _inline(value) + text[end:]
    if last is None:
        return text + ("\n" if text and not text.endswith("\n") else "") + _block(path, value, 0)
    if isinstance(node, ScalarNode) and str(node.tag).endswith(":null"):  # `stages:` and no more
        at = _line_end(text, node.start_mark.index)
        inner = _block(path[depth:], value, last.start_mark.column + 2)
        return _insert(text, at, inner)
    raise BadInput(f"{file}: {'.'.join(path[:depth])} holds no names with values", "mend it")


def _added(text: str, node: Any, path: Sequence[str], value: object) -> str:
    """Put an entry at the end of a mapping."""
    if node.flow_style:
        at = node.end_mark.index - 1
        entry = _inline(value)
        for name in reversed(path[1:]):
            entry = f"{{{json.dumps(name)}: {entry}}}"
        comma = ", " if node.value else ""
        return f"{text[:at].rstrip()}{comma}{_key(path[0])}: {entry}{text[at:]}"
    return _insert(text, _end_of(text, node), _block(path, value, node.start_mark.column))


def _span(text: str, node: Any) -> tuple[int, int]:
    """Return where a value stands, without the lines and comments that follow it."""
    from ruamel.yaml.nodes import ScalarNode

    start, end = node.start_mark.index, node.end_mark.index
    if not isinstance(node, ScalarNode) and not node.flow_style:
        end = _end_of(text, node)
    return start, start + len(text[start:end].rstrip())


def _end_of(text: str, node: Any) -> int:
    """Return where the last line of a block mapping ends, before comments that follow it."""
    from ruamel.yaml.nodes import MappingNode, SequenceNode

    while isinstance(node, (MappingNode, SequenceNode)):
        if node.flow_style or not node.value:
            return _line_end(text, node.end_mark.index)
        last = node.value[-1]
        if isinstance(node, MappingNode):
            key, node = last
            if node.start_mark.index < key.start_mark.index:  # an alias: it stands elsewhere
                return _line_end(text, key.end_mark.index)
        else:
            node = last
    # A literal block ends where the next line begins.
    return _line_end(text, max(node.end_mark.index - 1, node.start_mark.index))


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def _insert(text: str, at: int, entry: str) -> str:
    before = text[:at]
    if before and not before.endswith("\n"):
        before += "\n"
    if "\r\n" in text:
        entry = entry.replace("\n", "\r\n")
    return before + entry + text[at:]


def _block(path: Sequence[str], value: object, indent: int) -> str:
    """Return an entry as indented lines, in DVC's own manner."""
    from dvc.utils.serialize import dumps_yaml

    content: Any = value
    for name in reversed(path):
        content = {name: content}
    dumped: str = dumps_yaml(content)
    return "".join(f"{' ' * indent}{line}\n" for line in dumped.splitlines())


def _inline(value: object) -> str:
    """Return a value that stands on one line: JSON is YAML."""
    if isinstance(value, str):
        from dvc.utils.serialize import dumps_yaml

        dumped = str(dumps_yaml({"x": value})).removeprefix("x: ").rstrip("\n")
        return dumped if "\n" not in dumped else json.dumps(value)
    return json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    return name if name.isidentifier() else json.dumps(name)


def _with(content: dict[str, Any], path: Sequence[str], value: object) -> dict[str, Any]:
    name, *rest = path
    if not rest:
        return {**content, name: value}
    return {**content, name: _with(content.get(name) or {}, rest, value)}


def _where(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
    return f"{problem} (line {mark.line + 1})" if mark is not None else problem

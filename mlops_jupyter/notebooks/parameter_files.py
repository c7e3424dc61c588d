"""Values of parameters from files: YAML as DVC reads its own, or JSON."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_jupyter.errors import BadInput, NotFound

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

_MAX_BYTES = 1_000_000
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
# A few lines of anchors and aliases can stand for more values than fit into memory.
_MAX_VALUES = 100_000


@dataclass(frozen=True)
class ParameterFile:
    """The values of one file.

    Attributes
    ----------
    shown : str
        The file, as the user named it.
    values : dict
        By name.
    lines : dict
        The line of each name, from 1; empty where it is not known.
    """

    shown: str
    values: dict[str, Any]
    lines: dict[str, int] = field(default_factory=dict)

    def place(self, name: str) -> str:
        """Return where a name stands."""
        line = self.lines.get(name)
        return f"{self.shown}, line {line}" if line else self.shown


def read(path: str | os.PathLike[str]) -> ParameterFile:
    """Read a file of parameters, or one part of it: ``params.yaml:train``.

    YAML is that of DVC's own files (1.2, safe): ``1e-3`` is a number, ``no`` is a text, a date is
    a date. A name that is there twice is refused.

    Raises
    ------
    NotFound
        No such file.
    BadInput
        It is not YAML or JSON, not a mapping of names, or too large. Says the line.
    """
    shown, section = _apart(str(path))
    text = _text_of(Path(shown), shown)
    found, lines = _from_json(text, shown) if shown.endswith(".json") else _from_yaml(text, shown)
    if section:
        found, lines = _part(found, section, shown), {}
        shown = f"{shown}, {section}"
    if found is None and not lines:
        found = {}  # an empty file, or comments alone
    if not isinstance(found, dict):
        raise BadInput(
            f"{shown} holds a {type(found).__name__}, not names with values",
            "write one line for each parameter, `name: value`",
        )
    for name in found:
        if not isinstance(name, str) or not name.isidentifier():
            place = ParameterFile(shown, {}, lines).place(name)
            raise BadInput(f"{place}: {name!r} is no name of a variable", "rename it")
    if _more_than(_MAX_VALUES, found.values()):
        raise BadInput(
            f"{shown} holds more than {_MAX_VALUES:,} values",
            "pass the path of a data file as parameter, and read it in the notebook",
        )
    return ParameterFile(shown, found, lines)


def _apart(path: str) -> tuple[str, str]:
    """Return a file, and which part of it is meant: as DVC writes it, ``params.yaml:train``."""
    file, colon, section = path.rpartition(":")
    whole = not colon or not _PART.fullmatch(section) or Path(path).exists()
    return (path, "") if whole else (file, section)


def _part(found: Any, section: str, shown: str) -> Any:
    if isinstance(found, dict) and section in found:
        return found[section] or {}
    raise NotFound(f"{shown} has no part '{section}'", f"add it: `{section}:`, names below it")


def _text_of(path: Path, shown: str) -> str:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise BadInput(
                f"{shown} is larger than {_MAX_BYTES // 1_000_000} MB",
                "pass the path of a data file as parameter, and read it in the notebook",
            )
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise NotFound(
            f"no parameter file {shown}", "paths count from the current folder"
        ) from None
    except UnicodeDecodeError:
        raise BadInput(f"{shown} is not text in UTF-8", "save it as UTF-8") from None
    except OSError as error:
        raise BadInput(f"{shown} cannot be read: {error.strerror}") from None


def _from_json(text: str, shown: str) -> tuple[Any, dict[str, int]]:
    def apart(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        if twice := {name for name in names if names.count(name) > 1}:
            raise BadInput(f"{shown} has '{min(twice)}' twice", "keep one of them")
        return dict(pairs)

    try:
        return (json.loads(text, object_pairs_hook=apart) if text.strip() else None), {}
    except json.JSONDecodeError as error:
        raise BadInput(
            f"{shown}, line {error.lineno}: not JSON: {error.msg}", "mend that line"
        ) from None
    except RecursionError:
        raise BadInput(f"{shown} is nested too deeply") from None


def _from_yaml(text: str, shown: str) -> tuple[Any, dict[str, int]]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        found = YAML(typ="safe", pure=True).load(text)
        top = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        told = str(error.problem or error.context).splitlines()[0]
        raise BadInput(f"{shown}{line}: not YAML: {told}", "mend that line") from None
    except (YAMLError, ValueError) as error:
        told = next(iter(str(error).splitlines()), type(error).__name__)
        raise BadInput(f"{shown}: not YAML: {told}", "mend it") from None
    except RecursionError:
        raise BadInput(f"{shown} is nested too deeply") from None
    pairs = top.value if top is not None and isinstance(found, dict) else []
    return found, {key.value: key.start_mark.line + 1 for key, _ in pairs}


def _more_than(limit: int, values: Iterable[Any]) -> bool:
    """Whether there are more values than so many, those of aliases counted each time."""
    left, waiting = limit, [iter(values)]
    while waiting:
        for value in waiting[-1]:
            left -= 1
            if left < 0:
                return True
            if isinstance(value, (dict, list, tuple, set)):
                waiting.append(iter(value.values() if isinstance(value, dict) else value))
                break
        else:
            waiting.pop()
    return False

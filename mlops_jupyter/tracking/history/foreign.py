"""Values that others may have written into a store: of any type, of any size, or not there.

Each function returns what it was asked for, or what stands for "not there"; none raises.
"""

from __future__ import annotations

from typing import Any

_LONGEST = 10_000
_LARGEST = 2**63


def text(value: Any) -> str | None:
    r"""Return a word or a number as text that can be stored and sent.

    Examples
    --------
    >>> text("main"), text(3), text(["main"]), text(None)
    ('main', '3', None, None)
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        shown = str(value)[:_LONGEST]
    except ValueError:  # a number of more digits than Python writes
        return None
    # JSON can hold halves of characters, which no encoding can.
    return shown.encode("utf-8", "replace").decode() or None


def texts(value: Any, limit: int = 200) -> list[str]:
    """Return a list's words; of an object what it says of its name, path or module.

    Examples
    --------
    >>> texts(["a.py", {"path": "b.py", "kind": "new"}, [1], None])
    ['a.py', 'b.py']
    """
    if not isinstance(value, list):
        return []
    found = [text(_name(entry) if isinstance(entry, dict) else entry) for entry in value[:limit]]
    return [entry for entry in found if entry]


def pairs(value: Any, limit: int = 2000) -> dict[str, str]:
    """Return an object's words and numbers by their names.

    Examples
    --------
    >>> pairs({"python": "3.11", "seeds": [1], "threads": 2})
    {'python': '3.11', 'threads': '2'}
    """
    if not isinstance(value, dict):
        return {}
    found = {text(key): text(entry) for key, entry in list(value.items())[:limit]}
    return {key: entry for key, entry in found.items() if key and entry}


def part(value: Any, *keys: str) -> Any:
    """Return what stands in nested objects under keys; None where something else stands there.

    Examples
    --------
    >>> part({"tags": {"name": "x"}}, "tags", "name"), part({"tags": []}, "tags", "name")
    ('x', None)
    """
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def whole(value: Any) -> int | None:
    """Return a count.

    Examples
    --------
    >>> whole(12), whole("12"), whole(12.0), whole(True), whole(-1), whole({})
    (12, 12, 12, None, None, None)
    """
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value < _LARGEST else None


def _name(entry: dict[Any, Any]) -> Any:
    for key in ("path", "name", "module"):
        if key in entry:
            return entry[key]
    return None

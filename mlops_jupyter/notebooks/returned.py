"""Values that a notebook returns, in scrapbook's format: readable by it, and it by us."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from mlops_jupyter.errors import BadInput

_PREFIX = "application/scrapbook.scrap."
MIME = f"{_PREFIX}json+json"
# Texts are kept by an encoder of their own; papermill's `record` came before scrapbook.
_READABLE = (MIME, f"{_PREFIX}text+json")
_RECORD = "application/papermill.record+json"
_MAX_BYTES = 1_000_000


def glue(name: str, value: object) -> None:
    """Return a value from a notebook: under this name it belongs to the run's result.

    It is kept in the notebook, as an output without looks, in scrapbook's format. Outside of a
    notebook it is checked, and otherwise nothing happens.

    Parameters
    ----------
    name : str
        The name; of several values under one name the last counts.
    value : object
        What JSON has words for: texts, numbers, None, lists and dicts of them; NumPy's numbers too.

    Raises
    ------
    BadInput
        The value is none of that, or larger than 1 MB.

    Examples
    --------
    >>> import mlops_jupyter as mlops
    >>> mlops.glue("auc", 0.71)
    """
    if not isinstance(name, str) or not name.strip():
        raise BadInput(f"a returned value needs a name, not {name!r}", "glue('auc', auc)")
    data = {"name": name, "data": _as_json(name, value), "encoder": "json", "version": 1}
    from IPython.core.interactiveshell import InteractiveShell

    if not InteractiveShell.initialized():  # a plain script: nobody to show it to
        return
    from IPython.display import display

    about = {"scrapbook": {"name": name, "data": True, "display": False}}
    display({MIME: data}, metadata=about, raw=True)


def _as_json(name: str, value: object) -> Any:
    """Return a value as it will come back."""
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        value = value.item()
    try:
        text = json.dumps(value, allow_nan=False, default=_number)
    except (TypeError, ValueError, RecursionError) as error:
        raise BadInput(
            f"'{name}' cannot be returned: {error}",
            "return numbers, texts, lists and dicts; log others: mlops.log(…)",
        ) from None
    if len(text) > _MAX_BYTES:
        raise BadInput(
            f"'{name}' is {len(text):,} bytes as JSON, more than {_MAX_BYTES:,}",
            "write a file and return its path",
        )
    return json.loads(text)


def _number(value: object) -> Any:
    """Return NumPy's numbers inside lists and dicts as Python's."""
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        return value.item()
    raise TypeError(f"JSON has no word for a {type(value).__name__}")


def read(notebook: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an executed notebook returned, by name; of several the last.

    Parameters
    ----------
    notebook : mapping
        Its JSON, or nbformat's object; it may be damaged.

    Examples
    --------
    >>> scrap = {"name": "auc", "data": 0.71, "encoder": "json", "version": 1}
    >>> output = {"output_type": "display_data", "data": {MIME: scrap}}
    >>> read({"cells": [{"cell_type": "code", "outputs": [output]}]})
    {'auc': 0.71}
    """
    found: dict[str, Any] = {}
    for data in _bundles(notebook):
        for mime in _READABLE:
            scrap = data.get(mime)
            if isinstance(scrap, Mapping) and isinstance(scrap.get("name"), str):
                found[scrap["name"]] = _plain(scrap.get("data"))
        recorded = data.get(_RECORD)
        if isinstance(recorded, Mapping):
            found |= {str(name): _plain(value) for name, value in recorded.items()}
    return found


def _bundles(notebook: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    for cell in notebook.get("cells") or ():
        for output in cell.get("outputs") or ():
            data = output.get("data")
            if isinstance(data, Mapping):
                yield data


def _plain(value: Any) -> Any:
    """Return a value without nbformat's own classes."""
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    return [_plain(entry) for entry in value] if isinstance(value, list) else value


def as_metrics(returned: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers among returned values, where their names can be a metric's.

    Examples
    --------
    >>> as_metrics({"auc": 0.71, "n": 3, "ok": True, "name": "forest", "a?b": 1.0})
    {'auc': 0.71, 'n': 3.0}
    """
    return {
        name: float(value)
        for name, value in returned.items()
        if isinstance(value, (int, float))
        and not isinstance(value, bool)
        and abs(value) < 1e300
        and _is_metric_name(name)
    }


def _is_metric_name(name: str) -> bool:
    signs_are_fine = all(sign.isalnum() or sign in "_-. /" for sign in name) and name.isascii()
    parts = name.split("/")
    return signs_are_fine and len(name) <= 250 and not {"", ".", ".."} & set(parts)

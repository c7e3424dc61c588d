"""Reading a side, whatever it is given as."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter import references
from mlops_jupyter.drift.sides import database, files, live, runs
from mlops_jupyter.drift.sides.sources import Source
from mlops_jupyter.drift.sides.tabular import source_of

if TYPE_CHECKING:
    from mlops_jupyter.workspace import Workspace


def read(workspace: Workspace, source: object, side: str) -> Source:
    """Read one side, as far as its columns are known.

    Parameters
    ----------
    workspace : Workspace
        Where versions and runs are looked up; paths inside it are labelled from its root.
    source : str, path, or live table
        A file, folder or pattern (``logs/*.jsonl``); ``data:NAME@vN``; ``run:ID`` or
        ``model:NAME@VERSION`` for the data that trained it; SQL that begins with ``SELECT`` or
        ``WITH``; a frame of pandas, polars, Arrow or Spark, or a table of Ibis.
    side : str
        ``"reference"`` or ``"current"``.

    Raises
    ------
    NotFound
        No such file, version, run or model, or nothing that it was trained on is kept.
    BadInput
        It cannot be read as a table.
    UsageError
        Several things may be meant.

    Examples
    --------
    >>> read(ws, "data/june.csv", "reference").rows
    200
    >>> read(ws, "SELECT temp FROM 'data/june.csv' WHERE temp > 80", "current").names
    ['temp']
    """
    if isinstance(source, str):
        return _named(workspace, source, side)
    if isinstance(source, os.PathLike):
        return source_of(workspace, files.at(workspace, Path(source), side), side)
    return live.of_object(source, side)


def _named(workspace: Workspace, source: str, side: str) -> Source:
    if database.is_sql(source):
        table = database.of_query(workspace, source, side)
        return Source(side, database.shortened(source), table)
    reference = references.parse(source)
    if reference.kind == "path":
        path = Path(reference.name).expanduser()
        return source_of(workspace, files.at(workspace, path, side), side)
    if reference.kind == "data":
        return source_of(workspace, files.of_version(workspace, reference, side), side)
    trained = runs.trained_on(workspace, reference)
    of_data = _named(workspace, trained.data, side)
    return replace(
        of_data, label=f"{of_data.label} of {trained.label}", reference=trained.reference
    )

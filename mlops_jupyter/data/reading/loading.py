"""A version as a frame, straight from the cache."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args, overload

from mlops_jupyter.data.catalog import contents, history, listening
from mlops_jupyter.data.reading import partitions
from mlops_jupyter.data.reading.tables import format_of
from mlops_jupyter.errors import BadInput, NotFound, UsageError
from mlops_jupyter.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from mlops_jupyter.data.catalog.contents import KeptFile
    from mlops_jupyter.data.reading.readers import Reader
    from mlops_jupyter.references import Reference

Engine = Literal["pandas", "polars", "arrow"]


@overload
def load(
    reference: str | Reference,
    *,
    engine: Literal["pandas"] = "pandas",
    columns: Sequence[str] | None = None,
    workspace: Workspace | None = None,
) -> pd.DataFrame: ...


@overload
def load(
    reference: str | Reference,
    *,
    engine: Literal["polars"],
    columns: Sequence[str] | None = None,
    workspace: Workspace | None = None,
) -> pl.DataFrame: ...


@overload
def load(
    reference: str | Reference,
    *,
    engine: Literal["arrow"],
    columns: Sequence[str] | None = None,
    workspace: Workspace | None = None,
) -> pa.Table: ...


def load(
    reference: str | Reference,
    *,
    engine: Engine = "pandas",
    columns: Sequence[str] | None = None,
    workspace: Workspace | None = None,
) -> Any:
    """Return a data version as a frame, whatever the workspace's file holds by now.

    Read by the library's own function for the format (Parquet, CSV, TSV, JSON lines, JSON,
    Feather; the text ones also with ``.gz`` or ``.zst``). A folder is one frame, of all its files:
    they are of one format then. In a tracked notebook the version is an input of the runs that
    build on it.

    Parameters
    ----------
    reference : str or Reference
        The version, such as ``"data:flights@v2"``.
    engine : {"pandas", "polars", "arrow"}
        The library whose frame it is.
    columns : sequence of str, optional
        Only these columns, in this order.
    workspace : Workspace, optional
        The workspace; by default that of the current folder.

    Raises
    ------
    NotFound
        There is no such version or column, or its content is not on this machine.
    BadInput
        It is no table that can be read here; ``mlops.data.path_of`` gives the bytes.

    Examples
    --------
    >>> import mlops_jupyter as mlops
    >>> mlops.load("data:flights@v1", columns=["carrier", "distance"]).shape
    (200, 2)
    >>> mlops.load("flights", engine="arrow").num_rows
    200
    """
    if engine not in get_args(Engine):
        raise UsageError(f"there is no engine {engine!r}", f"one of {', '.join(get_args(Engine))}")
    wanted = [columns] if isinstance(columns, str) else None if columns is None else list(columns)
    workspace = workspace or Workspace.find()
    version = history.resolve(workspace, reference)
    files = contents.files_of(workspace, version)
    reader = _reader(engine, files, version.ref, folder=version.is_folder)
    parts = [_read(reader, file, wanted, version.ref) for file in files]
    frame = reader.joined(parts)
    if wanted is not None:
        _refuse_unknown(wanted, reader.columns(frame), reader, files[0], version.ref)
        frame = reader.chosen(frame, wanted)
    listening.loaded.tell(version, frame)
    return frame


def _reader(engine: Engine, files: list[KeptFile], ref: str, *, folder: bool) -> Reader:
    from mlops_jupyter.data.reading import readers

    known = format_of([file.name for file in files])
    if known is None or (known[1] and known[0] not in readers.TEXT):
        way = f'mlops.data.path_of(workspace, "{ref}") gives its path, for any reader'
        if folder:
            way = f"for any reader: `mlops data checkout {ref} --to FOLDER`"
        raise BadInput(f"{ref} is no table that can be read here: {_named(files)}", way)
    suffix, compression = known
    return readers.for_engine(engine)(suffix, compression)


def _read(reader: Reader, file: KeptFile, columns: list[str] | None, ref: str) -> Any:
    more = partitions.values_of(file.name)
    own = [name for name in columns or () if name not in more] or None
    try:
        part = reader.read(file.path, own)
        for name, value in more.items():
            if name not in reader.columns(part):
                part = reader.with_value(part, name, value)
    except reader.errors() as error:
        said = (str(error).splitlines() or [type(error).__name__])[0]
        if own is not None and (known := reader.columns_in(file.path)):
            _refuse_unknown(own, known, reader, file, ref)
        raise BadInput(
            f"{file.name} of {ref} cannot be read: {said}",
            f'is it what its name says? mlops.data.path_of(workspace, "{ref}") gives its path',
        ) from None
    return part


def _refuse_unknown(
    columns: list[str], read: list[str], reader: Reader, file: KeptFile, ref: str
) -> None:
    """Refuse columns that were asked for and not read; the hint knows those that are there."""
    unknown = next((name for name in columns if name not in read), None)
    if unknown is None:
        return
    known = [*reader.columns_in(file.path), *partitions.values_of(file.name)]
    close = difflib.get_close_matches(unknown, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(known[:20])}"
    raise NotFound(f"{ref} has no column {unknown!r}", hint)


def _named(files: list[KeptFile]) -> str:
    names = [file.name for file in files[:3]]
    return ", ".join(names) + (" …" if len(files) > len(names) else "")

"""The files of a side as its columns; what does not fit the others is said."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from mlops_jupyter.data.reading.readers import TEXT
from mlops_jupyter.drift.memory.plain import family
from mlops_jupyter.drift.memory.tables import FrameColumns
from mlops_jupyter.drift.pairs import text
from mlops_jupyter.drift.report import Finding
from mlops_jupyter.drift.sides import arrow, arrow_parts, database
from mlops_jupyter.drift.sides.converting import as_parquet, is_large
from mlops_jupyter.drift.sides.files import format_from, left_out, listed
from mlops_jupyter.drift.sides.parts import ArrowColumns, FrameParts
from mlops_jupyter.drift.sides.sources import Source
from mlops_jupyter.drift.sides.texts import read_text
from mlops_jupyter.drift.sides.zones import zones_differ
from mlops_jupyter.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import ibis
    import pandas as pd

    from mlops_jupyter.data.catalog.contents import KeptFile
    from mlops_jupyter.data.reading.scratch import Scratch
    from mlops_jupyter.drift.memory.tables import Columns
    from mlops_jupyter.drift.sides.files import Found
    from mlops_jupyter.workspace import Workspace

_NAMED = 3

T = TypeVar("T")


def source_of(workspace: Workspace, found: Found, side: str) -> Source:
    """Return files as a side.

    Parameters
    ----------
    workspace : Workspace
        Large text is written as Parquet there first.
    found : Found
        The files.
    side : str
        ``"reference"`` or ``"current"``.

    Raises
    ------
    BadInput
        None of them can be read.
    """
    suffix = _suffix(found.files[0])
    notes = list(found.notes)
    files = _with_content(found, suffix, side, notes)
    columns: Columns
    scratch = None
    if suffix in TEXT and is_large(files):
        files, told, scratch = as_parquet(workspace, files, found.label, side)
        notes += told
        suffix = ".parquet"
    if suffix in TEXT:
        columns = _of_texts(files, found, side, notes)
    else:
        columns = replace(_of_arrow(files, suffix, found, side, notes), held=scratch)
    stored = None
    if isinstance(columns, ArrowColumns):
        read = {part.name for part in columns.parts}
        # Named by what they are now: a CSV may be Parquet.
        kept = [
            replace(file, name=file.name if _suffix(file) == suffix else f"{file.name}{suffix}")
            for file in files
            if file.name in read
        ]
        stored = partial(_stored, workspace, kept, scratch)
    return Source(side, found.label, columns, found.reference, tuple(notes), stored)


def _stored(workspace: Workspace, files: Sequence[KeptFile], scratch: Scratch | None) -> ibis.Table:
    table = database.of_files(workspace, files)
    if scratch is not None:
        scratch.last_as_long_as(table.get_backend())
    return table


def _suffix(file: KeptFile) -> str:
    known = format_from(file.name)
    return known[0] if known else ""


def _with_content(found: Found, suffix: str, side: str, notes: list[Finding]) -> list[KeptFile]:
    """Leave out files of 0 bytes. A text may be that where nothing was written yet."""
    try:
        files = [file for file in found.files if file.path.stat().st_size]
    except OSError:
        files = list(found.files)  # reading says which
    if not files and suffix in TEXT:
        return list(found.files)
    if not files:
        label = f"the {side}, {found.label}, is empty (0 bytes)"
        raise BadInput(label, "look at how it was made")
    if len(files) < len(found.files):
        empty = [file.name for file in found.files if file not in files]
        notes.append(left_out(f"{found.label}: {listed(empty)} left out: 0 bytes"))
    return files


def _of_arrow(
    files: Sequence[KeptFile], suffix: str, found: Found, side: str, notes: list[Finding]
) -> ArrowColumns:
    read = _readable(files, lambda file: arrow_parts.of_file(file, suffix), found, side, notes)
    parts = _fitting(
        [(file.name, part, [text(n) for n in part.schema.names]) for file, part in read],
        found.label,
        notes,
    )
    columns = ArrowColumns(parts)
    if len(parts) > 1:
        notes += _about_types(columns, found.label)
    return columns


def _of_texts(files: Sequence[KeptFile], found: Found, side: str, notes: list[Finding]) -> Columns:
    def frame_of(file: KeptFile) -> pd.DataFrame:
        frame, told = read_text(file.path, *(format_from(file.name) or ("", "")))
        if told:
            whose = found.label if len(files) == 1 else file.name
            notes.append(left_out(f"{whose}: {told}"))
        return frame

    read = _readable(files, frame_of, found, side, notes)
    listed_ = [(file.name, frame, [text(n) for n in frame.columns]) for file, frame in read]
    frames = _fitting(listed_, found.label, notes)
    if len(frames) == 1:
        return FrameColumns(frames[0])
    names = {id(frame): name for name, frame, _ in listed_}
    notes += _about_families([(names[id(frame)], frame) for frame in frames], found.label)
    return FrameParts(frames)


def _readable(
    files: Sequence[KeptFile],
    read: Callable[[KeptFile], T],
    found: Found,
    side: str,
    notes: list[Finding],
) -> list[tuple[KeptFile, T]]:
    """Read each; of several the ones that cannot be are left out, and that is said."""
    done, failed = [], []
    for file in files:
        try:
            done.append((file, read(file)))
        except PermissionError:
            failed.append((file, "it may not be read"))
        # What pandas and Arrow raise on other bytes.
        except (ValueError, OSError, EOFError) as error:
            failed.append((file, (str(error).strip().splitlines() or [type(error).__name__])[0]))
    if not done:
        file, why = failed[0]
        which = f"{file.name} of {found.label}" if len(files) > 1 else found.label
        if why == "it may not be read":
            raise BadInput(f"the {side}, {which}, may not be read", "change its permissions")
        ending = "".join(format_from(file.name) or ())
        ending = ending.replace("gzip", ".gz").replace("zstd", ".zst")
        raise BadInput(
            f"the {side}, {which}, does not read as {ending}: {why}",
            "look at the file, or read it yourself and give the frame: $name",
        )
    notes.extend(
        left_out(f"{found.label}: {file.name} left out: {why}") for file, why in failed[:_NAMED]
    )
    if rest := [file.name for file, _ in failed[_NAMED:]]:
        notes.append(left_out(f"{found.label}: {listed(rest)} left out: they cannot be read"))
    return done


def _fitting(read: Sequence[tuple[str, T, list[str]]], label: str, notes: list[Finding]) -> list[T]:
    """Keep what shares a column with the rest, and say where columns come and go."""
    if len(read) == 1:
        return [read[0][1]]
    usual = Counter(frozenset(names) for _, _, names in read)
    most = max(usual, key=lambda names: (usual[names], len(names)))
    strangers = [name for name, _, names in read if most and not most & set(names)]
    if strangers:
        message = f"{label}: {listed(strangers)} left out: no column of the other files"
        notes.append(left_out(message))
    told = [
        f"{name} {_difference(most, set(names))}"
        for name, _, names in read
        if set(names) != most and name not in strangers
    ]
    if told:
        more = f"; {len(told) - _NAMED:,} more differ" if len(told) > _NAMED else ""
        message = f"{label}: {'; '.join(told[:_NAMED])}{more}"
        notes.append(Finding(kind="files_differ", message=message))
    return [item for name, item, _ in read if name not in strangers]


def _difference(usual: frozenset[str], names: set[str]) -> str:
    lacks, own = sorted(usual - names), sorted(names - usual)
    parts = [f"has no {listed(lacks)}"] if lacks else []
    parts += [f"has {listed(own)}, which others have not"] if own else []
    return " and ".join(parts)


def _about_types(columns: ArrowColumns, label: str) -> Iterator[Finding]:
    import pyarrow as pa

    for place, name in enumerate(columns.names):
        by_type: dict[str, list[str]] = defaultdict(list)
        known = [(file, type_) for file, type_ in columns.types(place) if type_ != pa.null()]
        types = [type_ for _, type_ in known]
        if all(pa.types.is_timestamp(type_) for type_ in types):
            zones = {type_.tz for type_ in types}
            if len(zones) > 1:
                yield zones_differ(name, label, zones)
            continue
        if arrow.common_type(types) is None:
            for file, type_ in known:
                by_type[str(type_)].append(file)
            yield _types_differ(name, label, by_type)


def _about_families(frames: Iterable[tuple[str, pd.DataFrame]], label: str) -> Iterator[Finding]:
    by_column: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for file, frame in frames:
        for place, name in enumerate(frame.columns):
            series = frame.iloc[:, place]
            if series.notna().any():
                by_column[text(name)][family(series)].append(file)
    for name, families in by_column.items():
        if len(families) > 1:
            yield _types_differ(name, label, families)


def _types_differ(name: str, label: str, by_type: dict[str, list[str]]) -> Finding:
    told = ", ".join(f"{type_} in {listed(files)}" for type_, files in by_type.items())
    return Finding(kind="files_differ", column=name, message=f"{label}: {name} is {told}")

"""The data of a run: what was read and what was given to ``fit``, as MLflow's dataset inputs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlops_jupyter.data.catalog.automatic import Sighting
from mlops_jupyter.errors import MlopsError
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.capture import context, datasets, frames, headers, keeping
from mlops_jupyter.tracking.capture.contents import NotHashed
from mlops_jupyter.tracking.capture.groups import Group, grouped
from mlops_jupyter.tracking.capture.libraries import is_temporary
from mlops_jupyter.tracking.capture.sources import Signature
from mlops_jupyter.tracking.capture.wrapping import unobserved
from mlops_jupyter.tracking.run_parts import DataColumn, DataInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlflow import MlflowClient
    from mlflow.entities import DatasetInput

    from mlops_jupyter.tracking.capture.frames import Described
    from mlops_jupyter.tracking.capture.reads import Reads
    from mlops_jupyter.tracking.capture.sightings import Read
    from mlops_jupyter.workspace import Workspace

TRAINING = "training"

# A file in DVC's cache, by its hash: `mlops.data.path_of` gives such.
_IN_CACHE = re.compile(r"/files/md5/[0-9a-f]{2}/[0-9a-f]{30}$")
# Files of a group that are hashed one by one inside a cell.
_GROUP_FILES = 5_000
_GROUP_BYTES = 500_000_000
_NAMED_IN_TAG = 20
_TAG_ROOM = 4500
_TRIES = 5
_NAMED_IN_LINE = 2


def collect(workspace: Workspace, reads: Reads) -> tuple[list[DataInput], list[str]]:
    """Hash what was read, and find the data versions it equals.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    reads : Reads
        What was read so far.

    Returns
    -------
    list of DataInput
        Those that are known by their content, what this cell builds on first.
    list of str
        Those left out, each with the reason.
    """
    found: list[DataInput] = []
    sightings: dict[int, Sighting] = {}
    skipped = list(reads.problems)
    if reads.forgotten:
        skipped.append(f"{reads.forgotten} files that were read before many others")
    with unobserved():
        alone, groups = grouped(reads.items.values(), workspace.root)
        for read in alone:
            entry, reason = _of_read(workspace, reads, read)
            if entry and read.path is not None:
                sightings[len(found)] = Sighting(read.path, entry.digest, entry.size)
            found += [entry] if entry else []
            skipped += [reason] if reason else []
        for group in groups:
            entry, reason = _of_group(workspace, reads, group)
            if entry:
                files = _hashes(workspace, reads, group)
                sightings[len(found)] = Sighting(group.folder, entry.digest, entry.size, files)
            found += [entry] if entry else []
            skipped += [reason] if reason else []
        skipped += _have_kept(workspace, found, sightings)
    return sorted(found, key=lambda entry: entry.context != TRAINING), skipped


def of_fit(given: Mapping[str, Any]) -> tuple[list[DataInput], list[str]]:
    """Digest what a ``fit`` is given, before it can change.

    Parameters
    ----------
    given : mapping
        Name of the argument (``X``, ``y``, ``sample_weight``) -> its value; None is left out.
    """
    found, skipped = [], []
    for name, value in given.items():
        if value is None:
            continue
        what = frames.describe(value)
        if what.digest is None:
            skipped.append(f"digest of {name}: {what.why_not}")
            continue
        found.append(_with(DataInput(
            kind="frame", name=name, source="", digest=what.digest, context=TRAINING,
        ), what))  # fmt: skip
    return found, skipped


def log(client: MlflowClient, run_id: str, found: list[DataInput]) -> None:
    """Record them as MLflow dataset inputs, and their versions as a tag for lists of runs."""
    if not found:
        return
    from mlflow.entities import DatasetInput, InputTag, RunTag

    once = {(entry.name, entry.digest): entry for entry in reversed(found)}
    _log_inputs(
        client,
        run_id,
        [
            DatasetInput(
                datasets.of(entry),
                [
                    InputTag(tags.DATA_CONTEXT, entry.context or TRAINING),
                    *([InputTag(tags.DATA, entry.version)] if entry.version else []),
                ],
            )
            for entry in reversed(once.values())
        ],
    )
    used = list(dict.fromkeys(e.version or e.source for e in found if _was_read(e)))
    if used:
        named = {tags.DATA: tags.as_tag(used[:_NAMED_IN_TAG]), **_files(found)}
        client.log_batch(run_id, tags=[RunTag(key, value) for key, value in named.items()])


def _files(found: list[DataInput]) -> dict[str, str]:
    """Return the tag that tells, without opening the run, whether files are still the same."""
    # What was loaded as a version is the same whatever its file holds now: it has no time.
    read = [e for e in found if e.kind == "file" and e.mtime_ns is not None and _was_read(e)]
    files = [[e.source, e.digest, e.size, e.mtime_ns] for e in read[:_NAMED_IN_TAG]]
    while len(tags.as_tag(files)) > _TAG_ROOM:
        files.pop()
    return {tags.DATA_FILES: tags.as_tag(files)} if files else {}


def _log_inputs(client: MlflowClient, run_id: str, inputs: list[DatasetInput]) -> None:
    """Log them; again, where another thread or process has made the same dataset just now.

    MLflow looks whether a dataset is there, and then makes it: of two at once, one is refused.
    """
    from mlflow.exceptions import MlflowException

    for left in range(_TRIES - 1, -1, -1):
        try:
            client.log_inputs(run_id, datasets=inputs)
        except MlflowException as error:
            if not left or "UNIQUE" not in str(error).upper():
                raise
        else:
            return


def shown(found: list[DataInput]) -> str:
    """Return a few names for one line; empty where nothing that was read is in use.

    Examples
    --------
    >>> shown([DataInput(name=f"{n}.csv", source="", digest="1") for n in "abcd"])
    'a.csv, b.csv and 2 more'
    """
    names = list(dict.fromkeys(e.version or e.name for e in found if _was_read(e)))
    more = len(names) - _NAMED_IN_LINE
    line = ", ".join(names[:_NAMED_IN_LINE])
    return f"{line} and {more} more" if more > 0 else line


def _was_read(entry: DataInput) -> bool:
    return entry.kind != "frame" and entry.context != tags.EARLIER


def _of_read(workspace: Workspace, reads: Reads, read: Read) -> tuple[DataInput | None, str | None]:
    """Return a read as an input, or why it is none."""
    name, source = _names(workspace, read)
    digest, size, version = read.what.digest, read.what.size, read.data
    try:
        if read.path is not None:
            digest = reads.contents.of(workspace, read)
            version = reads.contents.version(workspace, digest, reads.provenance.cell)
            size = read.seen.size if isinstance(read.seen, Signature) else None
    except NotHashed as reason:
        thrown_away = read.path and is_temporary(read.path) and not read.path.exists()
        return None, None if thrown_away else f"hash of {source}: {reason}"
    if digest is None:
        return None, f"digest of {source}: {read.what.why_not}"
    if version and read.path is not None and _IN_CACHE.search(read.path.as_posix()):
        source = _path_of_version(workspace, version) or source
        name = source.rpartition("/")[2]
    entry = DataInput(
        kind=read.kind,
        name=name,
        source=source,
        digest=digest,
        version=version,
        context=_context(reads, read.cell),
        size=size,
        query=read.query,
        etag=read.version,
        mtime_ns=read.seen.mtime_ns if isinstance(read.seen, Signature) else None,
    )
    what = read.what
    if what.rows is None and read.together_rows is None and read.kind == "file":
        what = headers.describe(read.path) or what
    return _with(entry, what, rows=what.rows if what.rows is not None else read.together_rows), None


def _path_of_version(workspace: Workspace, version: str) -> str | None:
    """Return where a version's content was, for what was read out of the cache."""
    from mlops_jupyter.data import resolve

    try:
        return resolve(workspace, version).path
    except MlopsError:
        return None


def _of_group(
    workspace: Workspace, reads: Reads, group: Group
) -> tuple[DataInput | None, str | None]:
    """Return a folder of files that were read, or why it is no input."""
    source = context.relative(workspace, group.folder)
    sizes = [read.seen.size for read in group.reads if isinstance(read.seen, Signature)]
    if len(sizes) > _GROUP_FILES or sum(sizes) > _GROUP_BYTES:
        return None, f"hash of {source}: {len(sizes):,} files are not hashed inside a cell"
    try:
        hashes = _hashes(workspace, reads, group)
    except NotHashed as reason:
        return None, f"hash of {source}: {reason}"
    from mlops_jupyter.data.cache.folder_lists import hash_of_tree

    digest = hash_of_tree(hashes)
    rows = {read.together_rows for read in group.reads}
    entry = DataInput(
        kind="folder",
        name=group.folder.name,
        source=source,
        digest=digest,
        version=reads.contents.version(workspace, digest, reads.provenance.cell),
        context=_context(reads, *{read.cell for read in group.reads}),
        size=sum(sizes),
        files=len(sizes),
    )
    return _with(entry, group.reads[0].what, rows=rows.pop() if len(rows) == 1 else None), None


def _hashes(workspace: Workspace, reads: Reads, group: Group) -> dict[str, str]:
    """Return the hashes of a group's files, by their path in its folder."""
    return {
        read.path.relative_to(group.folder).as_posix(): reads.contents.of(workspace, read)
        for read in group.reads
        if read.path is not None
    }


def _have_kept(
    workspace: Workspace, found: list[DataInput], sightings: Mapping[int, Sighting]
) -> list[str]:
    """Have copies made of what is no version yet, and name it by them; return why of what not."""
    keeper = keeping.of(workspace)
    new = {
        number: sighting
        for number, sighting in sightings.items()
        if found[number].version is None and found[number].context == TRAINING
    }
    named = keeper.offer(list(new.values()))
    for number, sighting in new.items():
        if version := named.get(sighting.path):
            found[number] = found[number].model_copy(update={"version": version})
    return keeper.news()


def _context(reads: Reads, *cells: int) -> str:
    reached = any(reads.provenance.reaches_here(cell) for cell in cells)
    return TRAINING if reached else tags.EARLIER


def _names(workspace: Workspace, read: Read) -> tuple[str, str]:
    """Return a short name and the source, as seen from the workspace."""
    if read.path is not None:
        return read.path.name, context.relative(workspace, read.path)
    source = read.source.replace(f"{workspace.root.resolve().as_posix()}/", "")
    if read.kind == "sql":
        return (source.rstrip("/").rpartition("/")[2] or source.partition(":")[0]), source
    if read.kind == "builtin":
        return source.rpartition(".")[2], source
    return (source.partition("?")[0].rstrip("/").rpartition("/")[2] or source), source


def _with(entry: DataInput, what: Described, rows: int | None = None) -> DataInput:
    """Return an input with what is known of its shape."""
    return entry.model_copy(
        update={
            "rows": what.rows if rows is None else rows,
            "columns": what.columns,
            "column_types": [DataColumn(name=name, type=kind) for name, kind in what.schema],
            "size": entry.size if entry.size is not None else what.size,
        }
    )

"""Taking a data version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter import git
from mlops_jupyter.data import dvc_store, history, naming, tags
from mlops_jupyter.data.records import DataVersion, Trailer
from mlops_jupyter.errors import Conflict
from mlops_jupyter.results import Event, Events, ignore_events

if TYPE_CHECKING:
    from mlops_jupyter.workspace import Workspace

# The pointer's place where git ignores the one beside the data: DVC does not see ignored files.
_VISIBLE_POINTER = "mlops-data.dvc"
_ATTEMPTS = 20


def snapshot(
    workspace: Workspace,
    path: str | Path,
    *,
    name: str | None = None,
    message: str = "",
    events: Events = ignore_events,
) -> DataVersion:
    """Keep a file or folder as it is now, as a version that can be named and restored.

    The content goes to DVC's cache; a commit off any branch and a tag point to it. The file
    itself, the git index and the branch stay as they are. Content that is already the newest
    version makes no new one.

    Parameters
    ----------
    workspace : Workspace
        Where.
    path : str or Path
        The file or folder, inside the workspace.
    name : str, optional
        The data's name; by default the one this path had before, or else the file's.
    message : str
        What to remember about it.
    events : callable
        Takes the progress of large files.

    Returns
    -------
    DataVersion
        The version.

    Raises
    ------
    NotFound
        There is no such file.
    BadInput
        It is empty, outside the workspace, or cannot be kept; or the name cannot be used.
    Conflict
        It was written meanwhile.

    Examples
    --------
    >>> import mlops_jupyter as mlops
    >>> ws = mlops.Workspace.find()
    >>> mlops.data.snapshot(ws, "data/flights.parquet").ref
    'data:flights@v1'
    """
    file = naming.checked_path(workspace, path)
    if name is not None:
        name = naming.checked_name(name)
    with dvc_store.opened(workspace) as store:
        events(Event(f"Reading {file.name}"))
        stored = store.put(file, events)
        top = git.top_level(workspace.root) or workspace.root
        return _find_or_make(_Draft(workspace, top, store, stored, file, message), name)


@dataclass(frozen=True)
class _Draft:
    """Content in the cache that has no version yet."""

    workspace: Workspace
    top: Path
    store: dvc_store.Store
    stored: dvc_store.Stored
    file: Path
    message: str

    @property
    def path(self) -> str:
        return self.file.relative_to(self.workspace.root.resolve()).as_posix()


def _find_or_make(draft: _Draft, name: str | None) -> DataVersion:
    """Return the newest version if it has this content, or a new one."""
    from filelock import FileLock

    locks = draft.workspace.state_dir / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    # Creating the tag decides who is first; the lock only spares losers' attempts.
    with FileLock(locks / "data"):
        for _ in range(_ATTEMPTS):
            tagged = tags.read_all(draft.top)
            known = history.as_versions(draft.workspace, draft.top, tagged)
            chosen = name or naming.default_name(draft.path, known)
            earlier = [version for version in known if version.name == chosen]
            newest = max(earlier, key=lambda version: version.version, default=None)
            if newest and (newest.hash, newest.path) == (draft.stored.hash, draft.path):
                lost = draft.message not in ("", newest.message)
                note = "the message was not kept: no new version" if lost else ""
                return newest.model_copy(
                    update={"unchanged": True, "file_now": "same", "note": note}
                )
            naming.refuse_other_case(chosen, known)
            # Tags that are not ours count too: their numbers are taken.
            number = max((t.version for t in tagged if t.name == chosen), default=0) + 1
            try:
                return _make(draft, chosen, number, earlier)
            except Conflict:
                continue  # another workspace of this repository was faster
    raise Conflict(f"other processes keep making versions of {chosen!r}", "try again")


def _make(draft: _Draft, name: str, number: int, earlier: list[DataVersion]) -> DataVersion:
    same = [version for version in earlier if version.hash == draft.stored.hash]
    content = Trailer(
        name=name,
        version=number,
        path=draft.file.relative_to(draft.top).as_posix(),
        hash=draft.stored.hash,
        size=draft.stored.size,
        files=draft.stored.files,
        rows=same[0].rows if same else _rows(draft),
        message=draft.message,
        created=datetime.now(UTC),
    )
    tree, notes = _tree(draft)
    if draft.stored.left_out:
        notes.append(f"links to folders are not kept: {', '.join(draft.stored.left_out)}")
    commit = tags.commit(draft.top, tree, content)
    tagged = tags.Tagged(name, number, commit, content)
    (made,) = history.as_versions(draft.workspace, draft.top, [tagged])
    return made.model_copy(
        update={
            "same_as": min((version.version for version in same), default=None),
            "file_now": "same",
            "note": "; ".join(notes),
        }
    )


def _tree(draft: _Draft) -> tuple[tags.Tree, list[str]]:
    """Return what the version's tree holds beside HEAD's, and what the user should know."""
    top, dvc_root = draft.top, draft.store.root
    notes = []
    beside = pointer = draft.file.with_name(f"{draft.file.name}.dvc")
    if _ignored(top, beside):
        pointer = dvc_root / _VISIBLE_POINTER
        if _ignored(top, pointer):
            notes.append("git ignores *.dvc here: `dvc checkout` at the tag will not see the data")
    target = draft.file.relative_to(pointer.parent).as_posix()
    files = {pointer.relative_to(top).as_posix(): draft.store.pointer(target, draft.stored)}
    for name in (".dvc/config", ".dvc/.gitignore", ".dvcignore"):
        if (dvc_root / name).is_file():
            files[(dvc_root / name).relative_to(top).as_posix()] = (dvc_root / name).read_bytes()
    # What else in HEAD claims this path: DVC takes no path twice, nor one inside another.
    path = draft.file.relative_to(top)
    claims = [f"{claim.as_posix()}.dvc" for claim in (path, *path.parents[:-1])]
    earlier_pointer = (dvc_root / _VISIBLE_POINTER).relative_to(top).as_posix()
    return tags.Tree(files, (path.as_posix(), *claims, earlier_pointer)), notes


def _ignored(top: Path, path: Path) -> bool:
    # --no-index: DVC looks at the patterns alone, also for files that git tracks.
    return git.succeeds(top, "check-ignore", "--quiet", "--no-index", str(path))


def _rows(draft: _Draft) -> int | None:
    """Return the rows of a Parquet file, from its last bytes; None for anything else."""
    if draft.file.suffix != ".parquet" or draft.stored.hash.endswith(".dir"):
        return None
    import pyarrow as pa
    from pyarrow.parquet import read_metadata

    try:
        return int(read_metadata(draft.store.cached(draft.stored.hash)).num_rows)
    except pa.ArrowException:
        return None  # named so, and something else: it can be kept all the same

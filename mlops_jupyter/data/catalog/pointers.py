"""The tree of a version's commit: the pointer to the data, where DVC sees it."""

from __future__ import annotations

from pathlib import Path

from mlops_jupyter import git
from mlops_jupyter.data.cache import dvc_settings, dvc_store
from mlops_jupyter.data.catalog import trees

# The pointer's place where git ignores the one beside the data: DVC does not see ignored files.
VISIBLE_POINTER = "mlops-data.dvc"
# What DVC knows its repository by, and keeps git away from: a tree without them cannot be used.
_NEEDED = {".dvc/config": b"", ".dvc/.gitignore": b"/config.local\n/tmp\n/cache\n"}


def tree_of(
    store: dvc_store.Store, top: Path, file: Path, stored: dvc_store.Stored
) -> tuple[trees.Tree, list[str]]:
    """Return what a version's tree holds beside HEAD's, and what the user should know.

    Parameters
    ----------
    store : Store
        The open DVC repository.
    top : Path
        The top of the git repository.
    file : Path
        Where the content is, or where a checkout would put it.
    stored : Stored
        The content.
    """
    notes = []
    beside = pointer = file.with_name(f"{file.name}.dvc")
    if is_ignored(top, beside):
        pointer = store.root / VISIBLE_POINTER
        if is_ignored(top, pointer):
            notes.append("git ignores *.dvc here: `dvc checkout` at the tag will not see the data")
    target = file.relative_to(pointer.parent).as_posix()
    files = {pointer.relative_to(top).as_posix(): store.pointer(target, stored)}
    for name in (".dvc/config", ".dvc/.gitignore", ".dvcignore"):
        source = store.root / name
        shown = source.relative_to(top).as_posix()
        if source.is_file():
            content = source.read_bytes()
            files[shown] = (
                dvc_settings.without_secrets(content) if name == ".dvc/config" else content
            )
        elif name in _NEEDED and not git.succeeds(
            top, "rev-parse", "--verify", "--quiet", f"HEAD:{shown}"
        ):
            files[shown] = _NEEDED[name]
    # What else in HEAD claims this path: DVC takes no path twice, nor one inside another.
    path = file.relative_to(top)
    claims = [f"{claim.as_posix()}.dvc" for claim in (path, *path.parents[:-1])]
    earlier_pointer = (store.root / VISIBLE_POINTER).relative_to(top).as_posix()
    return trees.Tree(files, (path.as_posix(), *claims, earlier_pointer)), notes


def is_ignored(top: Path, path: Path) -> bool:
    """Return whether git ignores a pointer, so that DVC does not see it."""
    # --no-index: DVC looks at the patterns alone, also for files that git tracks.
    return git.succeeds(top, "check-ignore", "--quiet", "--no-index", str(path))

"""Files of a folder that are new, gone or other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.data.comparing.records import FileChanges

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlops_jupyter.data.comparing.sides import Source

_NAMED = 10


def changes(old: Source, new: Source) -> FileChanges:
    """Compare files by name and hash; two single files are one that may have another name."""
    before = {file.name: file.hash for file in old.files}
    after = {file.name: file.hash for file in new.files}
    if not old.is_folder and not new.is_folder:
        (name,) = after
        before = {name: next(iter(before.values()))}
    return _changes(before, after)


def changes_by_size(old: Source, new: Source) -> FileChanges | None:
    """Compare files by name, and by hash where both have one, else by size."""
    hashed = all(file.hash for file in (*old.files, *new.files))

    def told(source: Source) -> dict[str, str]:
        return {
            file.name: file.hash if hashed else str(file.path.stat().st_size)
            for file in source.files
        }

    return _changes(told(old), told(new))


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> FileChanges:
    added = sorted(after.keys() - before.keys())
    removed = sorted(before.keys() - after.keys())
    common = before.keys() & after.keys()
    changed = sorted(name for name in common if before[name] != after[name])
    return FileChanges(
        added=tuple(added[:_NAMED]),
        removed=tuple(removed[:_NAMED]),
        changed=tuple(changed[:_NAMED]),
        added_count=len(added),
        removed_count=len(removed),
        changed_count=len(changed),
        unchanged=len(common) - len(changed),
    )

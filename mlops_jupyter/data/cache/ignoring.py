"""What ``.dvcignore`` says to ignore, for folders of many files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class Ignoring:
    """DVC's rules.

    Parameters
    ----------
    repo : dvc.repo.Repo
        The repository.
    """

    def __init__(self, repo: Any) -> None:
        self._rules = repo.dvcignore
        self._fs = repo.fs

    def ignores(self, path: str) -> bool:
        """Whether a path is to be ignored."""
        return bool(self._rules.is_ignored(self._fs, path, ignore_subrepos=False))

    def left(
        self, folder: str, folders: Sequence[str], names: Sequence[str]
    ) -> tuple[list[str], list[str]]:
        """Return those of a folder's sub-folders and files that are not to be ignored.

        The folder itself is none that is.
        """
        rules = self._rules._get_trie_pattern(folder, dnames=list(folders))  # noqa: SLF001 - as DVC's walk
        before = rules._get_normalize_path(folder, "") if rules is not None else None  # noqa: SLF001
        if before is None:
            return list(folders), list(names)
        # DVC asks all rules for each part of each file's path. Nearly always no rule that is for
        # files matches; then that is the answer.
        for_files = [rule.match for rule, _, for_folders, _ in rules.ignore_spec if not for_folders]
        kept = [
            name
            for name in names
            if not any(match(before + name) for match in for_files)
            or not rules.matches(folder, name)
        ]
        return [name for name in folders if not rules.matches(folder, name, True)], kept

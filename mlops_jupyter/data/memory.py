"""What DVC remembers of files: their hashes, by inode, time and size."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from mlops_jupyter.data.intake import Content, Signature

if TYPE_CHECKING:
    from mlops_jupyter.data.scan import File


class Memory:
    """DVC's state database.

    Parameters
    ----------
    repo : dvc.repo.Repo
        The repository.
    """

    def __init__(self, repo: Any) -> None:
        self._state = repo.state
        self._fs = repo.fs
        self._learnt: dict[str, Content] = {}

    def known(self, files: Iterable[File]) -> dict[str, str]:
        """Return the hashes of those files that were not written since they were hashed."""
        signatures = {file.path: _as_dvc_has_it(file.signature) for file in files}
        found = self._state.get_many(list(signatures), self._fs, signatures)
        return {
            path: str(hash_info.value)
            for path, _, hash_info in found
            if hash_info is not None and hash_info.name == "md5"
        }

    def learn(self, path: str, content: Content) -> None:
        """Take note of a hash; it is written down by `write_down`."""
        if content.settled:
            self._learnt[path] = content

    def write_down(self) -> None:
        """Write down what was learnt, in one transaction."""
        from dvc_data.hashfile.hash_info import HashInfo

        entries = [
            (path, HashInfo("md5", content.md5), _as_dvc_has_it(content.signature))
            for path, content in self._learnt.items()
        ]
        if entries:
            self._state.save_many(entries, self._fs)
        self._learnt.clear()


def _as_dvc_has_it(signature: Signature) -> dict[str, Any]:
    return {
        "ino": signature.inode,
        "mtime": signature.mtime,
        "size": signature.size,
        "type": "file",
    }

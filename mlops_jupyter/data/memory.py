"""What DVC remembers of files: their hashes, by inode, time and size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops_jupyter.data.intake import Content, Signature

if TYPE_CHECKING:
    from mlops_jupyter.data.scan import Scan


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

    def known(self, scan: Scan) -> dict[str, str]:
        """Return the hashes of those files that were not written since they were hashed."""
        # What the database's own `get_many` does, at half its time.
        from dvc_data.hashfile.state import _checksum
        from dvc_data.json_compat import loads

        names = {scan.path_of(name): name for name in scan.files}
        known = {}
        for path, raw in self._state.hashes.get_many(list(names)):
            if raw is None:
                continue
            name = names[path]
            entry = loads(raw)
            md5 = entry["hash_info"].get("md5")
            if (
                md5 is not None
                and entry.get("version") == self._state.HASH_VERSION
                and entry["checksum"] == _checksum(_as_dvc_has_it(scan.files[name]))
            ):
                known[name] = md5
        return known

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

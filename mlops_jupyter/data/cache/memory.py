"""What DVC remembers of files: their hashes, by inode, time and size."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from mlops_jupyter.data.cache.intake import Content, Signature

if TYPE_CHECKING:
    from mlops_jupyter.data.cache.scan import Scan

_FEW = 1000
_SAMPLE = Signature(42, 1_700_000_000_123_456_789, 1234)


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
        # What the database's own `get_many` does, at a third of its time.
        from dvc_data.json_compat import loads

        checksum, version = _checksum_of_dvc(), self._state.HASH_VERSION
        known = {}
        for name, raw in self._entries(scan):
            signature = scan.files.get(name)
            if signature is None or raw is None:
                continue
            entry = loads(raw)
            md5 = entry["hash_info"].get("md5")
            if (
                md5 is not None
                and entry.get("version") == version
                and entry["checksum"] == checksum(signature)
            ):
                known[name] = md5
        return known

    def _entries(self, scan: Scan) -> Iterable[tuple[str, str | None]]:
        """Return what the database has for files, by their names."""
        before = scan.path_of("")
        if len(scan.files) < _FEW:
            paths = [scan.path_of(name) for name in scan.files]
            found = self._state.hashes.get_many(paths)
        else:
            # One query for all that begins so: the last sign is the separator's successor.
            found = self._state.hashes._sql(  # noqa: SLF001 - as its own `get_many` does
                "SELECT key, value FROM Cache WHERE key > ? AND key < ? AND raw = 1",
                (before, f"{before[:-1]}{chr(ord(before[-1]) + 1)}"),
            )
        return ((path[len(before) :], raw) for path, raw in found)

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


def _checksum_of_dvc() -> Callable[[Signature], str]:
    """Return the function for what DVC recognises a state of a file by."""
    from dvc_data.hashfile.state import _checksum

    def theirs(signature: Signature) -> str:
        return str(_checksum(_as_dvc_has_it(signature)))

    # A third of the time, for as long as it gives the same.
    return _checksum_of_now if theirs(_SAMPLE) == _checksum_of_now(_SAMPLE) else theirs


def _checksum_of_now(signature: Signature) -> str:
    inode, mtime_ns, size = signature
    seconds, rest = divmod(mtime_ns, 10**9)
    text = f"([{inode}, {seconds + 1e-9 * rest!r}, {size}],)"
    return str(int(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(), 16))


def _as_dvc_has_it(signature: Signature) -> dict[str, Any]:
    return {
        "ino": signature.inode,
        "mtime": signature.mtime,
        "size": signature.size,
        "type": "file",
    }

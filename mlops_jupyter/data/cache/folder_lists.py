"""DVC's list of a folder's files: an object of the cache like any other, named by its hash."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from mlops_jupyter.errors import ToolFailed

_MD5 = re.compile(r"[0-9a-f]{32}")


def written(hashes: Mapping[str, str]) -> bytes:
    """Return the list of files by the MD5 of each, to the byte as DVC writes it.

    Examples
    --------
    >>> written({"a.csv": "a304afb96060aad90176268345e10355"})
    b'[{"md5": "a304afb96060aad90176268345e10355", "relpath": "a.csv"}]'
    """
    entries = [{"md5": md5, "relpath": name} for name, md5 in sorted(hashes.items())]
    return json.dumps(entries).encode()


def hash_of_tree(hashes: Mapping[str, str]) -> str:
    """Return DVC's hash of a folder that holds these files, by the MD5 of each.

    Examples
    --------
    >>> hash_of_tree({"a.csv": "a304afb96060aad90176268345e10355"})
    '....dir'
    """
    return hash_of(written(hashes))


def hash_of(listed: bytes) -> str:
    """Return the hash of a folder with this list."""
    return hashlib.md5(listed, usedforsecurity=False).hexdigest() + ".dir"


def read(cache: Any, folder_hash: str) -> dict[str, str]:
    """Return the files of a folder in a cache of DVC's: their path in it, and their hash.

    Raises
    ------
    ToolFailed
        The cache's list of them is damaged.
    """
    from dvc_data.hashfile.hash_info import HashInfo
    from dvc_data.hashfile.tree import Tree
    from dvc_objects.errors import ObjectFormatError

    try:
        tree = Tree.load(cache, HashInfo("md5", folder_hash))
        files = {key: str(info.value) for key, (_, info) in tree.iteritems()}
    except (ObjectFormatError, OSError, ValueError, KeyError, TypeError) as error:
        raise _unsound(folder_hash, str(error)) from None
    # It may come from a remote that others write to.
    for key, md5 in files.items():
        if {"", ".", ".."} & set(key):
            raise _unsound(folder_hash, f"it names {'/'.join(key)!r}")
        if not _MD5.fullmatch(md5):  # it becomes a path in the cache
            raise _unsound(folder_hash, f"{md5[:40]!r} is no hash")
    return {"/".join(key): hash_ for key, hash_ in files.items()}


def _unsound(folder_hash: str, why: str) -> ToolFailed:
    return ToolFailed(
        f"DVC's cache has no sound list of the folder {folder_hash}: {why}",
        "`mlops data verify` says what is damaged",
    )

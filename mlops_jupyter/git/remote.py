"""Where the code comes from, as far as it may be told."""

from __future__ import annotations

import re
from pathlib import Path

from mlops_jupyter.git.calls import run


def remote_url(folder: Path, branch: str | None, *, timeout: float | None = None) -> str | None:
    """Return where the code comes from, without credentials; None where git knows no remote.

    The remote of the branch, else ``origin``, else the first there is.

    Raises
    ------
    ToolFailed
        git is missing, refused or took too long.
    """
    pattern = r"^(remote\..*\.url|branch\..*\.remote)$"
    shown = run(folder, "config", "--null", "--get-regexp", pattern, ok=(0, 1), timeout=timeout)
    known: dict[str, str] = {}
    for entry in shown.split("\0"):
        key, _, value = entry.partition("\n")
        known.setdefault(key, value)
    for remote in (known.get(f"branch.{branch}.remote"), "origin"):
        if url := known.get(f"remote.{remote}.url"):
            return without_userinfo(url)
    first = next((url for key, url in known.items() if key.startswith("remote.")), None)
    return without_userinfo(first) if first else None


def without_userinfo(url: str) -> str:
    """Return a URL that may be stored: no user, no password, no query.

    Examples
    --------
    >>> without_userinfo("https://ada:token@git.example/lib.git?access=key")
    'https://git.example/lib.git'
    >>> without_userinfo("git@git.example:team/lib.git")
    'git@git.example:team/lib.git'
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        # host:path; a user there is the name of an account, a password there is none of git's.
        return re.sub(r"^[^@/]*:[^@]*@", "", url)
    rest = re.split("[?#]", rest, maxsplit=1)[0]
    authority, _, path = rest.partition("/")
    if "@" in path and re.search(r":(?!\d+$)", authority):
        authority = rest  # a password with a slash in it, which only a careless user writes
        path = ""
    host = authority.rpartition("@")[2]
    return f"{scheme}://{host}/{path}" if path else f"{scheme}://{host}"

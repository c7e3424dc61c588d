"""Installed distributions with their versions, from the names of their metadata folders.

`importlib.metadata` opens and parses a file per distribution, half a second for a few hundred; the
folder's name tells the same (see the specification of recorded installations).
"""

from __future__ import annotations

import email.parser
import functools
import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlparse

from mlops_jupyter import git
from mlops_jupyter.errors import ToolFailed


@dataclass(frozen=True)
class Distribution:
    """An installed distribution.

    Attributes
    ----------
    name, version : str
        As pip lists them, the name in its normal form.
    url : str, optional
        Where it came from, unless from an index; without credentials.
    commit : str, optional
        The commit it was installed from, or that an editable one's folder is at.
    editable : bool
        Whether it is used from a folder of the user's.
    """

    name: str
    version: str
    url: str | None = None
    commit: str | None = None
    editable: bool = False

    @property
    def requirement(self) -> str:
        """The line of a requirements file that brings it back, as far as one can."""
        if self.editable:
            at = f" at {self.commit[:12]}" if self.commit else ""
            return f"# editable: {self.name}=={self.version} from {self.url}{at}"
        if self.url and self.commit:
            return f"{self.name} @ git+{self.url}@{self.commit}"
        return f"{self.name} @ {self.url}" if self.url else f"{self.name}=={self.version}"


_listed: tuple[object, tuple[Distribution, ...]] | None = None


def installed() -> tuple[Distribution, ...]:
    """Return what is installed, by name; listed again only when something was (un)installed."""
    global _listed  # noqa: PLW0603 - what is installed is a fact of the process
    key = [(folder, _mtime(folder)) for folder in sys.path]
    if _listed is None or _listed[0] != key:
        found: dict[str, Distribution] = {}
        for folder in sys.path:
            for entry in _metadata_in(folder):
                read = _distribution(entry)
                if read is not None:
                    found.setdefault(read.name, read)  # the first on the path is imported
        _listed = key, tuple(found[name] for name in sorted(found))
    return _listed[1]


def normal_name(name: str) -> str:
    """Return a name as all tools compare it (PEP 503).

    Examples
    --------
    >>> normal_name("Scikit_Learn")
    'scikit-learn'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def _metadata_in(folder: str) -> list[Path]:
    try:
        with os.scandir(folder or ".") as entries:
            return [
                Path(entry.path)
                for entry in entries
                # pip moves what it removes to a name with a tilde first.
                if entry.name.endswith((".dist-info", ".egg-info")) and entry.name[0] != "~"
            ]
    except OSError:  # an archive, or not there
        return []


def _distribution(entry: Path) -> Distribution | None:
    name, _, version = entry.stem.partition("-")
    if entry.suffix == ".egg-info" or not version or not version[0].isdigit():
        name, version = _read_metadata(entry)
    if not name or not version:
        return None
    name = normal_name(name)
    origin = entry / "direct_url.json"
    if not origin.exists():
        return Distribution(name, version)
    return _from_elsewhere(name, version, origin)


def _read_metadata(entry: Path) -> tuple[str, str]:
    for file in (entry / "METADATA", entry / "PKG-INFO", entry):
        try:
            with file.open(encoding="utf-8", errors="replace") as text:
                head = email.parser.HeaderParser().parse(text)
        except OSError:
            continue
        return str(head.get("Name", "")), str(head.get("Version", ""))
    return "", ""


def _from_elsewhere(name: str, version: str, origin: Path) -> Distribution:
    """Read PEP 610's note of where a distribution was installed from."""
    try:
        known = json.loads(origin.read_text(encoding="utf-8"))
        url = git.without_userinfo(str(known["url"]))
        folder = known.get("dir_info", {})
        commit = known.get("vcs_info", {}).get("commit_id")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Distribution(name, version)
    if not folder.get("editable"):
        return Distribution(name, version, url, commit)
    return Distribution(name, version, url, _commit_of(url), editable=True)


@functools.cache
def _commit_of(url: str) -> str | None:
    """Return the commit that a folder of the user's is at, asked once per process."""
    folder = Path(unquote(urlparse(url).path))
    if git.find_top(folder) is None:
        return None
    try:
        return git.run(folder, "rev-parse", "HEAD", timeout=0.5)
    except ToolFailed:
        return None


def _mtime(folder: str) -> int:
    try:
        return Path(folder or ".").stat().st_mtime_ns
    except OSError:
        return 0

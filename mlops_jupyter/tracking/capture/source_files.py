"""Source files, whole, for a run: within a budget, without secrets, once per content."""

from __future__ import annotations

import functools
import json
import operator
import os
import re
import stat
import time
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from mlops_jupyter.tracking.capture import masking, objects

if TYPE_CHECKING:
    from mlops_jupyter.workspace import Workspace

# The budget of one run's code. What is larger is not written by hand.
FILE_LIMIT = 1_000_000
NOTEBOOK_LIMIT = 10_000_000
TOTAL_LIMIT = 20_000_000
COUNT_LIMIT = 300

# New files of these kinds are taken for code; all others may be data, models or rubbish.
_CODE = frozenset({
    ".py", ".pyi", ".pyx", ".pxd", ".ipynb", ".sql", ".r", ".rmd", ".qmd", ".jl", ".scala", ".java",
    ".c", ".cc", ".cpp", ".h", ".hpp", ".cu", ".rs", ".go", ".js", ".ts", ".sh", ".toml", ".yaml",
    ".yml", ".json", ".cfg", ".ini", ".md", ".rst", ".j2", ".proto", ".stan", ".dvc", ".lock",
})  # fmt: skip
_CODE_NAMES = frozenset({"Makefile", "Dockerfile", "Snakefile", "requirements.txt", ".dvcignore"})
# Data under version control: kept where outputs are, with which it goes along.
_DATA = frozenset({
    ".csv", ".tsv", ".parquet", ".feather", ".arrow", ".orc", ".xls", ".xlsx", ".jsonl", ".ndjson",
    ".pkl", ".pickle", ".joblib", ".npy", ".npz", ".h5", ".hdf5", ".db", ".sqlite", ".duckdb",
    ".avro", ".txt",
})  # fmt: skip
# Files that are there to hold a secret: their names may be told, their content may not. In code,
# such as a `secrets.py`, literals are masked.
_SECRET = re.compile(
    r"""
      (^|/)( \.env(\.(?!example$|sample$|template$|dist$)[^/]*)?  |  \.envrc  |  [^/]+\.env
           | \.?netrc | _netrc | \.pgpass | \.htpasswd | \.npmrc | \.pypirc | \.git-credentials
           | \.s3cfg | \.boto | \.my\.cnf | config\.local | kubeconfig | kaggle\.json
           | id_(rsa|dsa|ecdsa|ed25519)[^/]*
           | \.?(aws_)?(credentials?|secrets?|passwords?|tokens?)(\.(?!(pyi?|ipynb|sql|md)$)[^/]*)?
           | (client_secret|service[-_]?account|gcp[-_]key)[^/]*\.json
           | [^/]+\.(pem|key|p12|pfx|jks|keystore|kdbx|ppk|gpg|asc|tfstate|tfvars|secrets?) )$
    | (^|/)\.(aws|ssh|gnupg|kube|azure|docker|gcloud)/
    """,
    re.VERBOSE | re.IGNORECASE,
)
_STAT = tuple[Path, int, int, int, int]


def is_code(path: str) -> bool:
    """Whether a file that nobody has committed yet is taken for code, by its name."""
    name = PurePosixPath(path)
    return name.suffix.lower() in _CODE or name.name in _CODE_NAMES


def is_data(path: str) -> bool:
    """Whether a file is data, by its name."""
    name = PurePosixPath(path)
    return name.suffix.lower() in _DATA and not name.name.startswith("requirements")


def is_secret(path: str) -> bool:
    """Whether a file is there to hold a secret, by its name.

    Examples
    --------
    >>> is_secret("deploy/.env.production"), is_secret("src/tokenize.py")
    (True, False)
    """
    return _SECRET.search(path) is not None


@dataclass
class SourceFiles:
    """Collects files until its budget is spent.

    Attributes
    ----------
    files : dict
        Name within the run -> the object that holds the content.
    masked : list of str
        Names of those that hold a masked literal.
    left_out : dict
        Reason -> the files it kept out, in order.
    """

    workspace: Workspace
    with_data: bool
    deadline: float
    files: dict[str, bytes | Path] = field(default_factory=dict)
    masked: list[str] = field(default_factory=list)
    left_out: dict[str, dict[str, None]] = field(default_factory=dict)
    _size: int = 0

    def add(
        self, path: Path, name: str, *, inside: Path | None = None, limit: int | None = None
    ) -> bool:
        """Add a file, or note why not.

        Parameters
        ----------
        path : Path
            The file.
        name : str
            Its path within the run.
        inside : Path, optional
            The folder it must lie in, also by way of symbolic links.
        limit : int, optional
            Bytes it may have; the limit of its kind by default.
        """
        try:
            reason = self._reason_against(path, name, inside)
            if reason is None:
                reason = self._over_budget(path, limit)
            if reason is None:
                stored, masked = _stored(self.workspace, _stat(path), self.with_data)
                self._size += stored.stat().st_size
                self.files[name] = stored
                if masked:
                    self.masked.append(name)
                return True
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
        if reason:
            self.leave_out(path.name, reason)
        return False

    def leave_out(self, name: str, reason: str) -> None:
        """Note that a file is missing, and why."""
        self.left_out.setdefault(reason, {})[name] = None

    def problems(self) -> list[str]:
        """Say what is missing, one line per reason."""
        return [f"{_some(list(names))}: {reason}" for reason, names in self.left_out.items()]

    def _reason_against(self, path: Path, name: str, inside: Path | None) -> str | None:
        """Return why a file stays out; empty where that is nothing to tell."""
        info = path.lstat()
        if not stat.S_ISREG(info.st_mode):
            return ""  # a link is in the patch; a pipe or a socket is no code
        if inside is not None and not _lies_in(path, inside):
            return "reached through a link out of the project"
        if is_secret(name):
            return "looks like a file of secrets"
        if not self.with_data and is_data(path.name):
            return "data stays here, by [privacy] outputs in mlops.toml"
        return None

    def _over_budget(self, path: Path, limit: int | None) -> str | None:
        size = path.lstat().st_size
        limit = limit or (NOTEBOOK_LIMIT if path.suffix == ".ipynb" else FILE_LIMIT)
        if size > limit:
            return f"larger than {limit // 1_000_000} MB"
        if len(self.files) >= COUNT_LIMIT or self._size + size > TOTAL_LIMIT:
            return f"more than {COUNT_LIMIT} files or {TOTAL_LIMIT // 1_000_000} MB of code"
        return "took too long" if time.monotonic() > self.deadline else None


def _stat(path: Path) -> _STAT:
    info = path.stat()
    return path, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns


# Written files are told by their stat: hashing and masking them again for each run would cost
# more than the run. The clock of files may be coarse, so young ones are not believed.
_known: dict[tuple[_STAT, bool, int], tuple[Path, bool]] = {}
COARSE_NS = 50_000_000


def _stored(workspace: Workspace, seen: _STAT, with_outputs: bool) -> tuple[Path, bool]:
    """Return the object with a file's masked content, and whether anything was masked."""
    # A credential that has become known since may stand in any file.
    key = (seen, with_outputs, masking.of_this_process().generation)
    known = _known.get(key)
    if known is not None and known[0].is_relative_to(workspace.state_dir) and known[0].exists():
        return known
    content = _read(seen[0])
    kept, masked = without_secrets(content, seen[0].suffix, with_outputs=with_outputs)
    found = objects.put(workspace, kept), masked
    if time.time_ns() - seen[3] > COARSE_NS:
        if len(_known) > 10 * COUNT_LIMIT:
            _known.clear()
        _known[key] = found
    return found


def _read(path: Path) -> bytes:
    # Not through a link that has come since, and never waiting for a pipe.
    flags = (getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))
    opened = os.open(path, functools.reduce(operator.or_, flags, os.O_RDONLY))
    with os.fdopen(opened, "rb") as file:
        return file.read(NOTEBOOK_LIMIT)


def without_secrets(content: bytes, suffix: str, *, with_outputs: bool) -> tuple[bytes, bool]:
    """Return a file's content with literals masked that look like credentials, and if there were.

    Where nothing is masked, the bytes are the same.
    """
    if b"\0" in content[:8000]:
        return content, False
    text = content.decode("utf-8", "surrogateescape")
    if suffix == ".ipynb":
        kept, masked = _notebook(text, with_outputs=with_outputs)
    else:
        kept, masked = _masked(text, code=suffix in (".py", ".pyi"))
    return kept.encode("utf-8", "surrogateescape"), masked


def _masked(text: str, *, code: bool) -> tuple[str, bool]:
    masker = masking.of_this_process()
    if not code:
        kept = masker.text(text)
        return kept, kept != text
    found = masker.source(text)
    return (found.text if found.touched else text), found.touched


def _notebook(text: str, *, with_outputs: bool) -> tuple[str, bool]:
    """Mask a notebook's cells; where no outputs may leave, there are none."""
    try:
        notebook = json.loads(text)
        cells = [cell for cell in notebook["cells"] if isinstance(cell, dict)]
    except (ValueError, TypeError, KeyError):
        return _masked(text, code=False)  # no notebook, whatever its name
    bare = False
    masked = [_mask_cell(cell) for cell in cells]
    for cell in cells:
        if cell.get("outputs") and not with_outputs:
            cell["outputs"], bare = [], True
    if not any(masked) and not bare:
        return text, False
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", any(masked)


def _mask_cell(cell: dict[str, Any]) -> bool:
    """Mask a cell in place; return whether there was anything."""
    source = cell.get("source", "")
    joined = source if isinstance(source, str) else "".join(map(str, source))
    kept, masked = _masked(joined, code=cell.get("cell_type") == "code")
    if masked:
        cell["source"] = kept.splitlines(keepends=True)
    outputs = cell.get("outputs")
    if isinstance(outputs, list) and all(isinstance(output, dict) for output in outputs):
        shown = [masking.of_this_process().output(output) for output in outputs]
        masked = masked or shown != outputs
        cell["outputs"] = shown
    return masked


def _lies_in(path: Path, folder: Path) -> bool:
    return path.parent.resolve().is_relative_to(_resolved(folder))


@functools.lru_cache(maxsize=8)
def _resolved(folder: Path) -> Path:
    return folder.resolve()


def _some(names: list[str]) -> str:
    shown = ", ".join(objects.name_of(name) for name in names[:3])
    return f"{shown} and {len(names) - 3} more files" if len(names) > 3 else shown

"""The git side of data versions: commits off any branch, and the tags that name them.

A version is a commit and a tag ``mlops/data/<percent-encoded name>/vN``. The commit's tree is
HEAD's with the pointer (``.dvc`` file) and DVC's settings of now; its message ends in a line of
JSON, so that one ``git for-each-ref`` lists all versions. The user's index, branch and files are
not touched: the tree is made through an index of its own.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from pydantic import ValidationError

from mlops_jupyter import git
from mlops_jupyter.data.records import Trailer
from mlops_jupyter.errors import Conflict, ToolFailed

PREFIX = "refs/tags/mlops/data/"

_MARK = "Mlops-Data: "
_HASH = re.compile(r"[0-9a-f]{32}(\.dir)?")
# Index features that would leave files of theirs in .git, and the user's hooks: this is no commit
# of theirs.
_PLAIN = tuple(
    word
    for setting in (
        "core.splitIndex=false",
        "core.fsmonitor=false",
        "core.untrackedCache=false",
        "index.sparse=false",
        "i18n.commitEncoding=UTF-8",
        f"core.hooksPath={os.devnull}",
    )
    for word in ("-c", setting)
)
_NEUTRAL = {"name": "mlops-jupyter", "email": "mlops-jupyter@localhost"}


@dataclass(frozen=True)
class Tagged:
    """A version as git has it; `content` is None for a tag that is not ours."""

    name: str
    version: int
    commit: str
    content: Trailer | None


def tag_of(name: str, version: int) -> str:
    """Return the full name of a version's tag.

    Examples
    --------
    >>> tag_of("raw/my data.v2", 3)
    'refs/tags/mlops/data/raw%2Fmy%20data%2Ev2/v3'
    """
    return f"{PREFIX}{encode(name)}/v{version}"


def encode(name: str) -> str:
    """Percent-encode a name into one that any git and any file system takes."""
    # Dots and tildes are safe in URLs, not in refs: '..', '.lock' and '~' mean something there.
    return quote(name, safe="").replace(".", "%2E").replace("~", "%7E")


def read_all(root: Path) -> list[Tagged]:
    """Return all versions in the repository around a folder, oldest first."""
    # Ended by NUL: messages hold anything else.
    listed = git.run(
        root, "for-each-ref", "--format=%(refname)%00%(objectname)%00%(contents)%00", PREFIX
    )
    fields = listed.split("\0")[:-1]
    found = [
        tagged
        for ref, commit, message in zip(fields[::3], fields[1::3], fields[2::3], strict=True)
        if (tagged := _read(ref.strip("\n"), commit, message))
    ]
    return sorted(
        found, key=lambda t: (t.content.created.timestamp() if t.content else 0, t.version)
    )


def _read(ref: str, commit: str, message: str) -> Tagged | None:
    name, _, number = ref.removeprefix(PREFIX).partition("/")
    if not re.fullmatch(r"v[1-9][0-9]*", number):
        return None
    return Tagged(unquote(name), int(number[1:]), commit, _read_trailer(message))


def _read_trailer(message: str) -> Trailer | None:
    """Return our line of a commit message. Tags come from others too: anything may be in them."""
    last = message.rstrip("\n").rpartition("\n")[2]
    if not last.startswith(_MARK):
        return None
    try:
        content = Trailer.model_validate_json(last.removeprefix(_MARK))
    except ValidationError:
        return None
    return content if _HASH.fullmatch(content.hash) else None


@dataclass(frozen=True)
class Tree:
    """How a version's tree differs from HEAD's; paths are relative to the repository's top.

    Attributes
    ----------
    files : mapping
        Files to put in, by path.
    without : tuple of str
        Paths to take out, with all below them.
    """

    files: Mapping[str, bytes]
    without: tuple[str, ...]


def commit(top: Path, tree: Tree, content: Trailer) -> str:
    """Make a version's commit and its tag; return the commit.

    Parameters
    ----------
    top : Path
        The top of the git repository.
    tree : Tree
        How the commit's tree differs from HEAD's.
    content : Trailer
        What the commit says about itself.

    Raises
    ------
    Conflict
        Another process has just made a version of this number.
    """
    parent = git.run(top, "rev-parse", "--verify", "--quiet", "HEAD^{commit}", ok=(0, 1))
    with tempfile.TemporaryDirectory(prefix="mlops-") as folder:
        made = _write_tree(top, tree, parent, Path(folder))
    subject = f"data:{content.name}@v{content.version} {content.path}"
    message = f"{_one_line(subject)}\n\n{_MARK}{_as_json(content)}\n"
    arguments = ["commit-tree", made, "-F", "-", *(["-p", parent] if parent else [])]
    identity = _identity_where_missing(top)
    new = git.run(top, *_PLAIN, *arguments, stdin=message.encode(), env=identity)
    tag = tag_of(content.name, content.version)
    try:
        # The empty old value: create, never overwrite.
        git.run(top, *_PLAIN, "update-ref", tag, new, "")
    except ToolFailed:
        if git.run(top, "for-each-ref", "--format=%(refname)", tag) == tag:
            raise Conflict(
                f"{tag} was made by another process just now", "take the snapshot again"
            ) from None
        raise
    return new


def _write_tree(top: Path, tree: Tree, parent: str, folder: Path) -> str:
    """Write HEAD's tree with the changes, through an index in a folder of its own."""
    env = {"GIT_INDEX_FILE": str(folder / "index")}
    files = []
    for number, data in enumerate(tree.files.values()):
        file = folder / f"file-{number}"
        file.write_bytes(data)
        files.append(str(file))
    blobs = git.run(
        top, "hash-object", "-w", "--no-filters", "--stdin-paths", stdin="\n".join(files).encode()
    ).split("\n")
    git.run(top, *_PLAIN, "read-tree", parent or "--empty", env=env)
    gone = []
    if parent:
        patterns = [f":(top,literal){path}" for path in tree.without]
        gone = git.run(top, *_PLAIN, "ls-files", "-z", "--", *patterns, env=env).split("\0")
    nothing = "0" * len(blobs[0])
    lines = [f"0 {nothing}\t{path}" for path in gone if path] + [
        f"100644 {blob}\t{path}" for path, blob in zip(tree.files, blobs, strict=True)
    ]
    index_info = "".join(f"{line}\0" for line in lines)
    git.run(
        top, *_PLAIN, "update-index", "-z", "--index-info", stdin=os.fsencode(index_info), env=env
    )
    return git.run(top, *_PLAIN, "write-tree", env=env)


def _identity_where_missing(top: Path) -> dict[str, str]:
    """Return a neutral identity for what git knows no name or address for."""
    shown = git.run(top, "config", "--get-regexp", r"^(user|author|committer)\.", ok=(0, 1))
    known = {line.partition(" ")[0] for line in shown.split("\n")}
    return {
        variable: neutral
        for role in ("author", "committer")
        for part, neutral in _NEUTRAL.items()
        if not os.environ.get(variable := f"GIT_{role}_{part}".upper())
        and not known & {f"user.{part}", f"{role}.{part}"}
        and not (part == "email" and os.environ.get("EMAIL"))
    }


def _as_json(content: Trailer) -> str:
    """Return one line of plain ASCII, whatever the message holds."""
    import json

    return json.dumps(content.model_dump(mode="json"), ensure_ascii=True)


def _one_line(text: str) -> str:
    return " ".join(text.split())

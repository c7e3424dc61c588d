"""The git side of data versions: commits off any branch, and the tags that name them.

A version is a commit and a tag ``mlops/data/<percent-encoded name>/vN``; a label is one more tag at
it, with the label for ``vN``. The commit's tree is HEAD's with the pointer (``.dvc`` file) and
DVC's settings of now; its message ends in a line of JSON, so that one ``git for-each-ref`` lists
all versions. The user's index, branch and files are not touched: the tree is made through an index
of its own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from pydantic import ValidationError

from mlops_jupyter import git
from mlops_jupyter.data.catalog import trees
from mlops_jupyter.data.records import Trailer
from mlops_jupyter.errors import Conflict, ToolFailed

if TYPE_CHECKING:
    from mlops_jupyter.git.refs import State

PREFIX = f"{git.DATA_TAGS}/"

_MARK = "Mlops-Data: "
_HASH = re.compile(r"[0-9a-f]{32}(\.dir)?")
_LOCKED_S = 10  # far longer than git holds one
_NEUTRAL = {"name": "mlops-jupyter", "email": "mlops-jupyter@localhost"}
# The last answer for each folder, and the state of the refs that it holds for.
_known: dict[Path, tuple[State, tuple[Tagged, ...]]] = {}


@dataclass(frozen=True)
class Tagged:
    """A version as git has it; `content` is None for a tag that is not ours."""

    name: str
    version: int
    commit: str
    content: Trailer | None
    labels: tuple[str, ...] = ()


def tag_of(name: str, version: int) -> str:
    """Return the full name of a version's tag.

    Examples
    --------
    >>> tag_of("raw/my data.v2", 3)
    'refs/tags/mlops/data/raw%2Fmy%20data%2Ev2/v3'
    """
    return f"{PREFIX}{encode(name)}/v{version}"


def label_tag(name: str, label: str) -> str:
    """Return the full name of a label's tag.

    Examples
    --------
    >>> label_tag("flights", "as published")
    'refs/tags/mlops/data/flights/as%20published'
    """
    return f"{PREFIX}{encode(name)}/{encode(label)}"


def encode(name: str) -> str:
    """Percent-encode a name into one that any git and any file system takes."""
    # Dots and tildes are safe in URLs, not in refs: '..', '.lock' and '~' mean something there.
    return quote(name, safe="").replace(".", "%2E").replace("~", "%7E")


def read_all(root: Path) -> tuple[Tagged, ...]:
    """Return all versions in the repository around a folder, oldest first.

    git is not asked again, and the very same answer given, where no tag of ours has changed.
    """
    top = git.find_top(root)
    state = git.refs_state(top, git.DATA_TAGS) if top is not None else None
    known = _known.get(root)
    if state is not None and known is not None and known[0] == state:
        return known[1]
    found = _read_all(root)
    if state is not None:
        _known[root] = state, found
    return found


def _read_all(root: Path) -> tuple[Tagged, ...]:
    versions, labels = [], []
    for ref, commit_, content in read_refs(root, PREFIX):
        name, _, last = ref.removeprefix(PREFIX).partition("/")
        if re.fullmatch(r"v[1-9][0-9]{0,17}", last):
            versions.append(Tagged(unquote(name), int(last[1:]), commit_, content))
        elif (label := unquote(last)) and label.isprintable() and encode(label) == last:
            labels.append((unquote(name), commit_, label))
    found = _with_labels(versions, labels)
    return tuple(sorted(found, key=lambda each: (_made(each), each.version)))


def _made(tagged: Tagged) -> float:
    return tagged.content.created.timestamp() if tagged.content else 0


def read_refs(root: Path, prefix: str) -> list[tuple[str, str, Trailer | None]]:
    """Return refs below a prefix: their names, their commits, what these say about themselves."""
    # Ended by NUL: messages hold anything else.
    listed = git.run(
        root, "for-each-ref", "--format=%(refname)%00%(objectname)%00%(contents)%00", prefix
    )
    fields = iter(listed.split("\0")[:-1])
    return [
        (ref.strip("\n"), commit_, _read_trailer(message))
        for ref, commit_, message in zip(fields, fields, fields, strict=True)
    ]


def _with_labels(
    versions: Iterable[Tagged], labels: Iterable[tuple[str, str, str]]
) -> Iterator[Tagged]:
    """Give each version the labels at its commit."""
    at: dict[tuple[str, str], list[str]] = {}
    for name, commit_, label in labels:
        at.setdefault((name, commit_), []).append(label)
    for version in versions:
        found = at.get((version.name, version.commit))
        yield replace(version, labels=tuple(found)) if found else version


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


def commit(
    top: Path,
    tree: trees.Tree,
    content: Trailer,
    ref: str = "",
    before: str = "",
    *,
    label: str = "",
) -> str:
    """Make a version's commit and the ref to it; return the commit.

    Parameters
    ----------
    top : Path
        The top of the git repository.
    tree : Tree
        How the commit's tree differs from HEAD's.
    content : Trailer
        What the commit says about itself.
    ref : str
        The full name of its ref; the version's tag by default.
    before : str
        What the ref must point to until now: labels there go along. By default it must not be
        there.
    label : str
        A label to be made with it.

    Raises
    ------
    Conflict
        Another process has just made, moved or removed this ref or label.
    """
    parent = git.run(top, "rev-parse", "--verify", "--quiet", "HEAD^{commit}", ok=(0, 1))
    made = trees.write(top, tree, parent)
    mark = f"v{content.version}" if content.version else content.hash[:8]
    subject = f"data:{content.name}@{mark} {content.path}"
    message = f"{_one_line(subject)}\n\n{_MARK}{_as_json(content)}\n"
    arguments = ["commit-tree", made, "-F", "-", *(["-p", parent] if parent else [])]
    identity = missing_identity(top)
    new = git.run(top, *trees.PLAIN, *arguments, stdin=message.encode(), env=identity)
    refs = {ref or tag_of(content.name, content.version): before}
    if before:
        of_name = read_refs(top, f"{PREFIX}{encode(content.name)}/")
        refs |= {other: before for other, at, _ in of_name if at == before}
    if label:
        refs[label_tag(content.name, label)] = ""
    _point(top, refs, new)
    return new


def add_label(top: Path, name: str, label: str, commit_: str) -> None:
    """Give a version's commit a label.

    Raises
    ------
    Conflict
        Another process has just made this label.
    """
    _point(top, {label_tag(name, label): ""}, commit_)


def _point(top: Path, refs: Mapping[str, str], new: str) -> None:
    """Let refs point to a commit, all or none, where they are as they were known to be."""
    nothing = "0" * len(new)
    lines = [f"update {ref}\0{new}\0{old or nothing}\0" for ref, old in refs.items()]
    words = (*trees.PLAIN, "update-ref", "-z", "--stdin")
    try:
        git.run(top, *words, stdin="".join(lines).encode())
    except ToolFailed:
        if _unlocked(top, refs):
            return _point(top, refs, new)
        for ref, old in refs.items():
            if git.run(top, "for-each-ref", "--format=%(objectname)", ref) != old:
                raise Conflict(
                    f"{ref} was made or moved by another process just now", "do it again"
                ) from None
        raise


def _unlocked(top: Path, refs: Iterable[str]) -> bool:
    """Remove the locks of refs of ours that a killed git has left; return whether there were any.

    git holds one for milliseconds, and takes it for another's for ever.
    """
    common = Path(top, git.run(top, "rev-parse", "--git-common-dir"))
    left = [lock for ref in refs if trees.is_abandoned(lock := common / f"{ref}.lock", _LOCKED_S)]
    for lock in left:
        lock.unlink(missing_ok=True)
    return bool(left)


def missing_identity(top: Path) -> dict[str, str]:
    """Return variables with a neutral identity for what git knows no name or address for."""
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

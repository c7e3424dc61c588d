"""Labels: words beside the number that name a version, ``data:NAME@LABEL``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlops_jupyter.data.catalog import tags, words
from mlops_jupyter.errors import BadInput, Conflict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops_jupyter.data.records import DataVersion

_HINT = "give a word such as `--tag final`"
# What a reference understands in other ways: a number, the newest, the beginning of a hash.
_NUMBER = re.compile(r"v?[0-9]*", re.IGNORECASE)
_NEWEST = {"latest", "newest"}
_HASH = re.compile(r"[0-9a-f]{8,}(\.dir)?", re.IGNORECASE)


def checked(label: str) -> str:
    """Return a label that references, git and file systems can hold.

    Raises
    ------
    BadInput
        It cannot be one; says why.

    Examples
    --------
    >>> checked("as published")
    'as published'
    """
    label = words.checked(label, "tag", _HINT)
    if "@" in label:
        raise _refusal(label, "an '@' stands between a name and its version")
    if _NUMBER.fullmatch(label):
        raise _refusal(label, "it would read as a version's number")
    if label.casefold() in _NEWEST:
        raise _refusal(label, "it would not stay with its version")
    if _HASH.fullmatch(label):
        raise _refusal(label, "it would read as the beginning of a hash")
    return label


def is_free(label: str, name: str, known: Sequence[DataVersion]) -> bool:
    """Return whether no version of a name has this label.

    Raises
    ------
    BadInput
        ``data:NAME@LABEL`` would mean something else.
    """
    for version in known:
        if version.name == f"{name}@{label}":
            raise BadInput(
                f"data:{name}@{label} is data of its own ({version.ref})", "give another tag"
            )
        for other in version.labels if version.name == name else ():
            # A file system may not tell them apart.
            if other != label and other.casefold() == label.casefold():
                raise BadInput(
                    f"{version.ref} is tagged {other!r}: {label!r} differs only in case",
                    "give another tag",
                )
    return not any(label in each.labels for each in known if each.name == name)


def refuse_moving(label: str, known: Sequence[DataVersion], to: DataVersion | None) -> None:
    """Refuse a label that another version of this name has.

    Parameters
    ----------
    label : str
        The label.
    known : sequence of DataVersion
        The versions of the name.
    to : DataVersion, optional
        The version that is to have it; None for one that is not made yet.

    Raises
    ------
    Conflict
        Another version has it.
    """
    for version in known:
        if label in version.labels and (to is None or to.version != version.version):
            tag = tags.label_tag(version.name, label).removeprefix("refs/tags/")
            raise Conflict(
                f"{version.ref} is tagged {label!r} already, and what a tag names stays",
                f"give another; or take that one away by `git tag -d {tag}`",
            )


def _refusal(label: str, why: str) -> BadInput:
    return words.refusal(label, "tag", why, _HINT)

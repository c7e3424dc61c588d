"""What names of data and labels have in common: references, git and file systems hold them."""

from __future__ import annotations

import unicodedata

from mlops_jupyter.data.catalog import tags
from mlops_jupyter.errors import BadInput

_LONGEST = 200  # as a file name below .git, percent-encoded


def checked(word: str, kind: str, hint: str) -> str:
    """Return a word in the one spelling that it is kept in.

    Parameters
    ----------
    word : str
        What a user gave.
    kind : str
        What it is to be: a name, a tag.
    hint : str
        What to give instead.

    Raises
    ------
    BadInput
        It cannot be one; says why.
    """
    word = unicodedata.normalize("NFC", word)
    if not word or word != word.strip() or not word.isprintable():
        raise refusal(word, kind, "empty, spaces around it, or control characters", hint)
    if len(tags.encode(word)) > _LONGEST:
        raise BadInput(f"the {kind} {word[:40]!r}… is too long", hint)
    return word


def refusal(word: str, kind: str, why: str, hint: str) -> BadInput:
    """Return the error that says why a word cannot be one."""
    return BadInput(f"{word!r} cannot be a {kind}: {why}", hint)

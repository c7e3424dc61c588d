"""What is measured of texts: Evidently's descriptors that need no download, a column at a time.

Length, words and sentences are counted, and the share of characters that are no letters: the
numbers of ``TextLength``, ``WordCount``, ``SentenceCount`` and ``NonLetterCharacterPercentage``,
to which a test holds them. A missing text, for Evidently one of 0 words, stays missing here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlops_jupyter.drift.memory.columns import MemoryPair

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    import pyarrow as pa

    from mlops_jupyter.drift.pairs import Pair

# Python's \s and \w, of all alphabets, as Arrow's expressions (RE2) have to be told them.
_SPACE = (
    r"[\t-\r\x1c-\x20\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]"
)
_WORD = r"[\pL\pN_]"
# A text is cut at a space after a full stop or a question mark,
_CUTS = rf"[.?]{_SPACE}"
# but not after "e.g." or "Mr.": these never overlap, so that they can be counted and taken off.
_NO_CUTS = (rf"{_WORD}\.{_WORD}[.?]{_SPACE}", rf"[A-Z][a-z]\.{_SPACE}")
_HALVES = re.compile("[\ud800-\udfff]")


def described(pair: Pair) -> list[tuple[str, Pair]]:
    """Return what is measured of a column of texts, as columns of numbers.

    Parameters
    ----------
    pair : Pair
        Texts on both sides.

    Returns
    -------
    list of (str, Pair)
        What is measured; its values on both sides, named ``column: what``.

    Examples
    --------
    >>> import pandas as pd
    >>> texts = MemoryPair("review", pd.Series(["Good. So good."]), pd.Series(["No. 1!", "Why?"]))
    >>> for name, measured in described(texts):
    ...     print(name, *(side.tolist() for side in measured.series()))
    length [14.0] [6.0, 4.0]
    words [3.0] [1.0, 1.0]
    sentences [2.0] [1.0, 1.0]
    non-letters in % [14.285714285714286] [50.0, 25.0]
    """
    texts = pair.series().map(_as_arrow)
    found: list[tuple[str, Pair]] = []
    for name, measure in _MEASURES.items():
        sides = texts.map(lambda side, measure=measure: _numbers(measure(side)))  # type: ignore[misc]
        found.append((name, MemoryPair(f"{pair.column}: {name}", *sides)))
    return found


def _lengths(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow.compute as pc

    return pc.utf8_length(texts)


def _words(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Between blanks, what has a letter of A to Z."""
    import pyarrow.compute as pc

    return pc.count_substring_regex(texts, "[a-zA-Z][^ ]*")


def _sentences(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow.compute as pc

    found = pc.add(pc.count_substring_regex(texts, _CUTS), 1)
    for pattern in _NO_CUTS:
        found = pc.subtract(found, pc.count_substring_regex(texts, pattern))
    return found


def _other_characters(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """The share of characters that are neither letters nor blanks; 0 of an empty text."""
    import pyarrow.compute as pc

    rest = pc.utf8_length(pc.replace_substring_regex(texts, r"[\pL ]+", ""))
    lengths = pc.max_element_wise(pc.utf8_length(texts), 1)
    return pc.divide(pc.multiply(rest, 100.0), lengths)


_MEASURES: dict[str, Callable[[pa.ChunkedArray], pa.ChunkedArray]] = {
    "length": _lengths,
    "words": _words,
    "sentences": _sentences,
    "non-letters in %": _other_characters,
}


def _as_arrow(series: pd.Series[Any]) -> pa.ChunkedArray:
    import pyarrow as pa

    values = series.astype("object") if series.dtype.name == "category" else series
    try:
        return pa.chunked_array([pa.array(values, pa.large_string())])
    except UnicodeEncodeError:  # half a surrogate pair, out of a file
        whole = [_HALVES.sub("\ufffd", value) for value in values]
        return pa.chunked_array([pa.array(whole, pa.large_string())])


def _numbers(values: pa.ChunkedArray) -> pd.Series[Any]:
    """Return counts as fractions: what has few different whole numbers is taken for categories."""
    import pandas as pd

    return pd.Series(values.to_numpy().astype("float64"))

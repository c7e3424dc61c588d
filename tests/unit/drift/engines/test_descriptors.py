"""What is measured of texts: Evidently's own numbers."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_jupyter.drift.engines import columnar
from mlops_jupyter.drift.engines.descriptors import described
from mlops_jupyter.drift.memory.columns import MemoryPair

SAID = [
    "Good. So good. Really? Yes!",
    "Mr. X met Dr. No. They, e.g. two of them, left at 5.30 a.m. today. Why?\nWho knows.",
    "",
    " ",
    "日本。 Übung macht den Meister. Æther? ½ of it.",
    "a\tb\nc d-e 1 2 3 -- ...",
    "U.S. first. The U.K. next? A.B. C. . ? .",
    "tab.\tnext.\x0bnext.\x1cnext.\x85next.\xa0next.\u2003end. ",
    "\ud800. half? \udfff",
]
# Arrow may know newer letters than Python does: those are left out.
texts = st.text(
    st.sampled_from(" .?\n\tAbz1_é日½\x85\u2028-") | st.characters(exclude_categories=["Cn", "Cs"]),
    max_size=40,
)


@pytest.fixture(scope="module")
def evidentlys():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from evidently.legacy.features import (
            non_letter_character_percentage_feature,
            sentence_count_feature,
            text_length_feature,
            word_count_feature,
        )

    return {
        "length": text_length_feature.TextLength("x"),
        "words": word_count_feature.WordCount("x"),
        "sentences": sentence_count_feature.SentenceCount("x"),
        "non-letters in %": (
            non_letter_character_percentage_feature.NonLetterCharacterPercentage("x")
        ),
    }


def measured(values):
    pair = MemoryPair("x", pd.Series(values, dtype=object), pd.Series(["."]))
    return {name: found.series().reference.tolist() for name, found in described(pair)}


def expected(evidentlys, values):
    def say(name, value):
        # Of an empty text Evidently divides by its length.
        empty = not value and name == "non-letters in %"
        return 0.0 if empty else float(evidentlys[name].apply(value))

    return {name: [say(name, value) for value in values] for name in evidentlys}


def test_as_evidently(evidentlys):
    assert measured(SAID) == expected(evidentlys, SAID)


@given(st.lists(texts, min_size=1, max_size=20))
def test_as_evidently_on_any_text(evidentlys, values):
    assert measured(values) == expected(evidentlys, values)


@pytest.mark.parametrize("dtype", ["object", "string", "string[pyarrow]", "category"])
def test_whatever_holds_them(dtype):
    values = pd.Series(["One two.", None, "Three"], dtype=dtype)
    for name, pair in described(MemoryPair("note", values, values[2:])):
        assert pair.column == f"note: {name}"
        assert [len(side) for side in pair.series()] == [2, 1]


def test_they_are_numbers_with_a_verdict():
    rng = np.random.default_rng(0)
    few, many = (
        pd.Series([f"{i} " + "word " * n for i, n in enumerate(rng.poisson(mean, 200))])
        for mean in (3, 9)
    )
    found = {name: columnar.compare(pair) for name, pair in described(MemoryPair("x", few, many))}
    assert {verdict.type for verdict in found.values()} == {"numeric"}
    assert found["words"].drifted
    assert not found["sentences"].drifted

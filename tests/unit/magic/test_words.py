"""The words of a magic's line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_jupyter.errors import UsageError
from mlops_jupyter.magic.words import split


def test_quotes_group_and_dollars_stay():
    assert split("drift $first 'a b.csv' --columns x,y", {}) == [
        "drift", "$first", "a b.csv", "--columns", "x,y",
    ]  # fmt: skip


@given(st.text(alphabet=st.characters(blacklist_characters="\x00")))
def test_a_value_stays_one_word_whatever_it_holds(value: str):
    assert split("log note={value}", {"value": value}) == ["log", f"note={value}"]


def test_format_and_conversion_as_in_an_f_string():
    assert split("log a={x:.2f} b={y!r} c={{z}}", {"x": 1.234, "y": "q"}) == [
        "log", "a=1.23", "b='q'", "c={z}",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("log a={nothing}", "NameError"),
        ("log a={1/0}", "ZeroDivisionError"),
        ("log 'a", "close the quote"),
        ("log a={", "braces"),
        ("log a={x:.2q}", "cannot be evaluated"),
    ],
)
def test_what_cannot_be_read_is_told(line: str, told: str):
    with pytest.raises(UsageError) as caught:
        split(line, {"x": 1.0})
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("log x=1 # a comment", ["log", "x=1"]),
        ("log x=1 # don't {mind} \"this", ["log", "x=1"]),
        ("# all of it", []),
        ("track 'a # b'", ["track", "a # b"]),
        ('track "a \\" # b" --off', ["track", 'a " # b', "--off"]),
        ("show run#1 -p colour=#fff", ["show", "run#1", "-p", "colour=#fff"]),
        ("log x={len('a # b')}", ["log", "x=7"]),
        ("log x={7:#x}", ["log", "x=0x7"]),
        (r"track \# a\ #b", ["track", "#", "a #b"]),
    ],
)
def test_a_comment_at_the_end_is_passed_over(line, words):
    assert split(line, {"len": lambda text: len(text) + 2}) == words

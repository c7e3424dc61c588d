"""How a space of parameters is written, checked, counted and drawn from."""

from __future__ import annotations

import functools
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_jupyter.errors import BadInput, UsageError
from mlops_jupyter.notebooks import parameters
from mlops_jupyter.sweeps.plan import AxisRecord
from mlops_jupyter.sweeps.space import GRID_LIMIT, Choices, Range, Space, read

CODE = (
    "lr: float = 0.1\ndepth: int = 3\nname: str = 'a'\ncolumns: list = []\nquick = False\n"
    "anything: object = None"
)
check = functools.partial(parameters.check, parameters.from_code(CODE))


def axis(word):
    ((_, found),) = read([word], check).axes.items()
    return found


@pytest.mark.parametrize(
    ("word", "values"),
    [
        ("lr=0.01,0.1", [0.01, 0.1]),
        ("lr=1,2", [1.0, 2.0]),
        ("depth=3..6", [3, 4, 5, 6]),
        ("depth=-1..1", [-1, 0, 1]),
        ("depth=3..9..3", [3, 6, 9]),
        ("depth=3..10..3", [3, 6, 9]),
        ("lr=0..1..0.25", [0, 0.25, 0.5, 0.75, 1]),
        ("lr=0.1..0.5..0.1", [0.1, 0.2, 0.3, 0.4, 0.5]),
        ("name=a,b", ["a", "b"]),
        ("name=../data", ["../data"]),
        ('name="a,b",c', ["a,b", "c"]),
        ('columns=["a","b"],["c"]', [["a", "b"], ["c"]]),
        ("quick=true,false", [True, False]),
        ("depth=7", [7]),
    ],
)
def test_values_as_they_are_written(word, values):
    found = list(axis(word).values)
    assert found == values
    assert axis(word).count == len(values)
    assert [type(value) for value in found] == [type(v) for v in values] or word.startswith("lr")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("lr=1e-4..1e-1:log", Range(1e-4, 1e-1, None, log=True)),
        ("depth=1..1000:log", Range(1, 1000, None, log=True)),
        ("lr=0.0..1.0", Range(0.0, 1.0)),
    ],
)
def test_what_cannot_be_counted(word, expected):
    assert axis(word) == expected
    assert axis(word).count is None


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        (["lr"], UsageError, "is not name=values"),
        (["=1"], UsageError, "is not name=values"),
        ([], UsageError, "nothing is to be searched"),
        (["lr=1", "lr=2"], UsageError, "given twice"),
        (["lr=0.1,0.1"], UsageError, "0.1 twice"),
        (["deepth=3"], BadInput, "no parameter 'deepth'"),
        (["depth=3,x"], BadInput, "'depth'"),
        (["depth=0.0..1.0"], BadInput, "'depth'"),
        (["depth=3..9,12"], UsageError, "a range in a list"),
        (["depth=9..3"], UsageError, "9 is not below 3"),
        (["depth=3..3"], UsageError, "3 is not below 3"),
        (["depth=1..4..0"], UsageError, "a step of 0"),
        (["depth=1..4..-1"], UsageError, "a step of -1"),
        (["depth=1..4..9"], UsageError, "a step of 9"),
        (["lr=0..1:log"], UsageError, "begins above 0"),
        (["lr=0.1..1..0.1:log"], UsageError, "it has a step"),
        (["lr=1..1e999"], UsageError, "too large"),
        (["name=1..3"], BadInput, "'name'"),
    ],
)
def test_what_is_refused(words, error, said):
    with pytest.raises(error, match=said):
        read(words, check)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([0.1, 1], Choices((0.1, 1.0))),
        (range(3), None),
        ("1e-4..1e-1:log", Range(1e-4, 1e-1, None, log=True)),
        (0.5, Choices((0.5,))),
    ],
)
def test_from_python(value, expected):
    name = "depth" if isinstance(value, range) else "lr"
    found = read({name: value}, check).axes[name]
    assert found == (expected or Choices((0, 1, 2)))


def test_an_array_is_a_list_of_values():
    import numpy as np

    found = read({"depth": np.arange(2, 5)}, check).axes["depth"]
    assert found == Choices((2, 3, 4))
    assert {type(value) for value in found.values} == {int}


def test_an_empty_list_has_no_values():
    with pytest.raises(UsageError, match="no values"):
        read({"depth": []}, check)


def test_a_grid_is_all_combinations_the_last_parameter_changing_fastest():
    space = read(["depth=1..2", "lr=0.1,0.2", "name=x"], check)
    assert space.size == 4
    assert list(space.grid()) == [
        {"depth": 1, "lr": 0.1, "name": "x"},
        {"depth": 1, "lr": 0.2, "name": "x"},
        {"depth": 2, "lr": 0.1, "name": "x"},
        {"depth": 2, "lr": 0.2, "name": "x"},
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["lr=0.0..1.0"], "cannot hold all of lr"),
        (["depth=1..100:log"], "cannot hold all of depth"),
        ([f"depth=1..{GRID_LIMIT + 1}"], "10,001 trials"),
        (["depth=1..1000000000000", "lr=0.1,0.2"], "2,000,000,000,000 trials"),
    ],
)
def test_what_is_no_grid(words, said):
    with pytest.raises(UsageError, match=said):
        read(words, check).grid()


def test_a_sample_is_the_same_for_the_same_seed_and_begins_as_a_longer_one():
    space = read(["lr=1e-4..1e-1:log", "depth=1..100", "name=a,b"], check)
    assert space.sample(5, seed=1) == space.sample(5, seed=1)
    assert space.sample(9, seed=1)[:5] == space.sample(5, seed=1)
    assert space.sample(5, seed=1) != space.sample(5, seed=2)


def test_a_sample_has_no_point_twice_and_may_be_the_whole_space():
    space = read(["depth=1..3", "name=a,b"], check)
    drawn = space.sample(6, seed=0)
    assert sorted(map(repr, drawn)) == sorted(map(repr, space.grid()))
    with pytest.raises(UsageError, match="the space has 6 points"):
        space.sample(7, seed=0)


numbers = st.floats(1e-6, 1e6)


@given(low=numbers, factor=st.floats(1.5, 1e6), seed=st.integers(0, 99))
def test_log_ranges_are_kept_within_their_ends(low, factor, seed):
    found = Range(low, low * factor, None, log=True).draw(random.Random(seed))
    assert low <= found <= low * factor


@given(low=st.integers(1, 50), span=st.integers(1, 1000), seed=st.integers(0, 99))
def test_whole_numbers_stay_whole(low, span, seed):
    found = Range(low, low + span, None, log=True).draw(random.Random(seed))
    assert isinstance(found, int)
    assert low <= found <= low + span


def test_log_ranges_give_each_size_as_often():
    chance = random.Random(0)
    drawn = [Range(1e-4, 1e0, None, log=True).draw(chance) for _ in range(4000)]
    small = sum(value < 1e-2 for value in drawn)
    assert 0.45 < small / len(drawn) < 0.55


@given(low=st.integers(-20, 20), steps=st.integers(1, 40), hundredths=st.integers(1, 200))
def test_steps_are_exact_and_include_an_end_that_they_meet(low, steps, hundredths):
    step = hundredths / 100
    high = (low * 100 + steps * hundredths) / 100
    found = list(Range(float(low), high, step).values)
    assert len(found) == steps + 1
    assert found[0] == low
    assert math.isclose(found[-1], high, abs_tol=1e-9)
    assert found[-1] <= high


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text):
    try:
        found = read([f"anything={text}"], check)
    except (UsageError, BadInput):
        return
    assert found.axes["anything"].count is None or found.size


@pytest.mark.parametrize(
    "kept",
    [
        Choices((1, "a", None, [1, 2])),
        Range(1, 9, 1),
        Range(0.5, 1.0),
        Range(1, 99, None, log=True),
    ],
)
def test_what_is_kept_of_an_axis_is_the_axis(kept):
    found = AxisRecord.model_validate_json(AxisRecord.of(kept).model_dump_json()).axis()
    assert found == kept
    assert Space({"x": found}).size == Space({"x": kept}).size
    if isinstance(kept, Range):
        assert isinstance(found.low, type(kept.low))

"""Parameters of a notebook: found in its cell, checked before any kernel."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_jupyter.errors import BadInput, UsageError
from mlops_jupyter.notebooks import parameters
from mlops_jupyter.notebooks.source import Source


def types_of(code):
    return {p.name: str(p.type) for p in parameters.from_code(code).values()}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("n = 6", "int"),
        ("n = -6", "int"),
        ("n: float = 6", "float"),
        ("n = 6.5", "float"),
        ("n = True", "bool"),
        ("n = 'x'", "str"),
        ("n = None", "any or None"),
        ("n = [1, 2]", "list"),
        ("n: list[int] = [1]", "list[int]"),
        ("n: typing.List[str] = []", "list[str]"),
        ("n = {'a': 1}", "dict"),
        ("n: Optional[int] = None", "int or None"),
        ("n: 'str | None' = None", "str or None"),
        ("n: None | str = None", "str or None"),
        ("n: Union[int, None] = 1", "int or None"),
        ("n: int | str = 1", "any or None"),
        ("n: Path = Path('x')", "any or None"),
        ("n: Literal['a', 'b'] = 'a'", "str"),
        ("n = 1 + 1", "any or None"),
    ],
)
def test_type_is_the_annotation_or_that_of_the_default(code, expected):
    assert types_of(code) == {"n": expected}


def test_only_assignments_with_a_default_are_parameters():
    code = (
        "# months\nimport os\na = 1\nb: int\nc, d = 1, 2\ne = f = 'x'\nos.x = 3\n%magic x = 1\n!ls"
    )
    assert list(parameters.from_code(code)) == ["a", "e", "f"]


def test_default_that_is_no_literal_is_kept_as_text():
    assert parameters.from_code("path = Path('x') / 'y'")["path"].default == "Path('x') / 'y'"


def test_a_cell_that_is_not_python_names_the_line():
    with pytest.raises(BadInput, match="line 2"):
        parameters.from_code("a = 1\nb = (")


CODE = """
month: int = 6
rate: float = 0.1
shuffle = False
name = "forest"
columns: list[str] = ["a"]
options = {"depth": 3}
seed: int | None = None
anything = None
"""


def checked(*words):
    return parameters.check(parameters.from_code(CODE), words)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("month=7", 7),
        ("month=-7", -7),
        ("rate=3", 3.0),
        ("rate=1e-3", 0.001),
        ("shuffle=true", True),
        ("shuffle=True", True),
        ("shuffle=0", False),
        ("name=007", "007"),
        ("name=None", "None"),
        ("name=", ""),
        ("name=a=b", "a=b"),
        ("name= x ", " x "),
        ("name=été 航班", "été 航班"),
        ('columns=["a", "b"]', ["a", "b"]),
        ("columns=['a', 'b']", ["a", "b"]),
        ("columns=[]", []),
        ('options={"depth": 4}', {"depth": 4}),
        ("options={'depth': None}", {"depth": None}),
        ("seed=None", None),
        ("seed=null", None),
        ("seed=5", 5),
        ("anything=5", 5),
        ("anything=5.5", 5.5),
        ("anything=true", True),
        ("anything=None", None),
        ("anything=five", "five"),
    ],
)
def test_text_becomes_a_value_of_the_parameters_type(word, expected):
    (value,) = checked(word).values()
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("month=seven", "'month' takes an int, not 'seven'"),
        ("month=6.5", "'month' takes an int, not '6.5'"),
        ("month=", "'month' takes an int, not ''"),
        ("month=None", "'month' takes an int"),
        ("rate=fast", "'rate' takes a float"),
        ("shuffle=maybe", "'shuffle' takes a bool"),
        ("columns=a", r"'columns' takes a list\[str\]"),
        ("columns=[1, 2]", r"'columns' takes a list\[str\]"),
        ("columns=[a, b]", r"'columns' takes a list\[str\]"),
        ("columns=[a", r"'columns' takes a list\[str\]"),
        ("options=[1]", "'options' takes a dict"),
        ("seed=x", "'seed' takes an int or None"),
    ],
)
def test_value_of_another_type_is_refused_by_name(word, says):
    with pytest.raises(BadInput, match=says):
        checked(word)


def test_int_that_should_be_any_number_says_how_to_annotate():
    with pytest.raises(BadInput) as caught:
        checked("month=6.5")
    assert "month: float" in caught.value.hint


def test_unknown_name_is_guessed_and_the_known_ones_listed():
    with pytest.raises(BadInput, match="no parameter 'mnth'") as caught:
        checked("mnth=7")
    assert "did you mean 'month'?" in caught.value.hint
    assert "rate (float)" in caught.value.hint


@pytest.mark.parametrize("word", ["month", "=7", ""])
def test_word_that_is_not_name_equals_value(word):
    with pytest.raises(UsageError, match="is not name=value"):
        checked(word)


def test_name_given_twice():
    with pytest.raises(UsageError, match="'month' is given twice"):
        checked("month=7", "month=8")


def test_without_a_parameters_cell_says_how_to_tag_one():
    with pytest.raises(BadInput, match="no cell tagged 'parameters'") as caught:
        parameters.check(None, ["month=7"])
    assert "property inspector" in caught.value.hint


def test_without_a_parameters_cell_and_without_values():
    assert parameters.check(None, []) == {}
    assert parameters.check(None, {}) == {}
    assert parameters.check(None, None) == {}


def test_values_from_python_keep_their_type_or_are_refused():
    known = parameters.from_code(CODE)
    values = {"month": np.int64(7), "rate": 1, "columns": ("a", "b"), "seed": None}
    result = parameters.check(known, values)
    assert result == {"month": 7, "rate": 1.0, "columns": ["a", "b"], "seed": None}
    assert type(result["month"]) is int
    assert type(result["rate"]) is float
    for wrong in ({"month": "7"}, {"month": True}, {"month": 7.0}, {"name": 7}, {"name": None}):
        with pytest.raises(BadInput, match="takes"):
            parameters.check(known, wrong)
    with pytest.raises(BadInput, match="takes"):
        parameters.check(known, {"anything": object()})


@given(st.integers())
def test_ints_stay_ints(number):
    value = checked(f"month={number}")["month"]
    assert value == number
    assert type(value) is int


@given(st.floats(allow_nan=False))
def test_floats_stay_floats(number):
    value = checked(f"rate={number!r}")["rate"]
    assert value == number
    assert type(value) is float


@given(st.text())
def test_text_stays_text(text):
    assert checked(f"name={text}")["name"] == text


@given(st.lists(st.text()))
def test_lists_given_as_json_stay_as_they_are(items):
    assert checked(f"columns={json.dumps(items)}")["columns"] == items


def test_nan_is_a_float():
    assert math.isnan(checked("rate=nan")["rate"])


def notebook(*cells, **metadata):
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": list(cells)}
    return Source(path=None, content=content)


def cell(source, tags=(), cell_type="code"):
    return {"cell_type": cell_type, "source": source, "metadata": {"tags": list(tags)}}


def test_first_tagged_code_cell_is_read():
    found = parameters.read(
        notebook(
            cell("# a = 0", ["parameters"], "markdown"),
            cell("a = 0"),
            cell(["a = 1\n", "b = 2"], ["x", "parameters"]),
            cell("c = 3", ["parameters"]),
        )
    )
    assert {p.name: p.default for p in found.values()} == {"a": 1, "b": 2}
    assert parameters.read(notebook(cell("a = 0"))) is None


def test_another_language_is_not_read_and_not_checked():
    r_notebook = notebook(
        cell("a <- 1", ["parameters"]), kernelspec={"name": "ir", "language": "R"}
    )
    assert parameters.read(r_notebook) is None
    assert parameters.check_unseen(["a=1", "b=x"]) == {"a": 1, "b": "x"}


def test_all_parameters_are_logged_with_defaults():
    known = parameters.from_code("a = 1\nb = 2")
    assert parameters.as_logged(known, {"b": 3}) == {"a": 1, "b": 3}


def test_a_wrong_parameter_costs_no_heavy_import():
    code = (
        "import sys, mlops_jupyter.notebooks.parameters, mlops_jupyter.notebooks.source\n"
        "import mlops_jupyter.notebooks.run\n"
        "heavy = {'papermill', 'nbformat', 'nbclient', 'mlflow', 'pandas', 'jupyter_client'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

"""Parameters of a notebook: found in its cell, checked before any kernel."""

import datetime as dt
import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_jupyter.errors import BadInput, UsageError
from mlops_jupyter.notebooks import parameters
from mlops_jupyter.notebooks.parameters import injecting
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
        ("n = None", "any"),
        ("n = [1, 2]", "list"),
        ("n: list[int] = [1]", "list[int]"),
        ("n: typing.List[str] = []", "list[str]"),
        ("n = {'a': 1}", "dict"),
        ("n: Optional[int] = None", "int or None"),
        ("n: 'str | None' = None", "str or None"),
        ("n: None | str = None", "str or None"),
        ("n: Union[int, None] = 1", "int or None"),
        ("n: int = None", "int or None"),
        ("n: int | str = 1", "int or str"),
        ("n: Path = Path('x')", "Path"),
        ("n = pathlib.Path('x') / 'y'", "any"),
        ("n: Literal['a', 'b'] = 'a'", "one of 'a', 'b'"),
        ("n: Literal['a', None] = 'a'", "one of 'a', None"),
        ("n = 1 + 1", "any"),
        ("n: int = 60 * 60", "int"),
        ("from datetime import date\nn = date(2024, 1, 30)", "date"),
        ("import datetime as dt\nn: dt.datetime = dt.datetime.now()", "datetime"),
        ("import datetime as dt\nn = dt.timedelta(days=1)", "timedelta"),
        ("from datetime import *\nn: timedelta = None", "timedelta or None"),
        ("n: list[list[int]] = []", "list[list[int]]"),
        ("n: Sequence[float] = []", "list[float]"),
        ("n: dict[str, list[Path]] = {}", "dict[str, list[Path]]"),
        ("n: tuple[int, ...] = ()", "tuple[int, …]"),
        ("n: Annotated[int, Field(ge=1, lt=10)] = 1", "int (at least 1, below 10)"),
        ("n: Annotated[int, annotated_types.Interval(gt=1)] = 2", "int (above 1)"),
        ("n: 'Annotated[str, Field(min_length=1)]' = 'a'", "str (length at least 1)"),
        ("n: list[Annotated[float, Field(gt=0)]] = [1]", "list[float (above 0)]"),
        ("from pydantic import PositiveInt\nn: PositiveInt = 1", "int (above 0)"),
        ("n: Final[int] = 1", "int"),
        ("n: Final = 1", "int"),
        ("n = 1  # type: float", "float"),
        ("n = []  # type: Dict[str, int]  sizes", "dict[str, int]"),
        ("n = table['a']", "any"),
        ("Kind = Literal['a', 'b']\nn: Kind | None = None", "one of 'a', 'b' or None"),
    ],
)
def test_type_is_the_annotation_or_that_of_the_default(code, expected):
    assert types_of(code) == {"n": expected}


@pytest.mark.parametrize(
    "annotation",
    [
        "np.int64", "pd.Timestamp", "Color", "Literal[Color.RED]", "list[int, str]", "1", "f()",
        "Annotated[int, Field(pattern='(')]", "'list['",
        "open('made', 'w').write('x')", "x[", "Literal[open('made', 'w')]",
    ],
)  # fmt: skip
def test_an_annotation_that_is_not_known_takes_anything_and_is_not_executed(
    annotation, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    if annotation == "x[":
        with pytest.raises(BadInput):
            parameters.from_code(f"n: {annotation} = 1")
        return
    found = parameters.from_code(f"n: {annotation} = 1")
    assert parameters.check(found, ["n=x"]) == {"n": "x"}
    assert found["n"].type.unknown
    assert list(tmp_path.iterdir()) == []


def test_names_mean_what_the_notebook_imports():
    own = "from time import time\nfrom mine import date, Path\n"
    found = parameters.from_code(f"{own}started = time()\nday: date = None\npath = Path('x')")
    assert [p.known for p in found.values()] == [False, True, False]
    assert found["day"].type.unknown == "date"
    found = parameters.from_code("from datetime import date as Day\nday: Day = Day(2024, 1, 30)")
    assert str(found["day"].type) == "date"


def test_names_may_be_imported_in_a_cell_above():
    found = parameters.read(
        notebook(
            cell("import datetime as dt\nMode = Literal['fast', 'slow']"),
            cell("not python ["),
            cell("day: dt.date = dt.date(2024, 1, 30)\nmode: Mode = 'fast'", ["parameters"]),
        )
    )
    assert [str(p.type) for p in found.values()] == ["date", "one of 'fast', 'slow'"]


@pytest.mark.parametrize(
    ("code", "description"),
    [
        ("n = 1  # how many", "how many"),
        ("# how many\nn = 1", "how many"),
        ("# how many\n# of them\nn = 1", "how many of them"),
        ("# not this\nn = 1  # this", "this"),
        ("# another thing\n\nn = 1", ""),
        ("a = 1  # of a\nn = 1", ""),
        ("n = 1  # type: int  how many", "how many"),
        ("n = 1  # type: int how many", "how many"),
        ("n = 1  # type: dict[str, int] how many", "how many"),
        ("n = [\n    1,  # one\n]  # all", "all"),
        ("n = '# no comment'", ""),
        ("n = 1  # noqa: E501", ""),
        ("n = 1  # type: ignore", ""),
        ("# Parameters\nn = 1", ""),
        ("# --- Data ---\nn = 1", "Data"),
        ("n: Annotated[int, Field(description='how many')] = 1  # x", "how many"),
        ("n: Annotated[int, 'how many'] = 1", "how many"),
        ("%time\nn = 1  # how many", "how many"),
        ("#how many: été\nn = 1", "how many: été"),
    ],
)
def test_description_is_what_is_said_beside_or_above(code, description):
    assert parameters.from_code(code)["n"].description == description


@pytest.mark.parametrize(
    "code",
    [
        "%matplotlib inline\nn: int = 1\n!ls",
        "files = !ls\nn: int = 1",
        "%%time\nn: int = 1",
        "%%capture out --no-stderr\n\nn: int = 1",
        "import os; n: int = 1",
        "?print\nn: int = 1",
        "%load_ext x\\\n  y\nn: int = 1",
        'text = """\n%no magic\n"""\nn: int = 1',
        "n: int = (  # here\n    1\n)",
    ],
)
def test_magics_do_not_hide_parameters(code):
    assert str(parameters.from_code(code)["n"].type) == "int"


def test_a_cell_in_another_language_has_none():
    assert parameters.from_code("%%bash\nn=1") == {}


def test_names_may_hide_those_of_python():
    found = parameters.from_code("list = [1]\nint: int = 3\n_ = 1\nclass_ = 2\nété = 4")
    words = ["list=[2]", "int=4", "_=2", "class_=3", "été=5"]
    assert parameters.check(found, words) == {"list": [2], "int": 4, "_": 2, "class_": 3, "été": 5}


def test_only_assignments_are_parameters():
    code = (
        "# months\nimport os\na = 1\nb: int\nc, d = 1, 2\ne = f = 'x'\nos.x = 3\n%magic x = 1\n!ls"
    )
    assert list(parameters.from_code(code)) == ["a", "b", "e", "f"]


def test_an_annotation_alone_is_a_parameter_that_has_to_be_given():
    found = parameters.from_code("n: int\nm = 1\nm: int")
    assert [p.required for p in found.values()] == [True, False]
    with pytest.raises(BadInput, match="'n' has no default"):
        parameters.require(found, {"m": 2})
    parameters.require(found, parameters.check(found, ["n=2"]))
    assert parameters.as_logged(found, {}) == {"m": 1}


def test_default_that_is_no_literal_is_kept_as_text():
    assert parameters.from_code("path = Path('x') / 'y'")["path"].default == "Path('x') / 'y'"


def test_a_cell_that_is_not_python_names_the_line():
    with pytest.raises(BadInput, match="line 2"):
        parameters.from_code("a = 1\nb = (")


def test_what_is_nested_too_deeply_is_refused_by_name():
    with pytest.raises(BadInput, match=r"'n' in the cell|is not Python"):
        parameters.from_code("n = " + "+".join(["1"] * 20_000))
    with pytest.raises(BadInput, match="is not Python"):
        parameters.from_code("n = " + "(" * 1000 + ")" * 1000)


CODE = """
import datetime as dt
from datetime import date
month: int = 6
rate: float = 0.1
shuffle = False
name = "forest"
columns: list[str] = ["a"]
options = {"depth": 3}
seed: int | None = None
anything = None
day: date = None
at: dt.datetime
path: Path | None = None
kind: Literal["fast", "slow"] = "fast"
size: int | str = "auto"
share: Annotated[float, Field(ge=0, le=1)] = 0.5
days: list[date] = []
grid: list[list[int]] = []
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
        ("month=06", 6),
        ("month=+7", 7),
        ("month= 7 ", 7),
        ("rate=.5", 0.5),
        ("rate=-inf", -math.inf),
        ("shuffle=yes", True),
        ("name=none", "none"),
        ("name='quoted'", "'quoted'"),
        ("day=2024-01-30", dt.date(2024, 1, 30)),
        ('day="2024-01-30"', dt.date(2024, 1, 30)),
        ("at=2024-01-30", dt.datetime.fromisoformat("2024-01-30")),
        ("at=2024-01-30T10:05:00", dt.datetime.fromisoformat("2024-01-30T10:05")),
        ("at=2024-01-30 10:05", dt.datetime.fromisoformat("2024-01-30T10:05")),
        ("path=data/a b.csv", Path("data/a b.csv")),
        ("path=None", None),
        ("kind=fast", "fast"),
        ("size=5", 5),
        ("size=auto", "auto"),
        ("size=007", "007"),
        ("size='5'", "'5'"),
        ('size="5"', "5"),
        ("share=1", 1.0),
        ("days=['2024-01-30']", [dt.date(2024, 1, 30)]),
        ("grid=[[1, 2], []]", [[1, 2], []]),
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
        ("month=7.0", "'month' takes an int, not '7.0'"),
        ("month=True", "'month' takes an int"),
        ("month=1e3", "'month' takes an int"),
        ("rate=True", "'rate' takes a float"),
        ("rate=None", "'rate' takes a float"),
        ("shuffle=2", "'shuffle' takes a bool"),
        ("day=30.01.2024", "'day' takes a date or None, not '30.01.2024'"),
        ("day=5", "'day' takes a date"),
        ("day=1706572800", "'day' takes a date"),
        ("day=2024-02-30", "'day' takes a date"),
        ("at=1706572800", "'at' takes a datetime"),
        ("kind=fats", "'kind' takes one of 'fast', 'slow', not 'fats'\n"),
        ("share=1.5", r"'share' takes a float \(at least 0, at most 1\), not '1.5'"),
        (
            "grid=[[1], [2.5]]",
            r"takes a list\[list\[int\]\].*: \[1\]\[0\] should be a valid integer",
        ),
        ("columns=" + "x" * 100_000, "x…\n"),
    ],
)
def test_value_of_another_type_is_refused_by_name(word, says):
    with pytest.raises(BadInput, match=says):
        checked(word)


def test_int_that_should_be_any_number_says_how_to_annotate():
    with pytest.raises(BadInput) as caught:
        checked("month=6.5")
    assert "month: float" in caught.value.hint


def test_a_choice_is_guessed():
    with pytest.raises(BadInput) as caught:
        checked("kind=fats")
    assert "did you mean 'fast'?" in caught.value.hint


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
    with pytest.raises(BadInput, match="no code cell tagged 'parameters'") as caught:
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
    for wrong in (
        {"month": "7"}, {"month": True}, {"month": 7.0}, {"name": 7}, {"name": None},
        {"rate": True}, {"rate": "1"}, {"shuffle": 1}, {"day": 5}, {"at": 1.5}, {"kind": "x"},
        {"share": 2}, {"columns": "ab"}, {"columns": {"a": 1}}, {"path": 5},
    ):  # fmt: skip
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


def test_a_default_set_again_by_a_later_tagged_cell_cannot_be_given():
    found = parameters.read(
        notebook(cell("a = 1\nb = 2", ["parameters"]), cell("x"), cell("a = 3", ["parameters"]))
    )
    assert parameters.check(found, ["b=3"]) == {"b": 3}
    with pytest.raises(BadInput, match="'a' is set again by cell 3"):
        parameters.check(found, ["a=2"])


def test_what_was_injected_before_is_the_default():
    code = "import datetime as dt\nday: dt.date = dt.date(2024, 1, 1)\nb = 2\nc = 3"
    given = injecting.code({"day": dt.date(2024, 1, 30), "b": math.inf, "other": 1})
    found = parameters.read(
        notebook(cell(code, ["parameters"]), cell(given, ["injected-parameters"]))
    )
    assert [p.default for p in found.values()] == [dt.date(2024, 1, 30), math.inf, 3]


@pytest.mark.parametrize("name", ["a; system('x')", "1a", "a b", ""])
def test_a_name_in_another_language_is_a_name(name):
    with pytest.raises(BadInput, match="no name of a variable"):
        parameters.check_unseen({name: 1})


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

"""Values on their way into a notebook: each arrives as what it was."""

import ast
import datetime as dt
import decimal
import json
import math
import pathlib
import uuid
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from mlops_jupyter.errors import BadInput
from mlops_jupyter.notebooks import parameters
from mlops_jupyter.notebooks.parameters import checking, injecting, reading
from mlops_jupyter.notebooks.parameters.literals import Writer

IMPORTS = """
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal
from uuid import UUID
"""


def known(annotation):
    return parameters.from_code(f"{IMPORTS}\nx: {annotation} = ...")


def arrived(values):
    """Execute the injected cell as IPython would."""
    code = TransformerManager().transform_cell(injecting.code(values))
    namespace: dict[str, Any] = {}
    exec(code, namespace)
    return {name: namespace[name] for name in values}


def same(one, other):
    """Whether values are equal, of one type, and so inside; NaN is itself."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return repr(one) == repr(other)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return same(list(one), list(other)) and same(list(one.values()), list(other.values()))
    return one == other


few = settings(max_examples=25, deadline=None)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
FLOATS = st.floats()
DATES = st.dates()
INSTANTS = st.datetimes(timezones=st.none() | st.just(dt.UTC))
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | FLOATS | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=5,
)
# Annotation, values, and how they are written on a command line.
TYPES = [
    ("int", st.integers(), json.dumps),
    ("float", FLOATS, json.dumps),
    ("bool", st.booleans(), json.dumps),
    ("str", TEXT, str),
    ("int | None", st.none() | st.integers(), json.dumps),
    ("float | None", st.none() | FLOATS, json.dumps),
    ("int | float", st.integers() | FLOATS, json.dumps),
    ("bool | int", st.booleans() | st.integers(), json.dumps),
    ("int | str", st.integers() | TEXT, json.dumps),
    ("list", st.lists(JSON_VALUES), json.dumps),
    ("dict", st.dictionaries(TEXT, JSON_VALUES), json.dumps),
    ("list[list[int]]", st.lists(st.lists(st.integers())), json.dumps),
    ("dict[str, list[float]]", st.dictionaries(TEXT, st.lists(FLOATS)), json.dumps),
    ("dict[int, str]", st.dictionaries(st.integers(), TEXT), json.dumps),
    ("tuple[int, str]", st.tuples(st.integers(), TEXT), json.dumps),
    ("tuple[int, ...]", st.lists(st.integers()).map(tuple), json.dumps),
    ("set[int]", st.sets(st.integers()), lambda value: json.dumps(list(value))),
    ("date", DATES, dt.date.isoformat),
    ("datetime", INSTANTS, dt.datetime.isoformat),
    ("time", st.times(), dt.time.isoformat),
    ("list[date]", st.lists(DATES), lambda value: json.dumps([d.isoformat() for d in value])),
    ("Path", TEXT.map(pathlib.Path), str),
    ("UUID", st.uuids(), str),
    ("Literal['a', 'b c', '1']", st.sampled_from(["a", "b c", "1"]), str),
    ("Literal[1, 2, 'auto']", st.sampled_from([1, 2, "auto"]), json.dumps),
    ("object", JSON_VALUES, json.dumps),
]


@pytest.mark.parametrize(
    ("annotation", "values", "write"), TYPES, ids=[annotation for annotation, *_ in TYPES]
)
def test_what_is_written_on_the_command_line_arrives_as_that_value(annotation, values, write):
    wanted = known(annotation)

    @few
    @given(values)
    def arrives(value):
        found = parameters.check(wanted, [f"x={write(value)}"])
        assert same(found["x"], value)
        assert same(arrived(found)["x"], value)

    arrives()


@pytest.mark.parametrize(
    ("annotation", "values"), [t[:2] for t in TYPES], ids=[annotation for annotation, *_ in TYPES]
)
def test_what_is_given_in_python_arrives_as_it_is(annotation, values):
    wanted = known(annotation)

    @few
    @given(values)
    def arrives(value):
        assert same(arrived(parameters.check(wanted, {"x": value}))["x"], value)

    arrives()


# What is text and anything at once is ambiguous once it is text; the rest can be repeated.
REPEATED = [t[:2] for t in TYPES if t[0] not in ("object", "int | str", "list", "dict")]


@pytest.mark.parametrize(("annotation", "values"), REPEATED, ids=[a for a, _ in REPEATED])
def test_a_run_is_repeated_from_what_is_logged_of_it(annotation, values):
    wanted = known(annotation)

    @few
    @given(values)
    def repeats(value):
        logged = parameters.as_logged(wanted, {"x": value})
        again = parameters.check(wanted, [f"x={logged['x']}"])
        assert same(again["x"], value)

    repeats()


@pytest.mark.parametrize(
    "value",
    [
        dt.timedelta(days=-1, microseconds=5),
        decimal.Decimal("1.10"),
        uuid.UUID(int=5),
        {1: "a", (1, 2): None},
        set(),
        frozenset({1}),
        (),
        (1,),
        float("-inf"),
        -0.0,
        'a "quoted"\n\\text\t\x00\x85\u2028\ud800 航班',
        "x" * 1_000_000,
        dt.datetime(2024, 1, 30, 10, 5, tzinfo=dt.timezone(dt.timedelta(hours=-3, minutes=-30))),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_any_value_that_can_be_written_arrives(value):
    (found,) = arrived({"x": value}).values()
    assert same(found, value)


def test_values_of_numpy_and_pandas_arrive_as_plain_ones():
    wanted = parameters.from_code(f"{IMPORTS}\nn = 1\nr = 1.0\nb = True\nday: datetime = None")
    given_values = {
        "n": np.int64(3),
        "r": np.float32(0.5),
        "b": np.bool_(False),
        "day": pd.Timestamp("2024-01-30 10:00"),
    }
    found = parameters.check(wanted, given_values)
    assert same(arrived(found)["day"], dt.datetime(2024, 1, 30, 10))  # noqa: DTZ001 - as given
    assert [type(value) for value in list(found.values())[:3]] == [int, float, bool]


def test_the_cell_hides_no_name_of_the_notebook():
    code = injecting.code({"day": dt.date(2024, 1, 30), "_datetime": 1, "float": math.inf})
    namespace = {"datetime": "mine", "math": "mine", "pathlib": "mine"}
    exec(code, namespace)
    assert namespace["day"] == dt.date(2024, 1, 30)
    assert namespace["_datetime"] == 1
    assert namespace["float"] == math.inf
    assert {namespace[name] for name in ("datetime", "math", "pathlib")} == {"mine"}


def nested(depth):
    value: list = []
    for _ in range(depth):
        value = [value]
    return value


def test_what_python_could_not_read_back_is_refused():
    wanted = parameters.from_code("x = None")
    for value in (nested(300), nested(100_000), object(), {"a": b"bytes"}):
        with pytest.raises(BadInput, match="'x' takes"):
            parameters.check(wanted, {"x": value})
    with pytest.raises(BadInput, match="'x' takes"):
        parameters.check(wanted, ["x=" + "[" * 150 + "]" * 150])
    ast.parse(Writer().write(nested(99)))


def notebook(*cells):
    made = new_notebook(cells=list(cells))
    made.metadata["papermill"] = {}
    return made


def injected(made, values, language="python"):
    injecting.inject(made, values, kernel="x", language=language)
    return [(cell.source.partition("\n")[0], cell.metadata.get("tags", [])) for cell in made.cells]


def code_cell(source, *tags):
    return new_code_cell(source, metadata={"tags": list(tags)})


def test_the_cell_stands_below_the_code_with_the_tag():
    made = notebook(
        new_markdown_cell("# text", metadata={"tags": ["parameters"]}),
        code_cell("a = 0"),
        code_cell("b = 1", "parameters"),
        code_cell("a = b", "parameters"),
    )
    assert injected(made, {"b": 2}) == [
        ("# text", ["parameters"]),
        ("a = 0", []),
        ("b = 1", ["parameters"]),
        ("# Parameters", ["injected-parameters"]),
        ("a = b", ["parameters"]),
    ]
    assert made.metadata.papermill["parameters"] == {"b": 2}
    nbformat.validate(made)


def test_what_was_injected_before_and_is_not_given_now_stays():
    made = notebook(code_cell("a = 0\nb = 0\nc = 0", "parameters"))
    injected(made, {"a": 1, "b": dt.date(2024, 1, 30)})
    cells = injected(made, {"a": 2})
    assert [tags for _, tags in cells] == [["parameters"], ["injected-parameters"]]
    namespace = {}
    exec(made.cells[1].source, namespace)
    assert (namespace["a"], namespace["b"]) == (2, dt.date(2024, 1, 30))


def test_other_languages_are_papermill_s():
    made = notebook(code_cell("a <- 0", "parameters"))
    injected(made, {"a": True}, language="R")
    assert made.cells[1].source == "# Parameters\na = TRUE\n"


def test_papermill_s_metadata_is_json():
    made = notebook(code_cell("a = 0", "parameters"))
    injected(made, {"day": dt.date(2024, 1, 30), "top": math.inf, "path": pathlib.Path("a")})
    assert "2024-01-30" in nbformat.writes(made)
    assert checking.in_json({"a": {1, 2}, "b": (1,)}) == {"a": [1, 2], "b": [1]}
    assert reading.values("not python") == {}

"""Values that a notebook returns."""

import datetime as dt
import math

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import mlops_jupyter as mlops
from mlops_jupyter.errors import BadInput
from mlops_jupyter.notebooks import returned


@pytest.fixture
def shell():
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def glued(name, value):
    with capture_output() as captured:
        mlops.glue(name, value)
    (shown,) = captured.outputs
    return shown


def test_the_format_is_scrapbook_s(shell):
    shown = glued("auc", 0.71)
    assert shown.data == {
        "application/scrapbook.scrap.json+json": {
            "name": "auc",
            "data": 0.71,
            "encoder": "json",
            "version": 1,
        }
    }
    assert shown.metadata == {"scrapbook": {"name": "auc", "data": True, "display": False}}


@pytest.mark.parametrize(
    ("value", "back"),
    [
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        (np.bool_(True), True),
        ({"a": [np.int64(1), None, "été"]}, {"a": [1, None, "été"]}),
        ((1, 2), [1, 2]),
    ],
)
def test_values_come_back(shell, value, back):
    data = glued("x", value).data[returned.MIME]["data"]
    assert data == back
    assert type(data) is type(back)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (math.nan, "'x' cannot be returned"),
        (dt.date(2013, 1, 1), "no word for a date"),
        (object(), "no word for a object"),
        (np.zeros(2), "no word for a ndarray"),
        ("a" * 1_000_001, "more than 1,000,000"),
    ],
)
def test_other_values_are_refused_wherever_it_is_called(value, says):
    with pytest.raises(BadInput, match=says):
        mlops.glue("x", value)
    with pytest.raises(BadInput, match="needs a name"):
        mlops.glue("", 1)


def test_outside_of_a_notebook_nothing_is_shown(capsys):
    assert not InteractiveShell.initialized()
    mlops.glue("auc", 0.71)
    assert capsys.readouterr().out == ""


def scrap(name, data, encoder="json"):
    content = {"name": name, "data": data, "encoder": encoder, "version": 1}
    return {
        "output_type": "display_data",
        "data": {f"application/scrapbook.scrap.{encoder}+json": content},
    }


def test_of_several_values_under_one_name_the_last_counts():
    cells = [
        {"cell_type": "code", "outputs": [scrap("a", 1), scrap("b", [1, {"c": None}])]},
        {"cell_type": "markdown"},
        {"cell_type": "code", "outputs": [scrap("a", 2), scrap("t", "text", "text")]},
    ]
    assert returned.read({"cells": cells}) == {"a": 2, "b": [1, {"c": None}], "t": "text"}


def test_what_papermill_s_record_kept_is_read_too():
    output = {
        "output_type": "display_data",
        "data": {"application/papermill.record+json": {"n": 3}},
    }
    assert returned.read({"cells": [{"outputs": [output]}]}) == {"n": 3}


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"cells": None},
        {"cells": [{"outputs": [{"data": None}, {}]}]},
        {"cells": [{"outputs": [{"data": {returned.MIME: "text"}}]}]},
        {"cells": [{"outputs": [{"data": {returned.MIME: {"name": 3, "data": 1}}}]}]},
    ],
)
def test_damaged_notebooks_return_nothing(content):
    assert returned.read(content) == {}


def test_numbers_can_be_metrics():
    values = {
        "auc": 0.5,
        "n": 3,
        "yes": True,
        "text": "3",
        "a/b": 1,
        "../a": 1,
        "é": 1,
        "huge": 10**400,
    }
    assert returned.as_metrics(values) == {"auc": 0.5, "n": 3.0, "a/b": 1.0}

"""What is read out of a run that is to be made again."""

import pytest

from mlops_jupyter.reproducing.building import _readable
from mlops_jupyter.reproducing.recorded import _bare, _parameters, secrets_in


def injected(code):
    return {
        "cells": [
            {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": "n = 1"},
            {"cell_type": "code", "metadata": {"tags": ["injected-parameters"]}, "source": code},
        ]
    }


def test_what_a_notebook_was_given_is_taken_out_of_it():
    values, rest = _parameters(injected("# Parameters\nn = 3\nnames = ['a', None]\nx = -1.5\n"))
    assert values == {"n": 3, "names": ["a", None], "x": -1.5}
    assert [cell["source"] for cell in rest["cells"]] == ["n = 1"]


@pytest.mark.parametrize("code", ["n = mlops.secret('N')", "import os", "n, m = 1, 2", "n = ("])
def test_what_is_no_plain_value_stays_as_code(code):
    values, rest = _parameters(injected(code))
    assert values == {}
    assert len(rest["cells"]) == 2


def test_nothing_that_an_execution_left_is_executed_again():
    notebook = {
        "metadata": {"kernelspec": {"name": "python3"}, "papermill": {"start_time": "x"}},
        "cells": [
            {"cell_type": "markdown", "metadata": {"tags": ["papermill-error-cell-tag"]}},
            {"cell_type": "code", "source": ["a = 1\n", "a"], "outputs": [{"x": 1}],
             "metadata": {"papermill": {}, "tags": ["raises-exception", 3]}},
            {"cell_type": "strange"},
            "no cell",
        ],
    }  # fmt: skip
    bare = _bare(notebook)
    (cell,) = bare["cells"]
    assert cell["source"] == "a = 1\na"
    assert cell["outputs"] == []
    assert cell["metadata"] == {"tags": ["raises-exception"]}
    assert bare["metadata"] == {"kernelspec": {"name": "python3"}}


def test_credentials_that_code_asks_for():
    code = """mlops.secret("A"); secret('B_2'); secret(name); secret("A"); not_secret_at_all("C")"""
    assert secrets_in(code) == ["A", "B_2"]


@pytest.mark.parametrize(
    "line",
    ["--index-url http://x", "-e .", "six @ file:///x", "six==1; import os", "six @ git+ssh://x@y",
     "six==1 --hash=x", "./six.whl"],
)  # fmt: skip
def test_what_a_store_calls_a_requirement_is_no_option(line):
    wanted, left_out = _readable(f"numpy==2.0.1\n{line}\n")
    assert wanted == ["numpy==2.0.1"]
    assert left_out == [line]

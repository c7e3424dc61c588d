"""One entry put into a YAML file, the rest to the letter as it was."""

import pytest

from mlops_jupyter.errors import BadInput
from mlops_jupyter.pipelines.yaml_text import load, put

STAGES = """\
# our pipeline
vars:
    -   more.yaml

stages:
    prepare:   # the first
        cmd: "python prepare.py"
        deps:
            - 'a.csv'   # quoted
        outs: [b.csv]
    # after the last stage

plots:
  - x.csv
"""


def test_a_stage_goes_after_the_last_one_and_nothing_else_changes():
    after = put(STAGES, ("stages", "train"), {"cmd": "run", "deps": ["b.csv"]}, "dvc.yaml")
    new = "    train:\n      cmd: run\n      deps:\n      - b.csv\n"
    assert after == STAGES.replace("        outs: [b.csv]\n", f"        outs: [b.csv]\n{new}")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "stages:\n  t:\n    cmd: x\n"),
        ("# only words", "# only words\nstages:\n  t:\n    cmd: x\n"),
        ("stages:\n", "stages:\n  t:\n    cmd: x\n"),
        ("stages: {}\n", 'stages: {t: {"cmd": "x"}}\n'),
        ("stages: {a: {cmd: y}}\n", 'stages: {a: {cmd: y}, t: {"cmd": "x"}}\n'),
        ("vars: [a]\n", "vars: [a]\nstages:\n  t:\n    cmd: x\n"),
        ("stages:\n  a:\n    cmd: y", "stages:\n  a:\n    cmd: y\n  t:\n    cmd: x\n"),
        (
            "stages:\n  a:\n    cmd: |\n      y\n      z\nmore: 1\n",
            "stages:\n  a:\n    cmd: |\n      y\n      z\n  t:\n    cmd: x\nmore: 1\n",
        ),
        (
            "a: &x {cmd: y}\nstages:\n  b: *x\n",
            "a: &x {cmd: y}\nstages:\n  b: *x\n  t:\n    cmd: x\n",
        ),
        (
            "stages:\r\n  a:\r\n    cmd: y\r\n",
            "stages:\r\n  a:\r\n    cmd: y\r\n  t:\r\n    cmd: x\r\n",
        ),
    ],
)
def test_forms_of_a_file(before, after):
    assert put(before, ("stages", "t"), {"cmd": "x"}, "dvc.yaml") == after


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("t:\n  n: 3  # few\n  m: 1\n", 5, "t:\n  n: 5  # few\n  m: 1\n"),
        ("t:\n  m: 1\n", "a: b", "t:\n  m: 1\n  n: 'a: b'\n"),
        ("t:\n  n: |\n    x\n  m: 1\n", "y", None),
        ("t:\n  n:\n    - 1\n    - 2\n  m: 1\n", [3], None),
        ("t: {n: 'x'}\n", "no", "t: {n: no}\n"),
        ("t:\n  n: ä\n", "航", "t:\n  n: 航\n"),
        ("t:\n  n: 1\n", None, "t:\n  n: null\n"),
        ("t:\n  n: 1\n", 1e-7, None),
        ("t:\n  n: 1\n", {"a": [True]}, 't:\n  n: {"a": [true]}\n'),
    ],
)
def test_values_are_replaced_where_they_stand(before, value, after):
    found = put(before, ("t", "n"), value, "params.yaml")
    assert load(found, "params.yaml")["t"]["n"] == value
    assert load(found, "")["t"].get("m") == load(before, "")["t"].get("m")
    if after is not None:
        assert found == after


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [1\n", "dvc.yaml is not YAML"),
        ("- 1\n", "no names with values"),
        ("stages: 3\n", "stages holds no names"),
    ],
)
def test_a_file_of_another_form_is_refused(text, said):
    with pytest.raises(BadInput, match=said):
        put(text, ("stages", "t"), {"cmd": "x"}, "dvc.yaml")

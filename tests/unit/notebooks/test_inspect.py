"""What `mlops inspect` says of a notebook."""

import json

import jsonschema
import nbformat
import pytest
from click.testing import CliRunner
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

import mlops_jupyter as mlops
from mlops_jupyter.commands import tree
from mlops_jupyter.commands.app import App
from mlops_jupyter.errors import BadInput
from mlops_jupyter.notebooks import parameters, source
from mlops_jupyter.notebooks.parameters.record import NotebookParameters

CODE = """
import datetime as dt
import math
from typing import Annotated, Literal
from pydantic import Field

# the first day
day: dt.date = dt.date(2013, 1, 1)
model: Literal["forest", "boosting"] = "forest"
trees: Annotated[int, Field(ge=1)] = 100  # how many <b>trees</b>
rate: float | None = None
top: float = math.inf
columns: list[str] = ["hour"]
frame: pd.DataFrame = pd.read_csv("x.csv")
needed: bool
"""


def write(path, *cells, **metadata):
    nbformat.write(new_notebook(cells=list(cells), metadata=metadata), path)
    return path


def tagged(code, make=new_code_cell, tag="parameters"):
    return make(code, metadata={"tags": [tag]})


@pytest.fixture
def notebook(workspace):
    folder = workspace.root / "notebooks"
    folder.mkdir(exist_ok=True)
    return write(folder / "train.ipynb", new_markdown_cell("# Training"), tagged(CODE))


def test_parameters_are_told_with_type_default_and_description(workspace, notebook):
    before = notebook.read_bytes()
    found = mlops.inspect(workspace, notebook)
    assert (found.notebook, found.language, found.cell) == ("notebooks/train.ipynb", "python", 2)
    told = [(p.name, p.type, p.default, p.value, p.description) for p in found.parameters]
    assert told == [
        ("day", "date", "dt.date(2013, 1, 1)", "2013-01-01", "the first day"),
        ("model", "one of 'forest', 'boosting'", "'forest'", "forest", ""),
        ("trees", "int (at least 1)", "100", 100, "how many <b>trees</b>"),
        ("rate", "float or None", "None", None, ""),
        ("top", "float", "math.inf", None, ""),
        ("columns", "list[str]", "['hour']", ["hour"], ""),
        ("frame", "any", "pd.read_csv('x.csv')", None, ""),
        ("needed", "bool", None, None, ""),
    ]
    assert found.parameters[6].annotation == "pd.DataFrame"
    assert [p.name for p in found.parameters if p.required] == ["needed"]
    assert found.notes == []
    assert notebook.read_bytes() == before
    assert NotebookParameters.from_dict(found.to_dict()) == found


def test_text_and_html_show_it_escaped(workspace, notebook):
    found = mlops.inspect(workspace, notebook)
    text = found.to_text()
    assert "how many <b>trees</b>" in text
    assert "any (pd.DataFrame, not checked)" in text
    assert "must be given" in text
    assert "mlops run notebooks/train.ipynb -p needed=…" in text
    html = found.to_html()
    assert "how many &lt;b&gt;trees" in html
    assert "<b>" not in html
    assert "<script" not in html


def test_hostile_text_cannot_drive_a_terminal(workspace):
    path = write(workspace.root / "a.ipynb", tagged("a = 1  # \x1b[2J\nb = '\x1b[31m'"))
    assert "\x1b" not in mlops.inspect(workspace, path).to_text()


def test_json_schema_takes_what_the_notebook_takes(workspace, notebook):
    schema = parameters.schema(source.read(workspace, notebook))
    assert schema == mlops.inspect(workspace, notebook).json_schema
    jsonschema.Draft202012Validator.check_schema(schema)
    assert list(schema["properties"]) == [
        "day", "model", "trees", "rate", "top", "columns", "frame", "needed"
    ]  # fmt: skip
    assert schema["properties"]["trees"] == {
        "type": "integer",
        "minimum": 1,
        "default": 100,
        "description": "how many <b>trees</b>",
        "x-type": "int (at least 1)",
        "x-default": "100",
    }
    assert schema["properties"]["model"]["enum"] == ["forest", "boosting"]
    assert schema["properties"]["day"]["format"] == "date"
    assert schema["properties"]["day"]["default"] == "2013-01-01"
    assert "default" not in schema["properties"]["top"]
    assert schema["properties"]["top"]["x-default"] == "math.inf"
    assert schema["properties"]["frame"]["x-type"] == "pd.DataFrame"
    assert schema["required"] == ["needed"]
    json.dumps(schema, allow_nan=False)
    jsonschema.validate({"needed": True, "trees": 5, "rate": None}, schema)
    for wrong in ({}, {"needed": 1}, {"needed": True, "trees": 0}, {"needed": True, "treees": 5}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)


@pytest.mark.parametrize(("make", "kind"), [(new_markdown_cell, "markdown"), (new_raw_cell, "raw")])
def test_a_tagged_cell_that_is_no_code_is_said(workspace, make, kind):
    path = write(workspace.root / "a.ipynb", tagged("a = 1", make))
    found = mlops.inspect(workspace, path)
    assert (found.cell, found.parameters) == (None, [])
    assert found.notes == [f"cell 1 is tagged 'parameters', and is {kind}: it does not count"]
    with pytest.raises(BadInput, match="no code cell tagged"):
        mlops.run(workspace, path, parameters=["a=2"])


def test_several_tagged_cells_are_said(workspace):
    path = write(
        workspace.root / "a.ipynb", tagged("a = 1"), new_code_cell("x = 1"), tagged("b = 1")
    )
    found = mlops.inspect(workspace, path)
    assert [p.name for p in found.parameters] == ["a"]
    assert found.notes == ["cell 3 is tagged 'parameters' too: only the first counts, cell 1"]


def test_values_given_before_are_the_defaults(workspace):
    path = write(
        workspace.root / "a.ipynb",
        tagged("a = 1"),
        tagged("# Parameters\na = 5\n", tag="injected-parameters"),
    )
    found = mlops.inspect(workspace, path)
    assert [(p.name, p.default) for p in found.parameters] == [("a", "5")]
    assert "cell 2 has values that were given before" in found.notes[0]


def test_without_the_tag(workspace):
    found = mlops.inspect(workspace, write(workspace.root / "a.ipynb", new_code_cell("a = 1")))
    assert (found.cell, found.parameters) == (None, [])
    assert found.json_schema["additionalProperties"] is False
    assert "tag the cell" in found.to_text()
    assert "tag the cell" in found.to_html()


def test_another_language(workspace):
    kernel = {"name": "ir", "display_name": "R", "language": "R"}
    path = write(workspace.root / "a.ipynb", tagged("a <- 1"), kernelspec=kernel)
    found = mlops.inspect(workspace, path)
    assert (found.language, found.kernel, found.parameters) == ("r", "ir", [])
    assert "not read" in found.notes[0]
    assert found.json_schema["additionalProperties"] is True


def test_what_is_not_python_names_the_line(workspace):
    path = write(workspace.root / "a.ipynb", tagged("a = 1\nb = ("))
    with pytest.raises(BadInput, match="line 2"):
        mlops.inspect(workspace, path)


def test_nothing_is_executed(workspace):
    code = "open('made', 'w')\nn: print(open('made', 'w')) = open('made', 'w').write('x')"
    mlops.inspect(workspace, write(workspace.root / "a.ipynb", tagged(code)))
    assert not (workspace.root / "made").exists()


def test_the_command_is_the_function(workspace, notebook):
    found = tree.run(["inspect", str(notebook)], App())
    assert found == mlops.inspect(workspace, notebook)
    assert CliRunner().invoke(tree.mlops, ["inspect", "--help"], obj=App()).exit_code == 0

"""Parameters of a stage that YAML has no word for."""

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from mlops_jupyter.notebooks import parameters, source
from mlops_jupyter.notebooks.parameters.injecting import code
from mlops_jupyter.pipelines.adding import add

CODE = """
import datetime as dt
from pathlib import Path
day: dt.date = dt.date(2013, 1, 1)
path: Path = Path("a")
"""


def test_a_date_and_a_path_that_are_given_are_kept_as_text(workspace):
    path = workspace.root / "train.ipynb"
    tagged = new_code_cell(CODE, metadata={"tags": ["parameters"]})
    nbformat.write(new_notebook(cells=[tagged]), path)
    add(workspace, path, parameters=["day=2013-02-01", "path=b.csv"])
    kept = (workspace.root / "params.yaml").read_text()
    assert "day: '2013-02-01'" in kept
    assert "path: b.csv" in kept
    known = parameters.read(source.read(workspace, path))
    arrived = parameters.check(known, {"day": "2013-02-01", "path": "b.csv"})
    assert "_datetime.date.fromisoformat('2013-02-01')" in code(arrived)

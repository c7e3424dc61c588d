"""Parameters on their way into a real kernel, and notebooks that are text."""

import json
from pathlib import Path

import nbformat
import pytest
from mlflow import MlflowClient
from nbformat.v4 import new_code_cell, new_notebook

from mlops_jupyter.errors import BadInput, Conflict
from mlops_jupyter.notebooks.run import run

pytestmark = pytest.mark.usefixtures("_closed_loop")


PARAMETERS = """
import datetime as dt
import decimal
import uuid
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal, Optional

from pydantic import Field

whole: int = 1
number: float = 1
flag: bool = False
text: str = ""
named = "a"
day: date = date(2000, 1, 1)
instant: datetime = dt.datetime(2000, 1, 1)
at: dt.time = dt.time(0)
span: dt.timedelta = dt.timedelta(0)
path: Path = Path("a")
money: decimal.Decimal = decimal.Decimal(1)
id: uuid.UUID = uuid.UUID(int=0)
choice: Literal["a", "b"] = "a"
maybe: Optional[int] = 1
either: int | str = 1
limited: Annotated[int, Field(ge=1)] = 1
top: float = 0.0
lost: float = 0.0
words: list[str] = ["a"]
grid: list[list[int]] = []
empty: list[int] = [1]
days: list[date] = []
options: dict[str, float] = {}
by_number: dict[int, str] = {}
pair: tuple[int, str] = (1, "a")
kinds: set[str] = set()
anything = None
left = "as it was"
"""
GIVEN = [
    "whole=12345678901234567890",
    "number=1e-3",
    "flag=true",
    "text=a \"quoted\" 'text'\n\\n 航班",
    "named=007",
    "day=2013-01-31",
    "instant=2013-01-31T08:30:00+01:00",
    "at=08:30",
    "span=P1DT2H",
    "path=data/a b.csv",
    "money=1.10",
    "id=00000000-0000-0000-0000-000000000005",
    "choice=b",
    "maybe=None",
    "either=007",
    "limited=5",
    "top=inf",
    "lost=nan",
    'words=["a", "it\'s"]',
    "grid=[[1, 2], []]",
    "empty=[]",
    'days=["2013-01-31"]',
    'options={"a": 1}',
    'by_number={"1": "a"}',
    'pair=[1, "b"]',
    'kinds=["a"]',
    'anything={"a": [true, null, 1.5]}',
]
NAMES = [word.partition("=")[0] for word in GIVEN]
ARRIVED = {
    "whole": "12345678901234567890",
    "number": "0.001",
    "flag": "True",
    "text": repr("a \"quoted\" 'text'\n\\n 航班"),
    "named": "'007'",
    "day": "datetime.date(2013, 1, 31)",
    "instant": "datetime.datetime(2013, 1, 31, 8, 30, tzinfo=datetime.timezone("
    "datetime.timedelta(seconds=3600)))",
    "at": "datetime.time(8, 30)",
    "span": "datetime.timedelta(days=1, seconds=7200)",
    "path": "PosixPath('data/a b.csv')",
    "money": "Decimal('1.10')",
    "id": "UUID('00000000-0000-0000-0000-000000000005')",
    "choice": "'b'",
    "maybe": "None",
    "either": "'007'",
    "limited": "5",
    "top": "inf",
    "lost": "nan",
    "words": "['a', \"it's\"]",
    "grid": "[[1, 2], []]",
    "empty": "[]",
    "days": "[datetime.date(2013, 1, 31)]",
    "options": "{'a': 1.0}",
    "by_number": "{1: 'a'}",
    "pair": "(1, 'b')",
    "kinds": "{'a'}",
    "anything": "{'a': [True, None, 1.5]}",
    "left": "'as it was'",
}
SHOW = f"import json\nprint(json.dumps({{n: repr(globals()[n]) for n in {[*NAMES, 'left']}}}))"


def printed(notebook):
    return [output.text for cell in notebook.cells for output in cell.get("outputs", [])]


def executed(workspace, result):
    return nbformat.read(workspace.root / result.output, as_version=4)


def test_each_type_arrives_in_the_kernel_as_what_it_is(workspace):
    path = Path("types.ipynb")
    cells = [
        new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
        new_code_cell(SHOW),
        new_code_cell("print(dt.__name__, date.__name__, sorted(n for n in dir() if n == 'math'))"),
    ]
    nbformat.write(new_notebook(cells=cells), path)
    result = run(workspace, path, parameters=GIVEN)
    shown, names = printed(executed(workspace, result))
    assert json.loads(shown) == ARRIVED
    assert names == "datetime date []\n"
    stored = MlflowClient(workspace.store.uri).get_run(result.run_id).data.params
    assert stored["day"] == "2013-01-31"
    assert stored["path"] == "data/a b.csv"
    assert stored["left"] == "as it was"
    # Again from what is stored as text; of `anything` nobody knows what it was.
    typed = [name for name in NAMES if name != "anything"]
    again = run(workspace, path, parameters=[f"{name}={stored[name]}" for name in typed])
    assert json.loads(printed(executed(workspace, again))[0]) == ARRIVED | {"anything": "None"}


PERCENT = """# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Title

# %% tags=["parameters"]
n: int = 1

# %%
# %matplotlib inline
print("n is", n)
"""
LIGHT = """# # Title

# + tags=["parameters"]
n: int = 1
# -

print("n is", n)
"""
MARKDOWN = """---
jupyter:
  kernelspec:
    display_name: Python 3
    language: python
    name: python3
---

# Title

```python tags=["parameters"]
n: int = 1
```

```python
print("n is", n)
```
"""
MYST = """# Title

```{code-cell} ipython3
:tags: [parameters]

n: int = 1
```

```{code-cell} ipython3
print("n is", n)
```
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.py", PERCENT), ("a.py", LIGHT), ("a.md", MARKDOWN), ("a.md", MYST)],
    ids=["percent", "light", "markdown", "myst"],
)
def test_a_notebook_that_is_text_runs_and_stays_as_it_is(workspace, name, text):
    folder = workspace.root / "notebooks"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    pair = folder / "a.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("1 / 0")]), pair)
    before = pair.read_bytes()
    there = sorted(folder.iterdir())

    result = run(workspace, folder / name, parameters=["n=3"])

    assert (result.status, result.notebook) == ("FINISHED", f"notebooks/{name}")
    assert result.output.endswith("/a.ipynb")
    made = executed(workspace, result)
    assert printed(made) == ["n is 3\n"]
    nbformat.validate(made)
    assert [cell.cell_type for cell in made.cells] == ["markdown", "code", "code", "code"]
    assert (folder / name).read_text() == text
    assert pair.read_bytes() == before
    assert sorted(folder.iterdir()) == there
    client = MlflowClient(workspace.store.uri)
    found = client.get_run(result.run_id)
    assert found.data.tags["mlops.notebook"] == f"notebooks/{name}"
    assert found.data.tags["mlflow.source.name"] == f"notebooks/{name}"
    # As text it is code like any other, and kept while nobody has committed it.
    code = {file.path for file in client.list_artifacts(result.run_id, "code/files/notebooks")}
    assert f"code/files/notebooks/{name}" in code
    kept = {file.path for file in client.list_artifacts(result.run_id, "notebook")}
    assert "notebook/a.ipynb" in kept
    with pytest.raises(Conflict, match="pair"):
        run(workspace, folder / name, output_dir=folder)


def test_what_such_a_notebook_trains_is_tracked(workspace):
    path = workspace.root / "train.py"
    path.write_text(
        "# %%\n%load_ext mlops_jupyter\n%mlops track fits\n"
        "# %%\nfrom sklearn.linear_model import LinearRegression\n"
        "# %%\nLinearRegression().fit([[1.0], [2.0]], [1.0, 2.0])\n"
    )
    result = run(workspace, path)
    said = "".join(
        str(output) for cell in executed(workspace, result).cells for output in cell.outputs
    )
    assert "not captured: notebook" not in said
    client = MlflowClient(workspace.store.uri)
    ids = [experiment.experiment_id for experiment in client.search_experiments()]
    runs = client.search_runs(ids)
    tagged = [r.data.tags.get("mlops.notebook") for r in runs]
    assert tagged == ["train.py", "train.py"]


@pytest.mark.parametrize("word", ["n=1.5", "n=x", "m=3", "n=None"])
def test_nothing_is_started_for_a_wrong_value(workspace, word):
    path = workspace.root / "a.py"
    path.write_text(PERCENT)
    with pytest.raises(BadInput):
        run(workspace, path, parameters=[word])
    client = MlflowClient(workspace.store.uri)
    ids = [experiment.experiment_id for experiment in client.search_experiments()]
    assert client.search_runs(ids) == []

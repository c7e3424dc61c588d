"""Notebooks as files: .ipynb, and text that jupytext reads."""

import json
import subprocess
import sys

import pytest

from mlops_jupyter.errors import BadInput, NotFound
from mlops_jupyter.notebooks import source

KERNEL = """#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
"""
PERCENT = f"""# ---
# jupyter:
{KERNEL}# ---

# %% [markdown]
# # Title

# %% tags=["parameters"]
n: int = 3

# %%
# %matplotlib inline
print(n)
"""
LIGHT = """# # Title

# + tags=["parameters"]
n: int = 3
# -

# %matplotlib inline
print(n)
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
n: int = 3
```

```python
%matplotlib inline
print(n)
```
"""
MYST = """---
jupytext:
  text_representation:
    format_name: myst
kernelspec:
  display_name: Python 3
  name: python3
---

# Title

```{code-cell} ipython3
:tags: [parameters]

n: int = 3
```

```{code-cell} ipython3
%matplotlib inline
print(n)
```
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", PERCENT),
        ("a.py", "#!/usr/bin/env python\n" + PERCENT),
        ("a.py", "\ufeff" + PERCENT.replace("\n", "\r\n")),
        ("a.py", LIGHT),
        ("a.md", MARKDOWN),
        ("a.md", MYST),
        ("a.md", MYST.replace("jupytext:", "file_format: mystnb\nother:")),
        ("a.md", MYST.partition("---\n\n")[2]),
    ],
)
def test_text_is_read_as_the_notebook_it_stands_for(workspace, name, text):
    path = workspace.root / name
    path.write_bytes(text.encode())
    found = source.read(workspace, path)
    assert [(cell.kind, cell.source, cell.tags) for cell in found.cells()] == [
        ("markdown", "# Title", ()),
        ("code", "n: int = 3", ("parameters",)),
        ("code", "%matplotlib inline\nprint(n)", ()),
    ]
    assert found.language == "python"
    assert found.kernel_name in ("python3", None)
    assert found.is_text
    assert found.output_name == "a.ipynb"
    assert path.read_bytes() == text.encode()


def test_cells_of_text_have_the_same_ids_each_time(workspace):
    path = workspace.root / "a.py"
    path.write_text(PERCENT)
    ids = [[cell.id for cell in source.read(workspace, path).notebook().cells] for _ in range(2)]
    assert ids[0] == ids[1] == ["cell-0", "cell-1", "cell-2"]


@pytest.mark.parametrize(
    ("name", "text", "hint"),
    [
        ("a.py", "import os\n\nprint(os.getcwd())\n", "begin cells with `# %%`"),
        ("a.py", "# %load_ext x\nprint(1)\n", "begin cells"),
        ("a.py", "# + this is a plus, and not a cell\nprint(1)\n", "begin cells"),
        ("a.py", "", "begin cells"),
        ("a.md", "# A page\n\n```python\nprint(1)\n```\n", "jupytext's header"),
        ("a.md", "---\ntitle: A page\n---\njupyter: is a word\n\n---\n", "jupytext's header"),
    ],
)
def test_a_script_or_page_is_refused_and_told_how_to_become_one(workspace, name, text, hint):
    path = workspace.root / name
    path.write_text(text)
    with pytest.raises(BadInput, match=r"is a (script|page)") as caught:
        source.read(workspace, path)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"nbformat": 3}', '{"nbformat": 4, "cells": [1]}', "[" * 100_000]
)
def test_what_is_no_notebook_is_said(workspace, content):
    path = workspace.root / "a.ipynb"
    path.write_text(content)
    with pytest.raises(BadInput, match="is not a notebook"):
        source.read(workspace, path)


def test_metadata_may_be_anything(workspace):
    cells = [
        {"cell_type": "code", "metadata": [], "source": None},
        {"cell_type": "code", "metadata": {"tags": "parameters"}, "source": [1, "a"]},
        {},
    ]
    hostile = {"kernelspec": "x", "language_info": [1]}
    path = workspace.root / "a.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "metadata": hostile, "cells": cells}))
    found = source.read(workspace, path)
    assert (found.language, found.kernel_name) == ("python", None)
    assert [cell.tags for cell in found.cells()] == [(), (), ()]


def test_not_utf8(workspace):
    path = workspace.root / "a.py"
    path.write_bytes(b"# %%\nx = '\xff'\n")
    with pytest.raises(BadInput, match="is not a notebook: 'utf-8'"):
        source.read(workspace, path)


@pytest.mark.parametrize(
    ("asked", "guess"),
    [
        ("trian.ipynb", "did you mean train.ipynb?"),
        ("train", "did you mean train.ipynb?"),
        ("train.md", "did you mean train.ipynb?"),
        ("prepar.py", "did you mean prepare.py?"),
        ("other.ipynb", "there are: train.ipynb"),
    ],
)
def test_a_misspelt_name_is_guessed(workspace, asked, guess):
    (workspace.root / "train.ipynb").write_text("{}")
    (workspace.root / "train.py").write_text(PERCENT)
    (workspace.root / "prepare.py").write_text(PERCENT)
    with pytest.raises(NotFound) as caught:
        source.read(workspace, workspace.root / asked)
    assert guess in caught.value.hint


def test_other_suffixes_are_refused(workspace):
    path = workspace.root / "a.txt"
    path.write_text("x")
    with pytest.raises(BadInput) as caught:
        source.read(workspace, path)
    assert ".ipynb, .py or .md" in caught.value.hint


def test_jupytext_is_imported_for_text_alone(workspace):
    empty = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}
    (workspace.root / "a.ipynb").write_text(json.dumps(empty))
    (workspace.root / "a.py").write_text(PERCENT)
    code = (
        "import sys\n"
        "from mlops_jupyter.workspace import Workspace\n"
        "from mlops_jupyter.notebooks import source\n"
        "source.read(Workspace.find(), 'a.ipynb')\n"
        "print('jupytext' in sys.modules, 'nbformat' in sys.modules)\n"
        "source.read(Workspace.find(), 'a.py')\n"
        "print('jupytext' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=workspace.root, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "False", "True"]

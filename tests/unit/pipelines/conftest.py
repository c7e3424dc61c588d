"""Notebooks and stages to try."""

import nbformat
import pytest

PARAMETERS = {"tags": ["parameters"]}


@pytest.fixture
def write():
    """Write a notebook; its first cell is that of the parameters where it is said to be."""

    def written(path, *cells, parameters=None):
        notebook = nbformat.v4.new_notebook()
        if parameters is not None:
            notebook.cells.append(nbformat.v4.new_code_cell(parameters, metadata=PARAMETERS))
        notebook.cells += [nbformat.v4.new_code_cell(source) for source in cells]
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, path)
        return path

    return written


@pytest.fixture
def chain(workspace):
    """A pipeline of shell commands, first -> second -> third, and one that stands alone."""
    (workspace.root / "raw.txt").write_text("raw\n")
    (workspace.root / "params.yaml").write_text("second:\n  word: a\n  deep: {n: 1}\n")
    (workspace.root / "dvc.yaml").write_text(
        """\
stages:
  third:
    cmd: cat two.txt two.txt > three.txt
    deps: [two.txt]
    outs: [three.txt]
  second:
    cmd: echo told; cat one.txt params.yaml > two.txt
    deps: [one.txt]
    params: [second]
    outs: [two.txt]
  first:
    cmd: cp raw.txt one.txt
    deps: [raw.txt]
    outs: [one.txt]
  alone:
    cmd: echo x > alone.txt
    outs: [alone.txt]
    frozen: false
    deps: [params.yaml]
"""
    )
    return workspace

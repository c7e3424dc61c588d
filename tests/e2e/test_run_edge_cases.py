"""Papermill's edge cases, with Papermill itself beside."""

import contextlib
import json
import shutil
import sys
from pathlib import Path

import nbformat
import papermill
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from nbclient.exceptions import DeadKernelError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from mlops_jupyter.errors import BadInput, Conflict, NotebookFailed
from mlops_jupyter.notebooks.run import run

pytestmark = pytest.mark.usefixtures("_closed_loop")


def tagged(source, *tags, make=new_code_cell):
    return make(source, metadata={"tags": list(tags)})


def write(path, *cells, kernel="python3"):
    made = [new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells]
    spec = {"name": kernel, "display_name": kernel, "language": "python"}
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=made, metadata={"kernelspec": spec}), path)
    return path


def shown(path):
    """What each cell of the source shows: texts and errors, by its source."""
    found = {}
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            parts = [o.get("text") or o.get("ename") or o.data["text/plain"] for o in cell.outputs]
            found[cell.source] = "".join(parts).replace("\r\n", "\n")  # as a terminal ends lines
    return found


def by_both(workspace, path, **parameters):
    """Execute a notebook with Papermill and with `mlops run`."""
    theirs = Path("theirs.ipynb")
    with contextlib.suppress(papermill.exceptions.PapermillExecutionError, DeadKernelError):
        papermill.execute_notebook(path, theirs, parameters, progress_bar=False)
    try:
        result = run(workspace, path, parameters=parameters)
    except NotebookFailed as error:
        result = error.result
    return result, shown(workspace.root / result.output), shown(theirs)


@pytest.mark.filterwarnings("ignore")  # Papermill's own
def test_the_same_outputs_as_papermill(workspace):
    path = write(
        "vol d’été/航班 #1.ipynb",
        tagged("wort = 'a'\nzahl = 1", "parameters"),
        "print(wort, zahl, 'größe', '🛫')",
        "%%capture hidden\nprint('captured')",
        "%%bash\necho from the shell",
        "%%writefile side.txt\ntext",
        "%time\nhidden.stdout",
        "!echo line",
        tagged("print('skipped')", "skip-execution"),
        tagged("print('shown to nobody, executed')", "remove-cell", "remove-output"),
        tagged("1 / 0", "raises-exception"),
        "",
        "größe = 3; größe",
    )
    result, ours, theirs = by_both(workspace, path, wort="é\n'\"\\{x}", zahl=2)
    assert result.status == "FINISHED"
    ours.pop("%time\nhidden.stdout")  # it has times
    theirs.pop("%time\nhidden.stdout")
    injected = [source for source in ours if source.startswith("# Parameters")]
    assert len(injected) == 1
    del ours[injected[0]]
    assert ours == {source: theirs[source] for source in ours}
    assert ours["print(wort, zahl, 'größe', '🛫')"] == "é\n'\"\\{x} 2 größe 🛫\n"
    assert ours["print('skipped')"] == ""
    assert ours["1 / 0"] == "ZeroDivisionError"


@pytest.mark.filterwarnings("ignore")  # Papermill's own
@pytest.mark.parametrize("code", ["raise SystemExit", "raise SystemExit(0)", "exit()"])
def test_an_end_on_purpose(workspace, code):
    result, ours, theirs = by_both(workspace, write("a.ipynb", code, "print('later')"))
    assert result.status == "FINISHED"
    assert ours["print('later')"] == ""
    if code != "exit()":  # Papermill may run the next cell before the kernel is gone
        assert theirs["print('later')"] == ""


def test_nothing_but_text(workspace):
    path = write("a.ipynb", new_markdown_cell("# Title"), new_raw_cell("raw"), "  \n")
    result = run(workspace, path)
    assert (result.status, result.cells_executed, result.cells_total) == ("FINISHED", 0, 0)
    executed = nbformat.read(workspace.root / result.output, as_version=4)
    assert [cell.source for cell in executed.cells] == ["# Title", "raw", "  \n"]


@pytest.mark.filterwarnings("ignore")  # Papermill's own
@pytest.mark.parametrize("make", [new_markdown_cell, new_raw_cell])
def test_a_text_that_is_tagged_does_not_hide_the_parameters(workspace, make):
    path = write(
        "a.ipynb",
        tagged("# Parameters", "parameters", make=make),
        tagged("n = 1", "parameters"),
        "print(n)",
    )
    _, ours, theirs = by_both(workspace, path, n=2)
    assert ours["print(n)"] == "2\n"
    # Papermill puts the value above the default, which then wins.
    assert theirs["print(n)"] == "1\n"
    only = write("b.ipynb", tagged("# Parameters", "parameters", make=make), "print(1)")
    with pytest.raises(BadInput, match="'n'"):
        run(workspace, only, parameters={"n": 2})


def test_no_cell_for_parameters(workspace):
    path = write("a.ipynb", "n = 1", "open('ran', 'w')")
    with pytest.raises(BadInput, match="no code cell tagged 'parameters'"):
        run(workspace, path, parameters={"n": 2})
    assert not Path("ran").exists()
    assert run(workspace, path).status == "FINISHED"


def test_an_executed_notebook_can_be_run_again(workspace):
    path = write("a.ipynb", tagged("n = 1", "parameters"), "print(n)\nassert n != 2")
    with pytest.raises(NotebookFailed):
        run(workspace, path, parameters={"n": 2}, output_dir="out")
    again = run(workspace, "out/a.ipynb", parameters={"n": 3})
    cells = nbformat.read(workspace.root / again.output, as_version=4).cells
    assert [cell.source for cell in cells] == [
        "n = 1",
        "# Parameters\nn = 3",
        "print(n)\nassert n != 2",
    ]
    with pytest.raises(Conflict, match="is the notebook itself"):
        run(workspace, "out/a.ipynb", output_dir="out")


def test_another_kernel(workspace, tmp_path, monkeypatch):
    place = tmp_path / "jupyter" / "kernels" / "andere-π"
    place.mkdir(parents=True)
    python = Path(KernelSpecManager().get_kernel_spec("python3").resource_dir)
    for file in python.glob("logo*"):
        shutil.copy(file, place)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {
        "argv": argv,
        "display_name": "Andere <π>",
        "language": "python",
        "env": {"OF_THE_SPEC": "yes"},
    }
    name = "andere"
    place = place.rename(place.with_name(name))
    (place / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    code = "import os; print(os.environ['OF_THE_SPEC'], bool(os.environ['MLOPS_RUN_ID']))"
    result = run(workspace, write("a.ipynb", code, kernel=name))
    assert shown(workspace.root / result.output)[code] == "yes True\n"
    given = run(workspace, write("b.ipynb", code), kernel=name)
    assert shown(workspace.root / given.output)[code] == "yes True\n"


def test_a_kernel_that_ends_at_once_says_why(workspace, tmp_path, monkeypatch):
    place = tmp_path / "jupyter" / "kernels" / "broken"
    place.mkdir(parents=True)
    argv = [sys.executable, "-c", "raise SystemExit('No module named torch')", "{connection_file}"]
    spec = {"argv": argv, "display_name": "broken", "language": "python"}
    (place / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    with pytest.raises(NotebookFailed) as caught:
        run(workspace, write("a.ipynb", "1"), kernel="broken")
    assert "KernelNotStarted: kernel 'broken'" in caught.value.message
    assert "No module named torch" in caught.value.message
    assert (caught.value.result.status, caught.value.result.cells) == ("FAILED", [])

"""The journal and the notebook of a run: what a real kernel ran, and that it runs again."""

import json
import os
import re
import shutil
import subprocess
import sys

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import mlops_jupyter as mlops
from mlops_jupyter.errors import BadInput, Conflict, NotFound
from mlops_jupyter.settings import ENV_NOTEBOOK, ENV_RUN_ID, ENV_TRACKING_URI, ENV_WORKSPACE
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.store.relocation import relocate

pytestmark = pytest.mark.xdist_group("journal")  # one kernel is enough

TRAIN = """
from sklearn.datasets import load_breast_cancer
from sklearn.tree import DecisionTreeClassifier
X, y = load_breast_cancer(return_X_y=True, as_frame=True)
tree = DecisionTreeClassifier(max_depth=depth, random_state=0).fit(X, y)
print("score", round(tree.score(X, y), 6))
"""
SECRET = "kf83-hdkw-2291-xx"


class Notebook:
    """A kernel, and the cells that a frontend sends to it by id."""

    def __init__(self, workspace, file) -> None:
        self.workspace, self.file = workspace, file
        self.manager, self.client = start_new_kernel(cwd=str(workspace.root))

    def run(self, source, cell_id=None, *, interrupt_at=""):
        content = {
            "code": source,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": True,
        }
        message = self.client.session.msg("execute_request", content)
        if cell_id is not None:
            message["metadata"] = {"cellId": cell_id}
        self.client.shell_channel.send(message)
        asked = message["header"]["msg_id"]
        while True:
            seen = self.client.get_iopub_msg(timeout=60)
            if seen["parent_header"].get("msg_id") != asked:
                continue
            if interrupt_at and interrupt_at in str(seen["content"].get("text", "")):
                self.manager.interrupt_kernel()
            if seen["content"].get("execution_state") == "idle":
                return

    def save(self, *cells):
        """Save the notebook, each cell as id and source."""
        made = [new_code_cell(source, id=cell_id) for cell_id, source in cells]
        self.file.parent.mkdir(exist_ok=True)
        nbformat.write(new_notebook(cells=made), self.file)

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()


@pytest.fixture(scope="module")
def place(_pristine_workspace, tmp_path_factory):
    """A workspace for all tests of this module, which share a kernel: MLflow takes seconds."""
    root = tmp_path_factory.mktemp("journal") / "project"
    shutil.copytree(_pristine_workspace, root, symlinks=True)
    workspace = mlops.Workspace.find(root)
    relocate(workspace)
    return workspace


@pytest.fixture(scope="module")
def kernel(place):
    file = place.root / "notebooks" / "trees.ipynb"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JPY_SESSION_NAME", str(file))
        patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        for name in (ENV_WORKSPACE, ENV_NOTEBOOK, ENV_RUN_ID, ENV_TRACKING_URI):
            patch.delenv(name, raising=False)
        opened = Notebook(place, file)
    opened.run("before = 1")
    opened.run("%load_ext mlops_jupyter\n%mlops track trees")
    yield opened
    opened.close()


@pytest.fixture
def workspace(place, monkeypatch):
    monkeypatch.chdir(place.root)
    return place


@pytest.fixture
def notebook(kernel, workspace):
    """The kernel, with no notebook saved."""
    kernel.file.unlink(missing_ok=True)
    return kernel


def sources(workspace):
    return [cell.source for cell in mlops.journal(workspace).cells]


def order(workspace):
    return mlops.show(workspace, "last").tags[tags.ORDER]


def folder(workspace):
    run_id = mlops.runs(workspace).runs[0].run_id
    return next(workspace.artifacts_dir.glob(f"*/{run_id}/artifacts"))


def read_all(folder):
    return "\n".join(p.read_text(errors="replace") for p in folder.rglob("*") if p.is_file())


def test_what_ran_is_kept_in_true_order_and_runs_again_to_the_same_result(
    notebook, workspace, monkeypatch
):
    notebook.run(f"depth = 2\napi_key = '{SECRET}'\nprint(api_key)")
    notebook.run("depth += before")
    notebook.run("if True:\n    %mlops status\nprint(undefined)")
    notebook.run("depth += 1\n'a' * 5000")
    notebook.run(TRAIN)

    journal = mlops.journal(workspace, to="again.ipynb")
    assert [cell.raised for cell in journal.cells] == [False, False, False, True, False, False]
    assert [cell.execution_count for cell in journal.cells] == [1, 3, 4, 5, 6, 7]
    assert journal.cells[0].source == "before = 1"
    assert journal.cells[3].source == "if True:\n    pass\nprint(undefined)"
    assert journal.cells[-1].duration_s > 0
    assert (journal.runnable, journal.secrets) == (True, ["API_KEY"])

    written = nbformat.read(workspace.root / "again.ipynb", 4)
    nbformat.validate(written)
    assert not [cell for cell in written.cells if "%mlops" in cell.source]
    assert written.cells[1].outputs[0].text == "***\n"
    assert written.cells[4].outputs[0].data["text/plain"] == repr("a" * 5000)
    assert written.cells[3].outputs[0].ename == "NameError"
    result = written.cells[-1].outputs[0].text
    assert result.startswith("score 0.9")

    monkeypatch.setenv("API_KEY", "another value")
    NotebookClient(written, timeout=120).execute()
    assert written.cells[-1].outputs[0].text == result
    assert written.cells[1].outputs[0].text == "another value\n"
    assert SECRET not in read_all(folder(workspace))


def test_a_cell_under_mlops_track_is_recorded_once_as_its_body(notebook, workspace):
    notebook.run("depth = 2")
    notebook.run("%%mlops track trees --name small\n" + TRAIN.strip() + "\ntree")
    assert sources(workspace)[-2:] == ["depth = 2", TRAIN.strip() + "\ntree"]
    cell = json.loads((folder(workspace) / "journal" / "journal.ipynb").read_text())["cells"][-1]
    assert [output["output_type"] for output in cell["outputs"]] == ["stream", "display_data"]


def test_outputs_of_every_kind_are_kept_as_the_frontend_got_them(notebook, workspace):
    notebook.run("depth = 2")
    notebook.run(
        "import sys\nfrom IPython.display import clear_output, display\nprint('gone')\n"
        "clear_output(wait=True)\nprint('out')\nprint('err', file=sys.stderr)\n"
        "shown = display({'text/plain': 'one'}, raw=True, display_id=True)\n"
        "shown.update({'text/plain': 'two'}, raw=True)\n42"
    )
    notebook.run(TRAIN)
    mlops.journal(workspace, to="shown.ipynb")
    outputs = nbformat.read(workspace.root / "shown.ipynb", 4).cells[-2].outputs
    assert [o.get("text") or o.data["text/plain"] for o in outputs] == [
        "out\n",
        "err\n",
        "two",
        "42",
    ]
    assert [o.output_type for o in outputs] == [
        "stream",
        "stream",
        "display_data",
        "execute_result",
    ]


def test_runs_say_whether_cells_ran_in_the_notebooks_order(notebook, workspace):
    train = TRAIN + "# in order"
    cells = [("a", "%mlops status"), ("b", "depth = 2  # in order"), ("c", train)]
    notebook.save(*cells)
    for cell_id, source in cells:
        notebook.run(source, cell_id)
    assert order(workspace) == "in order"
    notebook.run(train, "c")
    assert order(workspace) == "in order"  # again, with nothing in between
    notebook.run(cells[1][1], "b")
    notebook.run(train, "c")
    assert re.fullmatch(r"out of order: cell \[\d+\] ran after cell \[\d+\]", order(workspace))
    notebook.save(*cells[:1], ("b", "depth = 3"), cells[2])
    notebook.run(train, "c")
    assert re.fullmatch(r"edited since: cell \[\d+\] was edited after it ran", order(workspace))


def test_the_saved_notebook_is_kept_and_comes_back_whole(notebook, workspace):
    picture = new_output("display_data", data={"image/png": "iVBORw0KGgo" * 2000})
    cells = [
        new_markdown_cell("# Trees"),
        new_code_cell("depth = 2", id="b", outputs=[picture]),
        new_code_cell(f"password = '{SECRET}'", id="c"),
    ]
    notebook.file.parent.mkdir(exist_ok=True)
    nbformat.write(new_notebook(cells=cells), notebook.file)
    notebook.run("depth = 2")
    notebook.run(TRAIN)
    mlops.journal(workspace, saved=True, to="saved.ipynb")
    back = nbformat.read(workspace.root / "saved.ipynb", 4)
    nbformat.validate(back)
    assert back.cells[1] == cells[1]
    assert back.cells[0].source == "# Trees"
    assert SECRET not in read_all(folder(workspace))
    stored = folder(workspace) / "notebook" / "trees.ipynb"
    assert stored.stat().st_size < 3000  # the picture lies beside it


def test_no_source_keeps_nothing_that_is_code(notebook, workspace):
    notebook.save(("a", "depth = 2"))
    notebook.run("%mlops track trees --no-source\ndepth = 2")
    notebook.run(TRAIN)
    notebook.run("%mlops track trees")
    names = {path.name for path in folder(workspace).iterdir()}
    assert not names & {"journal", "notebook", "code"}
    assert "load_breast_cancer" not in read_all(folder(workspace))
    with pytest.raises(NotFound, match="has no journal"):
        mlops.journal(workspace)


def test_an_error_that_holds_a_secret_is_masked_everywhere(notebook, workspace):
    notebook.run("depth = 2")
    notebook.run(TRAIN + f"\nurl = 'postgres://me:{SECRET}@db/x'\nraise ValueError(url)")
    run = mlops.show(workspace, "last")
    assert run.summary.status == "FAILED"
    assert SECRET not in json.dumps(run.to_dict())
    assert SECRET not in read_all(folder(workspace))


def test_under_papermill_cells_are_told_apart_too(workspace):
    cells = [
        new_code_cell("depth = 1", metadata={"tags": ["parameters"]}),
        new_code_cell("%load_ext mlops_jupyter\n%mlops track trees"),
        new_code_cell(TRAIN),
    ]
    kernel = {"name": "python3", "display_name": "python3", "language": "python"}
    made = new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(made, workspace.root / "train.ipynb")
    mlops.run(workspace, "train.ipynb", parameters={"depth": 3})
    child = next(run for run in mlops.runs(workspace, flat=True).runs if run.parent_run_id)
    journal = mlops.journal(workspace, child.run_id)
    assert [cell.source.split("\n")[-1] for cell in journal.cells][:2] == ["depth = 1", "depth = 3"]
    assert journal.runnable


def test_a_journal_is_written_only_where_there_is_no_file(notebook, workspace):
    notebook.run("depth = 2")
    notebook.run(TRAIN)
    (workspace.root / "mine.ipynb").write_text("{}")
    with pytest.raises(Conflict, match="there already"):
        mlops.journal(workspace, to="mine.ipynb")
    with pytest.raises(BadInput, match="no notebook's name"):
        mlops.journal(workspace, to="mine.py")
    with pytest.raises(BadInput, match="outside the workspace"):
        mlops.journal(workspace, to="../mine.ipynb")
    kept = folder(workspace) / "journal" / "journal.ipynb"
    shutil.copy(kept, kept.with_suffix(".tmp"))
    kept.with_suffix(".tmp").replace(kept)
    hostile = json.loads(kept.read_text())
    hostile["cells"][0]["metadata"] = {"mlops": {"cells": "../../../../../../etc/passwd"}}
    kept.chmod(0o644)
    kept.write_text(json.dumps(hostile))
    assert mlops.journal(workspace).cells[-1].source == TRAIN
    done = subprocess.run(
        [sys.executable, "-m", "mlops_jupyter", "journal", "--to", "cli.ipynb"],
        cwd=workspace.root,
        capture_output=True,
        check=True,
    )
    assert b"written to cli.ipynb" in done.stdout


def test_what_cannot_run_again_says_why(notebook, workspace):
    notebook.run("depth = 2")
    notebook.run(TRAIN)
    first = mlops.journal(workspace).cells[-1].execution_count
    notebook.run("listing = %mlops runs\ndepth = 2")
    notebook.run("print('asleep', flush=True)\nimport time\ntime.sleep(60)", interrupt_at="asleep")
    notebook.run("%%bash\nexport DB_PASSWORD=swordfish-99\n")
    notebook.run(TRAIN)
    journal = mlops.journal(workspace)
    assert not journal.runnable
    here = int(re.search(r"cell \[(\d+)\]: listing", journal.why)[1])
    assert here > first
    assert journal.why == (
        f"cell [{here}]: listing held an answer of %mlops; cell [{here + 1}] was stopped by hand; "
        f"cell [{here + 2}] holds a masked secret"
    )
    assert "swordfish" not in read_all(folder(workspace))

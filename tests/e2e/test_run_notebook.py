"""`mlops run`, with real kernels and a real store."""

import json
import os
import threading
import time
from pathlib import Path

import nbformat
import pytest
from jupyter_core.utils import ensure_event_loop
from mlflow import MlflowClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from mlops_jupyter.errors import BadInput, Conflict, NotebookFailed, NotFound, UsageError
from mlops_jupyter.notebooks.records import NotebookRun
from mlops_jupyter.notebooks.run import run

pytestmark = pytest.mark.usefixtures("_closed_loop")


def write(path, *cells, kernel="python3", **metadata):
    notebook = new_notebook(
        cells=[new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells],
        metadata={"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}}
        | metadata,
    )
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def parameters(code):
    return new_code_cell(code, metadata={"tags": ["parameters"]})


def stored(workspace, run_id):
    return MlflowClient(workspace.store.uri).get_run(run_id)


def only_run(workspace):
    client = MlflowClient(workspace.store.uri)
    ids = [experiment.experiment_id for experiment in client.search_experiments()]
    (found,) = client.search_runs(ids)
    return found


def no_runs(workspace):
    client = MlflowClient(workspace.store.uri)
    ids = [experiment.experiment_id for experiment in client.search_experiments()]
    return client.search_runs(ids) == []


def artifact(workspace, run_id, tmp_path, name):
    client = MlflowClient(workspace.store.uri)
    path = client.download_artifacts(run_id, f"notebook/{name}", str(tmp_path))
    return nbformat.read(path, as_version=4)


def texts(notebook):
    return [output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", [])]


def test_runs_from_top_to_bottom_as_one_run(workspace, tmp_path):
    path = write(
        "notebooks/train.ipynb",
        new_markdown_cell("# Training"),
        parameters("n: int = 1\nrate = 0.5\nname = 'a'\nday = 'x' + 'y'"),
        "import os, json\n"
        "keys = ['MLOPS_WORKSPACE', 'MLOPS_RUN_ID', 'MLOPS_NOTEBOOK', 'MLFLOW_TRACKING_URI']\n"
        "print(json.dumps([n, rate, name, day, os.getcwd(), {k: os.environ[k] for k in keys}]))",
    )
    before = path.read_bytes()
    environment, folder = dict(os.environ), Path.cwd()
    steps = []

    result = run(workspace, path, parameters=["n=3", "name=007"], events=steps.append)

    assert result.status == "FINISHED"
    assert (result.cells_executed, result.cells_total) == (3, 3)
    assert result.parameters == {"n": 3, "rate": 0.5, "name": "007", "day": "'x' + 'y'"}
    assert (result.experiment, result.name, result.error) == ("train", "train", None)
    assert result.notebook == "notebooks/train.ipynb"
    assert path.read_bytes() == before
    assert dict(os.environ) == environment
    assert Path.cwd() == folder
    found = stored(workspace, result.run_id)
    assert found.info.status == "FINISHED"
    assert found.data.params == {"n": "3", "rate": "0.5", "name": "007", "day": "'x' + 'y'"}
    assert found.data.tags["mlops.kind"] == "notebook"
    assert found.data.tags["mlops.notebook"] == "notebooks/train.ipynb"
    assert found.data.tags["mlflow.source.name"] == "notebooks/train.ipynb"
    kept = workspace.root / result.output
    executed = nbformat.read(kept, as_version=4)
    (printed,) = texts(executed)
    assert json.loads(printed) == [
        3,
        0.5,
        "007",
        "xy",
        str(path.parent.resolve()),
        {
            "MLOPS_WORKSPACE": str(workspace.root),
            "MLOPS_RUN_ID": result.run_id,
            "MLOPS_NOTEBOOK": str(path.resolve()),
            "MLFLOW_TRACKING_URI": workspace.store.uri,
        },
    ]
    assert kept.is_relative_to(workspace.root / ".mlops" / "executed")
    # What is long lies beside the notebook that is kept with the run.
    with_run = artifact(workspace, result.run_id, tmp_path, "train.ipynb")
    assert [cell.source for cell in with_run.cells] == [cell.source for cell in executed.cells]
    assert [(e.done, e.total) for e in steps[1:]] == [(0, 3), (1, 3), (2, 3)]
    assert steps[2].message == "cell 2 of 3: # Parameters"
    assert NotebookRun.from_dict(result.to_dict()) == result


def test_a_failing_cell_stops_the_notebook_and_fails_the_run(workspace, tmp_path):
    path = write(
        "a.ipynb",
        "1",
        new_markdown_cell("not counted"),
        "raise ValueError('no \\x1b[2J such\\nmonth')",
        "open('later', 'w')",
    )
    with pytest.raises(NotebookFailed) as caught:
        run(workspace, path)
    assert not Path("later").exists()
    error = caught.value
    assert error.exit_code == 9
    assert error.message == "a.ipynb, cell 2 of 3: ValueError: no [2J such"
    result = error.result
    assert result.output in error.hint
    assert result.run_id[:8] in error.hint
    assert (result.status, result.cells_executed) == ("FAILED", 2)
    found = stored(workspace, result.run_id)
    assert found.info.status == "FAILED"
    assert found.data.tags["mlops.error"] == "ValueError: no [2J such, cell 2 of 3"
    executed = artifact(workspace, result.run_id, tmp_path, "a.ipynb")
    outputs = [o for cell in executed.cells for o in cell.get("outputs", [])]
    assert [o.get("ename") for o in outputs] == [None, "ValueError"]
    assert "An Exception was encountered" in executed.cells[0].source
    assert "FAILED" in result.to_text()
    assert "ValueError" in result.to_html()


def test_a_dead_kernel_is_named_within_seconds(workspace, tmp_path):
    code = "import os; os.write(2, b'corrupted heap\\n'); os.kill(os.getpid(), 9)"
    path = write("a.ipynb", "1", code, "open('later', 'w')")
    started = time.monotonic()
    with pytest.raises(
        NotebookFailed, match=r"cell 2 of 3: DeadKernelError: the kernel died \(SIGKILL"
    ) as e:
        run(workspace, path)
    assert e.value.result.duration_s <= time.monotonic() - started < 60
    assert not Path("later").exists()
    found = stored(workspace, e.value.result.run_id)
    assert found.info.status == "FAILED"
    assert "DeadKernelError" in found.data.tags["mlops.error"]
    executed = artifact(workspace, found.info.run_id, tmp_path, "a.ipynb")
    assert executed.cells[-1].metadata.papermill.status == "pending"
    assert any("corrupted heap" in text for text in texts(executed))
    with pytest.raises(NotebookFailed, match=r"the kernel died \(exit code 7\)"):
        run(workspace, write("b.ipynb", "import os; os._exit(7)"))


def test_time_runs_out_for_the_whole_notebook(workspace, tmp_path):
    path = write("a.ipynb", "import time; time.sleep(0.5)", "time.sleep(60)", "open('later', 'w')")
    with pytest.raises(NotebookFailed, match=r"cell 2 of 3: TimeoutError: stopped after 8 s") as e:
        run(workspace, path, timeout=8)  # the kernel's start is in it
    assert e.value.result.duration_s < 50
    assert not Path("later").exists()
    assert stored(workspace, e.value.result.run_id).info.status == "FAILED"
    executed = artifact(workspace, e.value.result.run_id, tmp_path, "a.ipynb")
    assert any(
        o.get("ename") == "TimeoutError" for c in executed.cells for o in c.get("outputs", ())
    )


def test_cells_may_be_allowed_to_raise(workspace):
    allowed = new_code_cell("1 / 0", metadata={"tags": ["raises-exception"]})
    skipped = new_code_cell("open('skipped', 'w')", metadata={"tags": ["skip-execution"]})
    result = run(workspace, write("a.ipynb", allowed, skipped, "", "open('later', 'w')"))
    assert (result.status, result.cells_executed, result.cells_total) == ("FINISHED", 2, 2)
    assert Path("later").exists()
    assert not Path("skipped").exists()


def test_an_allowed_error_does_not_hide_a_later_one(workspace):
    allowed = new_code_cell("1 / 0", metadata={"tags": ["raises-exception"]})
    with pytest.raises(NotebookFailed, match=r"cell 2 of 2: KeyError: 'x'"):
        run(workspace, write("a.ipynb", allowed, "{}['x']"))


def test_a_notebook_may_end_early_on_purpose(workspace):
    result = run(workspace, write("a.ipynb", "import sys; sys.exit(0)", "open('later', 'w')"))
    assert (result.status, result.cells_executed, result.cells_total) == ("FINISHED", 1, 2)
    assert not Path("later").exists()
    with pytest.raises(NotebookFailed, match="SystemExit: 3"):
        run(workspace, write("b.ipynb", "import sys; sys.exit(3)"))


def test_names_with_spaces_braces_and_other_scripts(workspace, tmp_path):
    path = write("my {notes}/vol d’été {n} 航班.ipynb", parameters("n = 1"), "print('航班', n)")
    result = run(
        workspace,
        path,
        parameters={"n": 2},
        name="<b>été</b>",
        experiment="航班",
        output_dir="out {x}",
    )
    assert (result.name, result.experiment) == ("<b>été</b>", "航班")
    assert result.output == "out {x}/vol d’été {n} 航班.ipynb"
    executed = artifact(workspace, result.run_id, tmp_path, path.name)
    assert texts(executed) == ["航班 2\n"]
    assert "<b>" not in result.to_html()


def test_an_empty_notebook_is_run(workspace):
    result = run(workspace, write("a.ipynb"))
    assert (result.status, result.cells_executed, result.cells_total) == ("FINISHED", 0, 0)


def test_a_notebook_without_ids_is_run_and_left_as_it_is(workspace):
    path = write("a.ipynb", "1")
    content = json.loads(path.read_text())
    del content["cells"][0]["id"]
    path.write_text(json.dumps(content))
    before = path.read_bytes()
    assert run(workspace, path).status == "FINISHED"
    assert path.read_bytes() == before


def test_two_runs_at_once_do_not_mix(workspace):
    code = "import os, time; time.sleep(1); print(os.getcwd(), os.environ['MLOPS_RUN_ID'])"
    paths = [write(f"{name}/n.ipynb", code) for name in ("one", "two")]
    results = {}

    def start(path):
        try:
            results[path] = run(workspace, path)
        finally:
            ensure_event_loop().close()

    threads = [threading.Thread(target=start, args=[path]) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for path, result in results.items():
        (text,) = texts(nbformat.read(workspace.root / result.output, as_version=4))
        assert text.split() == [str(path.parent.resolve()), result.run_id]
    assert len(results) == 2


def test_output_dir_keeps_what_is_not_ours(workspace):
    path = write("a.ipynb", "print(1)")
    with pytest.raises(Conflict, match="is the notebook itself"):
        run(workspace, path, output_dir=".")
    other = write("out/a.ipynb", "print(2)")
    before = path.read_bytes(), other.read_bytes()
    with pytest.raises(Conflict, match="not an executed notebook"):
        run(workspace, path, output_dir="out")
    assert (path.read_bytes(), other.read_bytes()) == before
    assert no_runs(workspace)
    first = run(workspace, path, output_dir="new/er")
    second = run(workspace, path, output_dir="new/er")  # an executed notebook may go
    assert first.output == second.output == "new/er/a.ipynb"


def test_output_onto_the_input_through_a_link_is_refused(workspace):
    path = write("a.ipynb", "1")
    Path("link").symlink_to(".")
    with pytest.raises(Conflict, match="is the notebook itself"):
        run(workspace, path, output_dir="link")


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"parameters": ["mnth=7"]}, BadInput, "did you mean 'month'"),
        ({"parameters": ["month=x"]}, BadInput, "takes an int"),
        ({"parameters": ["month"]}, UsageError, "not name=value"),
        ({"kernel": "nowhere"}, BadInput, r"(?s)no kernel 'nowhere'.*python3"),
        ({"timeout": 0}, UsageError, "above 0"),
        ({"timeout": float("nan")}, UsageError, "above 0"),
    ],
)
def test_refused_before_anything_is_started(workspace, given, error, says):
    path = write("a.ipynb", parameters("month = 6"), "open('ran', 'w')")
    with pytest.raises(error, match=says):
        run(workspace, path, **given)
    assert not Path("ran").exists()
    assert no_runs(workspace)


def test_files_that_cannot_be_run(workspace, tmp_path):
    write("train.ipynb", "1")
    Path("text.txt").write_text("x")
    Path("broken.ipynb").write_text("{")
    Path("binary.ipynb").write_bytes(b"\xff\xfe\x00")
    Path("list.ipynb").write_text("[]")
    Path("old.ipynb").write_text('{"nbformat": 3, "worksheets": []}')
    Path("folder").mkdir()
    outside = write(tmp_path / "outside.ipynb", "1")
    for name, error, says in [
        ("trian.ipynb", NotFound, "did you mean train.ipynb"),
        ("train", NotFound, "did you mean train.ipynb"),
        ("zzz.ipynb", NotFound, "there are: .*train.ipynb"),
        ("text.txt", BadInput, "is not a notebook"),
        ("broken.ipynb", BadInput, "is not a notebook: "),
        ("binary.ipynb", BadInput, "is not a notebook: "),
        ("list.ipynb", BadInput, "format 4"),
        ("old.ipynb", BadInput, "format 4"),
        ("folder", BadInput, "is a folder"),
        (outside, BadInput, "outside the workspace"),
    ]:
        with pytest.raises(error, match=says):
            run(workspace, name)
    assert no_runs(workspace)


def test_kernel_the_notebook_was_written_for_is_missing(workspace):
    path = write("a.ipynb", "1", kernel="conda-old")
    with pytest.raises(BadInput, match=r"'conda-old', which .* was written for") as caught:
        run(workspace, path)
    assert "python3" in caught.value.hint
    assert run(workspace, path, kernel="python3").status == "FINISHED"


def test_a_kernel_that_does_not_start_fails_the_run(workspace, tmp_path, monkeypatch):
    spec = tmp_path / "jupyter" / "kernels" / "gone"
    spec.mkdir(parents=True)
    (spec / "kernel.json").write_text(
        json.dumps({"argv": ["/nowhere/python"], "display_name": "gone", "language": "python"})
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    with pytest.raises(NotebookFailed, match="KernelNotStarted: kernel 'gone'"):
        run(workspace, write("a.ipynb", "1"), kernel="gone")
    assert only_run(workspace).info.status == "FAILED"


def test_code_that_is_not_committed_is_kept_with_the_run(workspace, tmp_path):
    (workspace.root / "helper.py").write_text("VALUE = 1\n")
    path = write("train.ipynb", "import helper; print(helper.VALUE)")
    result = run(workspace, path)
    kept = MlflowClient(workspace.store.uri).download_artifacts(
        result.run_id, "code/files/helper.py", str(tmp_path)
    )
    assert Path(kept).read_text() == "VALUE = 1\n"


def test_a_run_may_belong_to_another_and_carry_tags_of_its_caller(workspace):
    parent = run(workspace, write("parent.ipynb", "1"))
    tags = {"mlops.sweep": "7", "mlops.notebook": "not mine to say"}
    path = write("child.ipynb", "1")
    child = run(workspace, path, parent_run_id=parent.run_id, extra_tags=tags)
    kept = stored(workspace, child.run_id).data.tags
    assert kept["mlflow.parentRunId"] == parent.run_id
    assert (kept["mlops.sweep"], kept["mlops.notebook"]) == ("7", "child.ipynb")
    assert "mlflow.parentRunId" not in stored(workspace, parent.run_id).data.tags

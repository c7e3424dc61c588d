"""What a run of a notebook knows of its cells, whether or not they ask to be tracked."""

from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import mlops_jupyter as mlops
from mlops_jupyter import data
from mlops_jupyter.notebooks.inside import tracks_itself
from mlops_jupyter.notebooks.source import read

pytestmark = pytest.mark.usefixtures("_closed_loop")

PREPARE = (
    "import pandas as pd\nflights = pd.read_csv('flights.csv')",
    "with open('note.txt', 'w') as note:\n    note.write('doubled')",
    "flights['twice'] = flights.delay * 2\nflights.to_csv('features.csv', index=False)",
)
TRAIN = (
    "import pandas as pd\nflights = pd.read_csv('flights.csv')",
    "from sklearn.tree import DecisionTreeClassifier",
    "model = DecisionTreeClassifier(max_depth=2).fit(flights[['delay']], flights.late)",
)


def write(*cells):
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = new_notebook(cells=[*map(new_code_cell, cells)], metadata={"kernelspec": spec})
    nbformat.write(made, "notebook.ipynb")


@pytest.fixture
def run(workspace):
    frame = pd.DataFrame({"delay": range(40), "late": [0] * 20 + [1] * 20})
    frame.to_csv("flights.csv", index=False)

    def executed(*cells):
        write(*cells)
        done = mlops.run(workspace, "notebook.ipynb")
        return mlops.show(workspace, done.run_id), nbformat.read(done.output, as_version=4)

    return executed


@pytest.mark.parametrize("asks", [False, True], ids=["a plain notebook", "one with the extension"])
def test_a_notebook_that_trains_nothing_has_read_and_written_all_the_same(workspace, run, asks):
    first = ("%load_ext mlops_jupyter",) if asks else ()
    details, executed = run(*first, *PREPARE)
    (read,) = details.inputs
    assert (read.source, read.rows) == ("flights.csv", 40)
    assert data.path_of(workspace, read.version).read_bytes() == Path("flights.csv").read_bytes()
    assert [made.path for made in details.outputs] == ["note.txt", "features.csv"]
    assert details.children == []
    assert all(cell.outputs == [] for cell in executed.cells)

    stage = mlops.pipeline.add(workspace, "notebook.ipynb", dry_run=True)
    why = f"read by run:{details.summary.run_id[:8]}"
    assert {path.path: path.why for path in stage.dependencies}["flights.csv"] == why
    assert [path.path for path in stage.outputs] == ["features.csv", "note.txt"]


def test_what_a_plain_notebook_logs_is_its_own_until_it_trains(workspace, run):
    log = "import mlops_jupyter as mlops\nmlops.log({'rows': len(flights)})"
    epochs = "for step in range(3):\n    mlops.log({'loss': 1 / (step + 1)}, step=step)"
    details, _ = run(TRAIN[0], log, epochs)
    assert details.children == []
    assert (details.summary.metrics["rows"], details.summary.metrics["loss"]) == (40, 1 / 3)

    details, _ = run(TRAIN[0], log, *TRAIN[1:], "mlops.log({'auc': 0.75})")
    (child,) = details.children
    assert mlops.show(workspace, child.run_id).summary.metrics["auc"] == 0.75
    assert (details.summary.metrics["rows"], details.summary.metrics["auc"]) == (40, 0.75)


def test_what_the_user_has_configured_for_kernels_stays(run, tmp_path, monkeypatch):
    profile = tmp_path / "ipython/profile_default"
    profile.mkdir(parents=True)
    (profile / "ipython_kernel_config.py").write_text(
        "c.InteractiveShellApp.exec_lines = ['preset = 7']\n"
        "c.IPKernelApp.extensions = ['autoreload']\n"
    )
    monkeypatch.setenv("IPYTHONDIR", str(profile.parent))
    _, executed = run("print(preset, 'autoreload' in get_ipython().magics_manager.magics['line'])")
    assert executed.cells[0].outputs[0].text == "7 True\n"


def test_what_is_not_recorded_is_told(workspace):
    settings = workspace.root / "mlops.toml"
    settings.write_text(settings.read_text().replace("copy_limit_mb = 200", "copy_limit_mb = 1"))
    Path("large.csv").write_text("a\n" + "1234567\n" * 150_000)
    write("import pandas as pd\nlarge = pd.read_csv('large.csv')")
    told = []
    mlops.run(mlops.Workspace.find(), "notebook.ipynb", events=told.append)
    (kept,) = [event for event in told if event.stays]
    assert (
        kept.message == "not recorded: copy of large.csv: larger than copy_limit_mb in mlops.toml"
    )


@pytest.mark.parametrize("asks", [True, False])
def test_only_code_loads_the_extension(workspace, asks):
    write("1" if not asks else "x = 1\n%load_ext mlops_jupyter", "# %load_ext mlops_jupyter")
    notebook = nbformat.read("notebook.ipynb", as_version=4)
    notebook.cells.append(new_markdown_cell("Say `%load_ext mlops_jupyter`"))
    nbformat.write(notebook, "notebook.ipynb")
    assert tracks_itself(read(workspace, "notebook.ipynb")) == asks


def test_what_a_plain_notebook_trains_is_a_run_of_its_own_below_it(workspace, run):
    details, executed = run(*TRAIN)
    (child,) = details.children
    trained = mlops.show(workspace, child.run_id).summary
    assert (trained.model, trained.params["max_depth"]) == ("DecisionTreeClassifier", "2")
    assert [entry.source for entry in details.inputs] == ["flights.csv"]
    assert all(cell.outputs == [] for cell in executed.cells)
    cells = mlops.journal(workspace, child.run_id).cells
    assert [cell.source for cell in cells] == list(TRAIN)

"""Comparing what a notebook's cells left: a real shell, scikit-learn, MLflow, git and store."""

import json
import subprocess

import pytest
from mlflow import MlflowClient

import mlops_jupyter as mlops
from mlops_jupyter.cli import main
from mlops_jupyter.errors import MlopsError, NotFound
from tests.servers import Server

READ = "import pandas as pd\nflights = pd.read_csv('flights.csv')\nX, y = flights[['a']], flights.y"
FIT = """# how <b>deep</b>
from sklearn.tree import DecisionTreeClassifier
tree = DecisionTreeClassifier(max_depth=2, random_state=0)
tree.fit(X, y)"""


@pytest.fixture
def runs(cells, workspace):
    """Two runs of one notebook: its data and its cell were changed in between."""
    for name, rows in (("flights.csv", 40), ("july.csv", 60)):
        lines = "".join(f"{i},{i % 3},{i % 2}\n" for i in range(rows))
        (workspace.root / name).write_text("a,b,y\n" + lines)
    for command in (
        ("add", "flights.csv"),
        ("-c", "user.name=a", "-c", "user.email=a@example", "commit", "-qm", "Flights"),
    ):
        subprocess.run(["git", *command], check=True, cwd=workspace.root)

    def cell(source, identity):
        result = cells.shell.run_cell(source, store_history=True, cell_id=identity)
        result.raise_error()

    cells.run("%mlops track trees")
    cell(READ, "read")
    cell(FIT, "fit")
    cell("print(tree.get_depth())", "look")
    cell(READ.replace("flights.csv", "july.csv").replace("[['a']]", "[['a', 'b']]"), "read")
    cell(FIT.replace("2", "5"), "fit")
    return [run.run_id for run in reversed(mlops.runs(workspace).runs)]


def test_what_changed_between_two_runs_of_a_notebook(runs, workspace, cells):
    found = mlops.compare(workspace, runs)
    assert {each.name: each.values for each in found.parameters} == {"max_depth": ["2", "5"]}
    data = {each.name: each for each in found.data}
    assert data["july.csv"].inputs[1].rows == 60
    assert data["X"].columns[1] == ["+ b"]
    assert {"packages", "code"} <= set(found.equal)
    own, *others = found.cells
    assert own.own
    assert own.diff.splitlines()[2:4] == [
        "-tree = DecisionTreeClassifier(max_depth=2, random_state=0)",
        "+tree = DecisionTreeClassifier(max_depth=5, random_state=0)",
    ]
    changed = [each for each in others if each.change == "changed"]
    assert len(changed) == 1, "the cell that reads, which is one cell by its id or by nbdime"
    assert "+flights = pd.read_csv('july.csv')" in changed[0].diff.splitlines()
    assert [each.diff for each in others if each.change == "added"] == ["+print(tree.get_depth())"]
    # Backwards it is the same, the other way round.
    back = mlops.compare(workspace, runs[::-1])
    assert [each.change for each in back.cells].count("removed") == 1
    page = found.to_html()
    assert "how &lt;b&gt;deep&lt;/b&gt;" in page
    assert "<b>" not in page


def test_the_magic_and_the_command_line_tell_the_same(runs, workspace, cells, capsys):
    found = cells.run(f"found = %mlops compare {' '.join(runs)}\nfound")
    assert [run.run_id for run in found.runs] == runs
    cells.run("%mlops track --off")
    assert main(["compare", *runs, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["kind"] == "comparison"
    assert answer["parameters"] == [{"name": "max_depth", "values": ["2", "5"], "unknown": []}]
    assert main(["compare", runs[0]]) == 2
    assert "two runs or more" in capsys.readouterr().err
    third = "theirs"
    MlflowClient(tracking_uri=workspace.store.uri).create_run("0", run_name=third)
    assert main(["compare", *runs, third]) == 0
    said = capsys.readouterr().out
    assert "of theirs" in said
    assert "cells, against the first run" in said


def test_files_of_runs_on_a_server(workspace, tmp_path):
    server = Server(tmp_path / "server")
    server.start()
    try:
        remote = mlops.Workspace.find(workspace.root, store=server.uri)
        client = MlflowClient(tracking_uri=server.uri)
        runs = []
        for depth in (2, 5):
            run_id = client.create_run("0", run_name=f"depth {depth}").info.run_id
            client.log_text(run_id, FIT.replace("2", str(depth)), "code/cell.py")
            client.log_text(run_id, f"numpy==2.{depth}\n", "environment/requirements.txt")
            for step in range(depth):
                client.log_metric(run_id, "loss", 1 / (step + 1), step=step)
            runs.append(run_id)
        found = mlops.compare(remote, runs)
    finally:
        server.kill()
    assert [each.values for each in found.packages] == [["2.2", "2.5"]]
    assert [(each.own, each.change) for each in found.cells] == [(True, "changed")]
    assert [chart.title for chart in found.charts] == ["loss"]


def test_data_whose_prefix_was_left_out(workspace):
    for text in ("a\n1\n", "a\n2\n"):
        (workspace.root / "flights.csv").write_text(text)
        mlops.data.snapshot(workspace, "flights.csv")
    for wanted in (["flights@v1", "flights@v2"], ["data:flights@v2", "flights@v1"]):
        with pytest.raises(MlopsError) as caught:
            mlops.compare(workspace, wanted)
        assert caught.value.hint == "did you mean data:flights@v1?"
    with pytest.raises(NotFound) as caught:
        mlops.compare(workspace, ["nothing", "flights@v1"])
    assert caught.value.hint.startswith("`mlops runs`")

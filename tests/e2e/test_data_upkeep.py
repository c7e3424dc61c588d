"""What tracked cells have read: kept, found again, freed, forgotten; in a real IPython shell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import mlops_jupyter as mlops
from mlops_jupyter import data
from mlops_jupyter.data.catalog import automatic
from mlops_jupyter.data.upkeep import clearing
from mlops_jupyter.errors import NotFound
from mlops_jupyter.tracking.capture import keeping
from mlops_jupyter.workspace import Workspace
from tests.shells import Cells

TRAIN = "d = pd.read_csv('data/x.csv'); m = DecisionTreeClassifier(max_depth=2).fit(d[['a']], d.b)"


@pytest.fixture
def cells(workspace):
    cells = Cells()
    Path("data").mkdir(exist_ok=True)
    write(1)
    cells.run("%load_ext mlops_jupyter")
    cells.run("import pandas as pd; from sklearn.tree import DecisionTreeClassifier")
    cells.run("%mlops track trees")
    yield cells
    cells.close()


def write(seed: int) -> str:
    text = "a,b\n" + "".join(f"{row * seed},{row % 2}\n" for row in range(50))
    Path("data/x.csv").write_text(text)
    return text


def trained(cells, workspace) -> str:
    """Train in a cell; return the reference of what it read, once it is kept."""
    cells.run(TRAIN)
    assert keeping.of(workspace).wait(60)
    (entry,) = [e for e in mlops.show(workspace, "last").inputs if e.kind == "file"]
    return entry.version


def test_a_file_that_was_overwritten_comes_back(cells, workspace):
    text = write(1)
    first = trained(cells, workspace)
    write(2)
    second = trained(cells, workspace)
    assert first != second
    assert trained(cells, workspace) == second
    assert len(automatic.read(workspace)) == 2
    cells.run(f"%mlops data checkout {first}")
    assert Path("data/x.csv").read_text() == text
    told = cells.run("%mlops show last")
    assert second.removeprefix("data:") in told.to_text()


def test_a_named_version_wins(cells, workspace):
    data.snapshot(workspace, "data/x.csv")
    assert trained(cells, workspace) == "data:x@v1"
    assert automatic.read(workspace) == []


def test_past_the_budget_it_is_said_once(cells, workspace):
    settings = Path("mlops.toml").read_text()
    Path("mlops.toml").write_text(settings.replace("keep_total_mb = 2048", "keep_total_mb = 0"))
    cells.run("%mlops track off")
    cells.run("%mlops track trees")
    shown = []
    for seed in (3, 4):
        write(seed)
        cells.run(TRAIN)
        shown.append(str(cells.shown) + cells.stdout)
    assert "keep_total_mb in mlops.toml is reached" in shown[0]
    assert "keep_total_mb" not in shown[1]
    assert automatic.read(workspace) == []


def test_what_only_a_deleted_run_read_is_freed_by_gc(cells, workspace, monkeypatch):
    from datetime import timedelta

    from mlops_jupyter.tracking.store import clearing as runs_clearing

    first = trained(cells, workspace)
    run = mlops.show(workspace, "last").summary.run_id
    write(2)
    second = trained(cells, workspace)
    monkeypatch.setattr(clearing, "LEAST", timedelta(0))
    monkeypatch.setattr(runs_clearing, "LEAST", timedelta(0))
    assert "automatic" not in {e.kind for e in mlops.gc(workspace, dry_run=True).entries}
    mlops.delete(workspace, run)
    planned = mlops.gc(workspace, dry_run=True)
    assert {e.kind: e.count for e in planned.entries}["automatic"] == 1
    done = mlops.gc(workspace)
    assert {e.kind: e.count for e in done.entries}["automatic"] == 1
    assert [v.ref for v in automatic.read(workspace)] == [second]
    with pytest.raises(NotFound):
        data.resolve(workspace, first)


def test_forgetting_tells_training_data_from_what_an_earlier_cell_read(cells, workspace):
    first = trained(cells, workspace)
    own = mlops.show(workspace, "last").summary.run_id
    cells.run("other = pd.DataFrame({'a': [1, 2], 'b': [0, 1]})")
    cells.run("n = DecisionTreeClassifier().fit(other[['a']], other.b)")
    beside = mlops.show(workspace, "last").summary.run_id
    done = cells.run(f"%mlops data forget {first} --dry-run")
    (trained_on,) = [place for place in done.stays if "input example" in place]
    assert own[:8] in trained_on and beside[:8] not in trained_on
    assert done.stays.index(trained_on) < done.stays.index(
        f"run:{beside[:8]}: what outputs of earlier cells show of it in their notebook"
    )


def test_what_was_forgotten_is_not_copied_again_by_itself(cells, workspace):
    first = trained(cells, workspace)
    done = cells.run(f"%mlops data forget {first} --yes")
    assert any("run:" in place and "input example" in place for place in done.stays)
    cells.run(TRAIN)
    assert keeping.of(workspace).wait(60)
    with pytest.raises(NotFound, match="forgotten on"):
        data.path_of(workspace, first)
    assert [e.digest for e in mlops.show(workspace, "last").inputs if e.kind == "file"] == [
        done.hash
    ]


def test_du_counts_the_copies(cells, workspace):
    trained(cells, workspace)
    assert "automatic" in {entry.kind for entry in mlops.du(workspace).entries}


def test_without_dvc_all_is_as_it_was(tmp_path, monkeypatch):
    from mlops_jupyter.data.catalog.automatic import Sighting

    (tmp_path / "mlops.toml").write_text("schema = 1\n")
    (tmp_path / "x.csv").write_text("a\n")
    keeper = keeping.of(Workspace.find(tmp_path))
    assert keeper.offer([Sighting(tmp_path / "x.csv", "0" * 32, 2)]) == {}
    assert keeper.news() == []


def test_a_runs_record_says_it_in_json(cells, workspace):
    ref = trained(cells, workspace)
    content = json.loads(json.dumps(mlops.show(workspace, "last").to_dict()))
    assert ref in [entry["version"] for entry in content["inputs"]]

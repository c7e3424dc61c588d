"""Looking back at runs on a real MLflow server: the same answers as from its file."""

import math

import pytest

import mlops_jupyter as mlops
from mlops_jupyter.errors import NotFound
from mlops_jupyter.tracking.history import find
from mlops_jupyter.workspace import Workspace
from tests.servers import Server
from tests.unit.tracking.history.conftest import Store

QUESTIONS = [
    {}, {"limit": 3, "page": 2}, {"flat": True, "limit": 4}, {"flat": True, "limit": 4, "page": 2},
    {"all": True}, {"where": "auc > 0.5"}, {"where": "trees >= 30 and not status = FAILED"},
    {"where": "name like 'it%' or tag.team = x"}, {"where": "auc != 0.5 and data = flights"},
    {"where": "started > 2020-01-01 and duration < 1min", "limit": 5, "page": 2},
    {"where": "tag.team is null", "sort": "trees:desc"}, {"sort": "auc"}, {"sort": "auc:asc"},
    {"group": "trees"}, {"group": "team_size", "metric": "loss"}, {"metric": "loss", "flat": True},
]  # fmt: skip


@pytest.fixture
def server(tmp_path):
    made = Server(tmp_path / "server")
    made.start()
    yield made
    made.kill()  # it would wait for the connections that our client keeps


def test_the_same_answers_as_from_its_file(server, workspace):
    remote = Workspace.find(workspace.root, store=server.uri)
    store = Store(remote)
    for place in range(8):
        store.run(
            f"it's {place}", status="FAILED" if place % 3 == 0 else "FINISHED",
            params={"trees": place * 10, "team_size": place % 2},
            metrics={"auc": [0.1, place / 10, math.inf if place == 7 else place / 8],
                     "loss": [3.0, 1.0 + place, math.nan]},
            tags={"team": "x", "mlops.data": '["data:flights@v1"]'} if place % 2 else {},
        )  # fmt: skip
    parent = store.run("sweep")
    for place in range(7):
        store.run(f"fit {place}", parent=parent, metrics={"auc": place / 10}, params={"trees": 5})

    file = Workspace.find(workspace.root, store=f"sqlite:///{server.place}/store.db")
    for question in QUESTIONS:
        here, there = mlops.runs(file, **question), mlops.runs(remote, **question)
        left_open = {"store": "", "total": None}  # a client does not count
        assert there.model_copy(update=left_open).to_dict() == (
            here.model_copy(update=left_open).to_dict()
        ), question
        assert there.runs or there.groups
    url = mlops.runs(remote, experiment="flights", open=True)
    assert (url.url.startswith(f"{server.uri}/#/experiments/"), url.ui_command) == (True, None)

    done = mlops.delete(remote, "sweep")
    assert len(done.runs) == 8
    with pytest.raises(NotFound, match="was deleted"):
        find.run(store.client, "sweep")
    mlops.tag(remote, "it's 3", {"kept": "yes"})
    assert [run.name for run in mlops.runs(remote, where="tag.kept = yes").runs] == ["it's 3"]
    assert len(mlops.restore(remote, "sweep").runs) == 8
    assert mlops.runs(file, limit=1).runs[0].best_child.value == 0.6

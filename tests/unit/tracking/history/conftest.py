"""A real store with runs as people and other tools leave them."""

import pytest

from mlops_jupyter.tracking.history import sources
from mlops_jupyter.tracking.history.client_source import ClientSource
from mlops_jupyter.tracking.store.opening import client as open_client
from tests.shells import Cells

START = 1_790_000_000_000


class Store:
    """Makes runs in a workspace's store, a minute apart, by MLflow's own client."""

    def __init__(self, workspace):
        self.workspace = workspace
        self.client = open_client(workspace)
        self._minutes = 0

    def run(
        self, name, *, experiment="flights", status="FINISHED", parent=None, params=None,
        metrics=None, tags=None, seconds=10,
    ):  # fmt: skip
        from mlflow.entities import Metric, Param, RunTag

        found = self.client.get_experiment_by_name(experiment)
        identity = found.experiment_id if found else self.client.create_experiment(experiment)
        start = START + self._minutes * 60_000
        self._minutes += 1
        known = dict(tags or {})
        if parent:
            known["mlflow.parentRunId"] = parent
        run_id = self.client.create_run(identity, start, known, run_name=name).info.run_id
        points = [
            Metric(key, value, start, step)
            for key, values in (metrics or {}).items()
            for step, value in enumerate(values if isinstance(values, list) else [values])
        ]
        entries = [Param(key, str(value)) for key, value in (params or {}).items()]
        self.client.log_batch(run_id, points, entries, [RunTag("seen", "yes")])
        if status != "RUNNING":
            self.client.set_terminated(run_id, status, start + seconds * 1000)
        return run_id


@pytest.fixture
def store(workspace):
    return Store(workspace)


@pytest.fixture(params=["file", "client"])
def way(request, monkeypatch):
    """Both ways of reading the same store: they must tell the same."""
    if request.param == "client":
        monkeypatch.setattr(sources, "_direct", lambda _workspace: None)
    opened = sources.opened

    def seen(workspace):
        context = opened(workspace)
        source = context.__enter__()
        assert isinstance(source, ClientSource) == (request.param == "client")
        context.__exit__(None, None, None)
        return opened(workspace)

    monkeypatch.setattr(sources, "opened", seen)
    return request.param


@pytest.fixture
def cells(workspace):
    """A shell in a workspace, with the extension loaded."""
    opened = Cells()
    opened.run("%load_ext mlops_jupyter")
    yield opened
    opened.close()

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import mlops_jupyter as mlops
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.capture import inputs, writes
from mlops_jupyter.tracking.run_parts import DataColumn, DataInput, DataOutput
from mlops_jupyter.tracking.store.opening import client
from mlops_jupyter.workspace import Workspace


@dataclass
class Lab:
    """Makes runs as the package writes them, without the time that training takes."""

    ws: Workspace
    client: Any
    started: int = 1_790_000_000_000

    def run(
        self, name, read=(), wrote=(), *, parent=None, notebook=None, status="FINISHED", **more
    ):
        """A run that read and wrote files of the workspace, as they are now."""
        self.started += 60_000
        known = {**more}
        if parent:
            known[tags.PARENT] = parent
        if notebook:
            known[tags.NOTEBOOK] = known[tags.SOURCE_NAME] = notebook
        made = self.client.create_run("0", self.started, tags=known, run_name=name)
        run_id = made.info.run_id
        inputs.log(self.client, run_id, [self.read(path) for path in read])
        writes.log(self.client, run_id, [self.wrote(path) for path in wrote])
        if status != "RUNNING":
            self.client.set_terminated(run_id, status, self.started + 5_000)
        return run_id

    def read(self, path):
        if isinstance(path, DataInput):
            return path
        columns = [DataColumn(name="a", type="int64"), DataColumn(name="b", type="int64")]
        return DataInput(
            kind="file", name=Path(path).name, source=path, digest=self.digest(path), rows=1,
            context="training", column_types=columns, size=Path(path).stat().st_size,
        )  # fmt: skip

    def wrote(self, path):
        return DataOutput(path=path, size=Path(path).stat().st_size, digest=self.digest(path))

    def file(self, path, text):
        file = self.ws.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return path

    def model(self, name, run_id):
        """A registered version that comes from a run."""
        from mlflow.exceptions import MlflowException

        with contextlib.suppress(MlflowException):
            self.client.create_registered_model(name)
        return self.client.create_model_version(name, f"runs:/{run_id}/m", run_id).version

    def lineage(self, reference, **how):
        return mlops.lineage(self.ws, reference, **how)

    @staticmethod
    def digest(path):
        return hashlib.md5(Path(path).read_bytes()).hexdigest()


@pytest.fixture
def lab(workspace) -> Lab:
    return Lab(workspace, client(workspace))


@pytest.fixture
def chain(lab):
    """Flights, kept; a run that makes features of them; one that trains on those; a model."""
    lab.file("data/flights.csv", "a,b\n1,2\n")
    mlops.data.snapshot(lab.ws, "data/flights.csv")
    lab.file("derived/features.csv", "a,b\n2,4\n")
    lab.prepare = lab.run(
        "prepare", ["data/flights.csv"], ["derived/features.csv"], notebook="prepare.ipynb"
    )
    lab.forest = lab.run(
        "forest", ["derived/features.csv"], notebook="train.ipynb",
        **{tags.MODEL: "RandomForestClassifier", tags.CODE: json.dumps(
            {"commit": "3f2a1c9d00", "branch": "main", "changed": ["train.ipynb"],
             "modules": ["features.py"]}), tags.ENVIRONMENT: '{"python":"3.11.7","numpy":"2.0"}'},
    )  # fmt: skip
    lab.model("delays", lab.forest)
    return lab


def names(lineage, ids):
    """What a person calls some nodes."""
    nodes = {node.id: node for node in lineage.nodes}
    return [nodes[each].title for each in ids]


@pytest.fixture
def up():
    return lambda lineage: set(names(lineage, lineage.upstream))


@pytest.fixture
def down():
    return lambda lineage: set(names(lineage, lineage.downstream))

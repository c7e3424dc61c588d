"""Fills a workspace with runs, as users make them; run in its folder by the fixtures."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd
from mlflow import MlflowClient
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier

import mlops_jupyter as mlops

HOSTILE = "<img src=x onerror=alert(1)>"


def forest(workspace: mlops.Workspace) -> None:
    """A tracked training on versioned data."""
    path = Path("data") / "cancer.csv"
    path.parent.mkdir(exist_ok=True)
    load_breast_cancer(as_frame=True).frame.to_csv(path, index=False)
    mlops.data.snapshot(workspace, path)
    with mlops.track("tumours", name="forest", workspace=workspace):
        frame = pd.read_csv(path)
        model = RandomForestClassifier(n_estimators=20, max_depth=6, random_state=0)
        model.fit(frame.drop(columns="target"), frame["target"])


def others(client: MlflowClient) -> None:
    """Runs of every status, a family, a hostile name, a very long one, odd numbers."""
    flights = client.create_experiment("flights")
    sweep = client.create_run(flights, run_name="sweep").info.run_id
    for depth in (2, 4, 8):
        child = client.create_run(
            flights, run_name=f"depth {depth}", tags={"mlflow.parentRunId": sweep}
        ).info.run_id
        client.log_param(child, "max_depth", depth)
        client.log_metric(child, "test_auc", 0.61 + depth / 100)
        client.set_terminated(child)
    client.set_terminated(sweep)
    failed = client.create_run(
        flights,
        run_name="the one with a name that is far too long for any sidebar that one keeps open",
        tags={"mlops.error": "ValueError: Input X contains NaN.\n  in cell 7, line 3"},
    ).info.run_id
    client.log_metric(failed, "loss", float("nan"))
    client.set_terminated(failed, "FAILED")
    client.set_terminated(client.create_run(flights, run_name="given up").info.run_id, "KILLED")
    hostile = client.create_run(
        flights, run_name=HOSTILE, tags={"mlops.data": json.dumps([HOSTILE]), "note": HOSTILE}
    ).info.run_id
    client.log_param(hostile, "name", HOSTILE)
    client.log_text(hostile, HOSTILE, "report/<b>bold</b>.txt".replace("/b", "b"))
    client.log_metric(hostile, "accuracy", 1e-7)
    client.set_terminated(hostile)
    client.create_run(flights, run_name="still running")


def many(client: MlflowClient, count: int) -> None:
    """More runs than one page holds."""
    experiment = client.create_experiment("many")
    for number in range(count):
        run = client.create_run(experiment, run_name=f"run {number:03}").info.run_id
        client.log_metric(run, "accuracy", 0.5 + number / 1000)
        client.set_terminated(run)


if __name__ == "__main__":
    here = mlops.Workspace.find()
    opened = MlflowClient(tracking_uri=here.store.uri)
    if sys.argv[1] == "many":
        many(opened, int(sys.argv[2]))
    elif sys.argv[1] == "forest":
        forest(here)
    else:
        forest(here)
        others(opened)

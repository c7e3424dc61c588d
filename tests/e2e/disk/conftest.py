"""Runs that fill the disk, with the real store and registry, and what the system says of it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import time
from contextlib import closing

import pytest
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

import mlops_jupyter as mlops
from mlops_jupyter.tracking.store import opening

HOURS = 3600
DAYS = 24 * HOURS


@pytest.fixture
def client(workspace):
    return opening.client(workspace)


@pytest.fixture
def run(workspace):
    """Log a run with an artifact, and return its id."""

    def run(text="something", **options):
        with mlops.track("trees", **options):
            return mlops.log({"text": text, "auc": 0.5}).run_id

    return run


@pytest.fixture
def trained(workspace):
    """Train a tracked tree, and return its run."""

    def trained():
        features, labels = load_iris(return_X_y=True)
        with mlops.track("trees") as tracked:
            DecisionTreeClassifier(max_depth=2).fit(features, labels)
        return mlops.show(workspace, tracked.result.run_id)

    return trained


@pytest.fixture
def delete(workspace, client):
    """Delete runs as if long ago."""

    def delete(*run_ids, ago=2 * HOURS):
        for run_id in run_ids:
            client.delete_run(run_id)
        change_store(workspace, "UPDATE runs SET deleted_time = deleted_time - ?", ago * 1000)

    return delete


def change_store(workspace, statement, *values):
    with closing(sqlite3.connect(workspace.embedded_store.sqlite_path)) as store, store:
        store.execute(statement, values)


def make_old(workspace, ago=2 * HOURS):
    then = time.time() - ago
    for path in workspace.state_dir.rglob("*"):
        os.utime(path, (then, then), follow_symlinks=False)


def system_du(*paths):
    told = subprocess.run(
        ["du", "-s", "-c", "--block-size=1", *paths], capture_output=True, text=True, check=True
    )
    return int(told.stdout.splitlines()[-1].split()[0])


def freed(result):
    return {entry.kind: entry.count for entry in result.entries}


def folder_of(workspace, run_id):
    return next(workspace.artifacts_dir.glob(f"*/{run_id}"))

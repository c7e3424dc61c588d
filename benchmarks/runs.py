"""What ``mlops runs`` costs on 10,000 runs with 20 metrics, beside ``MlflowClient.search_runs``.

All in one process, warm, each a median over repeats:

- the first page by time against the same page of ``search_runs``: at most 1;
- the last page against the first: at most 2;
- the same for runs read through MLflow's client, which is what a tracking server gets;
- the best by a metric, a condition, groups, and all runs at once, for the record.

Run it with ``make bench`` or ``python benchmarks/runs.py``.
"""

from __future__ import annotations

import os
import random
import sqlite3
import statistics
import sys
import tempfile
import time
import uuid
import warnings
from pathlib import Path

RUNS = int(os.environ.get("BENCH_RUNS", "10000"))
METRICS = 20
PAGE = 20
REPEATS = int(os.environ.get("BENCH_REPEATS", "9"))


def main() -> int:
    from mlflow import MlflowClient

    from mlops_jupyter.project.init import init
    from mlops_jupyter.tracking.history import sources
    from mlops_jupyter.tracking.history.listing import runs
    from mlops_jupyter.workspace import Workspace

    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        init(folder)
        workspace = Workspace.find(Path(folder))
        fill(workspace)
        client = MlflowClient(tracking_uri=workspace.store.uri)
        experiments = [each.experiment_id for each in client.search_experiments()]
        order = ["attributes.start_time DESC"]
        last = -(-RUNS // PAGE)

        theirs = median(lambda: client.search_runs(experiments, max_results=PAGE, order_by=order))
        first = median(lambda: runs(workspace, limit=PAGE))
        final = median(lambda: runs(workspace, limit=PAGE, page=last))
        print(f"{RUNS:,} runs x {METRICS} metrics, pages of {PAGE}")
        print(f"search_runs, first page by time   {theirs * 1e3:8.1f} ms")
        good = report("mlops runs, first page by time", first, theirs, "search_runs", 1.0)
        good &= report("mlops runs, last page", final, first, "the first", 2.0)

        direct = sources._direct  # noqa: SLF001 - the other way of reading, to be measured too
        sources._direct = lambda _workspace: None  # noqa: SLF001
        by_client = median(lambda: runs(workspace, limit=PAGE))
        by_client_last = median(lambda: runs(workspace, limit=PAGE, page=last))
        sources._direct = direct  # noqa: SLF001
        report("through the client, first page", by_client, theirs, "search_runs")
        good &= report("through the client, last page", by_client_last, by_client, "the first", 2.0)

        newest = ["metrics.test_auc DESC"]
        slow = once(lambda: client.search_runs(experiments, max_results=PAGE, order_by=newest))
        report("mlops runs --sort test_auc", median(lambda: runs(workspace, sort="test_auc")), slow)
        where = "test_auc > 0.7 and n_estimators = 50 or status = FAILED"
        print_time("--where with or", median(lambda: runs(workspace, where=where)))
        print_time("--group n_estimators", median(lambda: runs(workspace, group="n_estimators")))
        print_time("--metric test_auc", median(lambda: runs(workspace, metric="test_auc")))
        print_time("--all", once(lambda: runs(workspace, all=True)))
    return 0 if good else 1


def report(
    what: str, value: float, beside: float, name: str = "search_runs", most: float | None = None
) -> bool:
    ratio = value / beside
    goal = f" (at most {most})" if most else ""
    print(f"{what:<34}{value * 1e3:8.1f} ms   {ratio:.3f} of {name}{goal}")
    return most is None or ratio <= most


def print_time(what: str, value: float) -> None:
    print(f"mlops runs {what:<23}{value * 1e3:8.1f} ms")


def median(work) -> float:
    work()
    return statistics.median(once(work) for _ in range(REPEATS))


def once(work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def fill(workspace) -> None:
    """Write the runs straight into the store's file: by the client it would take minutes."""
    from mlops_jupyter.tracking.store.opening import client as open_client

    identity = int(open_client(workspace).create_experiment("bench"))
    draw = random.Random(0)  # noqa: S311 - no secret
    now = int(time.time() * 1000)
    connection = sqlite3.connect(workspace.store.sqlite_path)
    with connection:
        for place in range(RUNS):
            run_id = uuid.UUID(int=draw.getrandbits(128)).hex
            start = now - (RUNS - place) * 1000
            connection.execute(
                "INSERT INTO runs (run_uuid, name, source_type, user_id, status, start_time, "
                "end_time, lifecycle_stage, artifact_uri, experiment_id) "
                "VALUES (?, ?, 'UNKNOWN', 'me', ?, ?, ?, 'active', '', ?)",
                (run_id, f"run {place}", "FINISHED" if place % 7 else "FAILED", start, start + 500,
                 identity),
            )  # fmt: skip
            values = [("test_auc" if each == 0 else f"m{each}", draw.random())
                      for each in range(METRICS)]  # fmt: skip
            for table in ("metrics", "latest_metrics"):
                connection.executemany(
                    f"INSERT INTO {table} (key, value, timestamp, step, is_nan, run_uuid) "  # noqa: S608
                    "VALUES (?, ?, ?, 0, 0, ?)",
                    [(key, value, start, run_id) for key, value in values],
                )
            connection.executemany(
                "INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)",
                [("n_estimators" if each == 0 else f"p{each}", str(draw.randrange(100)), run_id)
                 for each in range(5)],
            )  # fmt: skip
            tags = {
                "mlflow.runName": f"run {place}",
                "mlops.uid": str(uuid.UUID(int=draw.getrandbits(128))),
                "mlops.model": "RandomForestClassifier",
                "mlops.data": '["data:flights@v1"]',
            }
            connection.executemany(
                "INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?)",
                [(key, value, run_id) for key, value in tags.items()],
            )
    connection.close()


if __name__ == "__main__":
    sys.exit(main())

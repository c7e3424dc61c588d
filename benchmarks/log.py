"""What logging a curve costs a training loop, beside ``mlflow.log_metric``, in one run.

Both write 10,000 points to the same embedded SQLite store, in a cell of their own; the cell's end,
where what is left is written, counts. All points of both have to be in the store afterwards.

Run it with ``make bench`` or ``python benchmarks/log.py``.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time

POINTS = int(os.environ.get("BENCH_POINTS", "10000"))
LIMIT = 1 / 20

_OURS = f"""
for step in range({POINTS}):
    _ = mlops.log({{"loss": 1 / (step + 1)}}, step=step)
"""
_MLFLOW = f"""
with mlflow.start_run(experiment_id=experiment) as active:
    for step in range({POINTS}):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
"""


def main() -> None:
    """Measure and print; exit 1 where points are missing or the cell waits too long."""
    for name in [name for name in os.environ if name.startswith(("MLFLOW_", "MLOPS_"))]:
        del os.environ[name]
    with tempfile.TemporaryDirectory() as folder:
        own, peer = measure(folder)
    ratio = own / peer
    print(
        f"{POINTS:,} metric points: mlops.log {own:.2f} s, mlflow.log_metric {peer:.2f} s; "
        f"ratio {ratio:.4f} = 1/{1 / ratio:.1f} (limit 1/{1 / LIMIT:.0f}); all arrived"
    )
    if ratio > LIMIT:
        sys.exit("past the limit: metric points")


def measure(folder: str) -> tuple[float, float]:
    """Return how long the cell took with ours and with MLflow's."""
    import mlflow
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    import mlops_jupyter as mlops

    mlops.init(folder)
    os.chdir(folder)
    workspace = mlops.Workspace.find()
    mlflow.set_tracking_uri(workspace.store.uri)
    client = mlflow.MlflowClient(workspace.store.uri)
    experiment = client.create_experiment("peer")
    shell = InteractiveShell.instance()
    shell.user_ns |= {"mlops": mlops, "mlflow": mlflow, "experiment": experiment}

    def cell(source: str) -> float:
        begun = time.perf_counter()
        with capture_output():
            result = shell.run_cell(source)
        took = time.perf_counter() - begun
        result.raise_error()
        return took

    cell("%load_ext mlops_jupyter")
    cell("mlflow.start_run(experiment_id=experiment); mlflow.end_run()")
    peer = cell(_MLFLOW)
    cell("%mlops track ours")
    cell("_ = mlops.log({'warm': 1}, step=0)")
    own = cell(_OURS)
    for name in ("peer", "ours"):
        newest = mlops.runs(workspace, experiment=name).runs[0]
        points = client.get_metric_history(newest.run_id, "loss")
        found = sorted((point.step, point.value) for point in points)
        assert found == [(step, 1 / (step + 1)) for step in range(POINTS)], name
        assert newest.status == "FINISHED", name
    cell("%mlops track --off")
    os.chdir("/")
    return own, peer


if __name__ == "__main__":
    main()

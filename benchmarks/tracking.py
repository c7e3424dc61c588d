"""What tracking costs, beside MLflow's own autologging, in one run.

Three figures, each a median over repeats in processes of their own:

- loading the extension, as a share of ``import mlflow``;
- a tracked cell that does not train, with a thousand cells in the journal, against the same cell
  untracked: median, 99th percentile, and what memory grows by;
- a tracked ``fit`` of a 50-tree forest on breast-cancer, model included, against MLflow's
  autologging: (tracked - bare) / (autologged - bare), warm; and the first fit of each.

Run it with ``make bench`` or ``python benchmarks/tracking.py``.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

from _shell import SHELL

REPEATS = int(os.environ.get("BENCH_REPEATS", "9"))

_SHELL = (
    SHELL
    + """
TRAIN = "model = RandomForestClassifier(50, random_state=0).fit(X, y)"
SETUP = '''
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
X, y = load_breast_cancer(return_X_y=True, as_frame=True)
'''
"""
)

_IMPORT_MLFLOW = """
import time, json
start = time.perf_counter()
import mlflow
print(json.dumps(time.perf_counter() - start))
"""

_LOAD = (
    _SHELL
    + """
answer(cell("%load_ext mlops_jupyter"))
"""
)

_IDLE = (
    _SHELL
    + """
import psutil
def thousand():
    times = [cell(f"x{n} = sum(range(1000))") for n in range(1000)]
    centiles = statistics.quantiles(times, n=100)
    return [statistics.median(times), centiles[98], psutil.Process().memory_info().rss / 1e6]
thousand()  # warm; and IPython's own memory of cells has grown
bare = thousand()
cell("%load_ext mlops_jupyter"); cell("%mlops track bench"); cell(SETUP)
filled = thousand()  # a thousand cells in the journal
answer([bare, filled, thousand()])
"""
)

_BARE = (
    _SHELL
    + """
cell(SETUP)
times = [cell(TRAIN) for _ in range(REPEATS + 1)]
answer([times[0], statistics.median(times[1:])])
"""
)

_TRACKED = (
    _SHELL
    + """
cell("%load_ext mlops_jupyter"); cell("%mlops track bench"); cell(SETUP)
times = [cell(TRAIN) for _ in range(REPEATS + 1)]
runs = shell.run_cell("%mlops runs --experiment bench --limit 50").result
assert len(runs.runs) == REPEATS + 1, len(runs.runs)
run = shell.run_cell("%mlops show last").result
assert run.models and run.summary.params and run.summary.metrics
import mlflow
mlflow.set_tracking_uri(run.store)
assert mlflow.sklearn.load_model(run.models[0].uri).n_estimators == 50
answer([times[0], statistics.median(times[1:])])
"""
)

_AUTOLOG = (
    _SHELL
    + """
import logging, mlflow
logging.disable(logging.WARNING)
from mlops_jupyter import Workspace
mlflow.set_tracking_uri(Workspace.find().store.uri)
mlflow.set_experiment("peer")
cell(SETUP)
mlflow.sklearn.autolog(silent=True)
times = [cell(TRAIN) for _ in range(REPEATS + 1)]
answer([times[0], statistics.median(times[1:])])
"""
)


def main() -> None:
    """Measure and print; exit 1 where a figure is past its limit."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "mlops_jupyter", "init", folder], check=True, capture_output=True
        )
        missed = [*load_cost(folder), *idle_cost(folder), *fit_cost(folder)]
    if missed:
        sys.exit("past the limit: " + ", ".join(missed))


def load_cost(folder: str) -> list[str]:
    """Loading the extension against importing mlflow."""
    load = statistics.median(_measure(_LOAD, folder) for _ in range(5))
    peer = statistics.median(_measure(_IMPORT_MLFLOW, folder) for _ in range(5))
    return _report("%load_ext mlops_jupyter", load, "import mlflow", peer, 0.05)


def idle_cost(folder: str) -> list[str]:
    """A cell that does not train."""
    bare, filled, tracked = _measure(_IDLE, folder)
    median, p99 = ((tracked[place] - bare[place]) * 1000 for place in (0, 1))
    print(
        f"a cell that does not train, a thousand in the journal: +{median:.3f} ms "
        f"(median of 1000; limit +2 ms), +{p99:.3f} ms (99th of 100; limit +10 ms)"
    )
    print(f"  memory over the next thousand: {tracked[2] - filled[2]:+.1f} MB")
    return [name for name, added, limit in (("idle cell", median, 2), ("its p99", p99, 10))
            if added > limit]  # fmt: skip


def fit_cost(folder: str) -> list[str]:
    """A fit with its model, against MLflow's autologging."""
    bare_first, bare = _measure(_BARE, folder)
    own_first, own = _measure(_TRACKED, folder)
    peer_first, peer = _measure(_AUTOLOG, folder)
    print(
        f"fit of 50 trees: bare {bare:.3f} s, tracked {own:.3f} s, mlflow autolog {peer:.3f} s "
        f"(median of {REPEATS})"
    )
    print(
        f"  the first fit: bare {bare_first:.3f} s, tracked {own_first:.3f} s, "
        f"mlflow autolog {peer_first:.3f} s"
    )
    return _report("tracked - bare", own - bare, "mlflow autolog - bare", peer - bare, 1 / 15)


def _report(name: str, own: float, peer_name: str, peer: float, limit: float) -> list[str]:
    ratio = own / peer
    print(
        f"{name}: {own * 1000:.1f} ms; {peer_name}: {peer * 1000:.1f} ms; "
        f"ratio {ratio:.4f} = 1/{1 / ratio:.1f} (limit {limit:.4f})"
    )
    return [name] if ratio > limit else []


def _measure(code: str, folder: str):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_", "MLOPS_"))}
    env["PYTHONPATH"] = str(Path(__file__).parents[1])
    source = f"REPEATS = {REPEATS}\n" + textwrap.dedent(code)
    done = subprocess.run(
        [sys.executable, "-c", source],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()

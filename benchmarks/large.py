"""What tracking costs with much data and with a big model, beside MLflow's own autologging.

One fit each, warm (a small fit went before), in processes of their own:

- naive Bayes on 2,000,000 rows of 50 columns (0.8 GB);
- a forest of about 300 MB.

Neither has a limit of its own: what is added is stated, and what was left out by a budget.

Run it with ``make bench`` or ``python benchmarks/large.py``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from _shell import SHELL

_TRACKED = 'cell("%load_ext mlops_jupyter"); cell("%mlops track large")\n'
_AUTOLOG = """
import logging, mlflow
logging.disable(logging.WARNING)
from mlops_jupyter import Workspace
mlflow.set_tracking_uri(Workspace.find().store.uri)
mlflow.set_experiment("peer")
import sklearn
mlflow.sklearn.autolog(silent=True)
"""
_WARM = """
cell('''
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.naive_bayes import GaussianNB
rng = np.random.default_rng(0)
GaussianNB().fit(rng.normal(size=(100, 3)), rng.integers(0, 2, 100))
''')
"""
DATA = (
    "X = rng.normal(size=(2_000_000, 50)); y = (X[:, 0] > 0).astype(int)",
    "model = GaussianNB().fit(X, y)",
)
MODEL = (
    "X = rng.normal(size=(150_000, 10)); y = rng.integers(0, 2, 150_000)",
    "model = RandomForestClassifier(66, random_state=0, n_jobs=2).fit(X, y)",
)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "mlops_jupyter", "init", folder], check=True, capture_output=True
        )
        for name, (setup, fit) in {"2,000,000 x 50": DATA, "a big forest": MODEL}.items():
            bare = _measure("", setup, fit, folder)
            own = _measure(_TRACKED, setup, fit, folder)
            peer = _measure(_AUTOLOG, setup, fit, folder)
            added, peer_added = own - bare, peer - bare
            print(
                f"{name}: bare {bare:.2f} s, tracked {own:.2f} s, mlflow autolog {peer:.2f} s; "
                f"added {added:.2f} s against {peer_added:.2f} s: "
                f"ratio {added / peer_added:.2f} = 1/{peer_added / max(added, 1e-9):.1f}"
            )
        models = [file for file in Path(folder).rglob("model.*") if file.stat().st_size > 5e7]
        sizes = sorted(file.stat().st_size for file in models)
        print(f"models over 50 MB: {[f'{size / 1e6:.0f} MB' for size in sizes]}")


def _measure(first: str, setup: str, fit: str, folder: str) -> float:
    """Run one fit in a process of its own; return its seconds."""
    program = f"{SHELL}{first}{_WARM}cell({setup!r})\nanswer(cell({fit!r}))\n"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
    )
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    return float(json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    main()

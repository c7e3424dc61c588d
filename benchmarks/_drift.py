"""What the benchmarks of drift share: seeded data, and programs that compare two files of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

PIECE = 1_000_000  # rows of a row group: data larger than memory can be written
CARRIERS = ["UA", "B6", "EV", "DL", "AA", "MQ", "US", "9E", "WN", "VX"]
SHARES = np.array([18, 16, 16, 14, 10, 8, 6, 5, 4, 3]) / 100


def write(folder: Path, rows: int) -> None:
    """Write two files of 12 columns, of which some drifted; and mark the folder as a workspace."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mlops.toml").write_text("schema = 1\n", encoding="utf-8")
    for name, moved in (("reference", 0), ("current", 1)):
        writer = None
        for first in range(0, rows, PIECE):
            random = np.random.default_rng([moved, first])
            table = _table(random, min(PIECE, rows - first), moved)
            writer = writer or parquet.ParquetWriter(folder / f"{name}.parquet", table.schema)
            writer.write_table(table)
        if writer:
            writer.close()


def _table(random: np.random.Generator, n: int, moved: int) -> pa.Table:
    """Return flights and weather: with gaps, ties, heavy tails, few and many values."""

    def gaps(values: np.ndarray[Any, Any], share: float) -> pa.Array:
        return pa.array(values, mask=random.random(n) < share)

    return pa.table(
        {
            "dep_delay": gaps(np.round(random.gamma(1.2, 20, n) - 12 + 4 * moved), 0.02),
            "arr_delay": gaps(np.round(random.normal(5 + moved, 40, n)), 0.03),
            "air_time": gaps(random.lognormal(4.8, 0.6, n), 0.03),
            "temp": random.normal(55 + 6 * moved, 18, n),
            "humid": np.round(random.beta(4, 3, n) * 100, 2),
            "wind_speed": np.round(random.weibull(2, n) * 10) * 1.15078,
            "distance": random.integers(80, 4983, n),
            "minute": random.integers(0, 60, n),
            "seats": np.minimum(random.poisson(140, n), 450),
            "month": random.integers(1, 7, n) + 3 * moved,
            "carrier": pa.array(CARRIERS).take(pa.array(random.choice(10, n, p=SHARES))),
            "weekend": random.random(n) < 0.28 + 0.01 * moved,
        }
    )


_PROGRAM = """
import json, resource, sys, time
start, busy = time.perf_counter(), time.process_time()
{}
told = dict(told, seconds=time.perf_counter() - start, busy=time.process_time() - busy)
unit = 2**20 if sys.platform == "darwin" else 2**10
told["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
print(json.dumps(told))
"""

# Both from the paths to a report that could be shown: verdicts, scores, and what is plotted.
OURS = _PROGRAM.format("""
from mlops_jupyter import Workspace
from mlops_jupyter.drift import detect
import pandas, pyarrow.parquet
imported, busy_importing = time.perf_counter() - start, time.process_time() - busy
report = detect(Workspace.find(), "reference.parquet", "current.parquet")
assert "evidently" not in sys.modules
told = {"imported": imported, "busy_importing": busy_importing, "columns": {
    c.column: [c.score, c.drifted] for c in report.columns
}}
""")

EVIDENTLY = _PROGRAM.format("""
import warnings
warnings.simplefilter("ignore")
import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset
imported = time.perf_counter() - start
sides = [pd.read_parquet(f"{side}.parquet") for side in ("current", "reference")]
report = Report([DataDriftPreset()], include_tests=True).run(*sides)
found = report.dict()
drifted = {
    test["metric_config"]["params"]["column"]: test["status"].value == "FAIL"
    for test in found["tests"] if "column" in test["metric_config"]["params"]
}
told = {"imported": imported, "columns": {
    metric["config"]["column"]: [float(metric["value"]), drifted[metric["config"]["column"]]]
    for metric in found["metrics"] if "column" in metric["config"]
}}
""")


def run(folder: Path, program: str) -> dict[str, Any]:
    """Run a program in a fresh process in a folder, and return what it tells."""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, check=True, stdout=subprocess.PIPE, text=True
    )
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def assert_same(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Hold scores to 1e-9 of one another, and verdicts to be the same."""
    assert list(ours["columns"]) == list(theirs["columns"]), (ours, theirs)
    for column, (score, drifted) in ours["columns"].items():
        other, verdict = theirs["columns"][column]
        assert drifted == verdict, (column, score, other)
        assert abs(score - other) <= 1e-9 * abs(other), (column, score, other)

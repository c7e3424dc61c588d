"""``mlops compare`` of two Parquet files by key, beside pandas' merge, in one run.

Both sides say how many rows came, went and changed, and in how many rows each column changed;
ours also describes how each column moved. Each runs in a process of its own; its peak memory is
the operating system's figure.

Run it with ``make bench`` or ``python benchmarks/compare_data.py``; BENCH_ROWS is how many rows.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROWS = int(os.environ.get("BENCH_ROWS", "5000000"))
REPEATS = int(os.environ.get("BENCH_REPEATS", "3"))
LEAST_ROWS = 1_000_000  # below, starting a process is most of it: no verdict
RATIO, PEAK_MB = 1 / 3, 2048

_MAKE = """
import sys
import duckdb
rows = int(sys.argv[1])
table = '''
SELECT i AS id, 2013::SMALLINT AS year, (1 + i % 12)::TINYINT AS month,
  (1 + i % 28)::TINYINT AS day,
  CASE WHEN hash(i) % 50 > 0 THEN (hash(i) % 4000) / 10.0 - 60 END::DOUBLE AS dep_delay,
  CASE WHEN hash(i + 7) % 50 > 0 THEN (hash(i + 7) % 1000000) / 1234.5 END::DOUBLE AS arr_delay,
  ['UA', 'AA', 'B6', 'DL', 'EV', 'MQ'][1 + (hash(i + 1) % 6)::INT] AS carrier,
  'N' || (hash(i + 2) % 4000)::VARCHAR AS tailnum,
  ['EWR', 'JFK', 'LGA'][1 + (hash(i + 3) % 3)::INT] AS origin,
  'D' || (hash(i + 4) % 100)::VARCHAR AS dest, (80 + hash(i + 5) % 4900)::INT AS distance,
  TIMESTAMP '2013-01-01' + to_minutes((i % 525600)::BIGINT) AS time_hour
FROM range({}) t(i)
'''
late = "CASE WHEN month = 3 AND hash(id) % 10 = 0 THEN dep_delay + 5 ELSE dep_delay END"
duckdb.sql(f"COPY ({table.format(rows)}) TO 'old.parquet'")
duckdb.sql(
    f"COPY (SELECT * REPLACE ({late} AS dep_delay) FROM ({table.format(rows + rows // 100)}) "
    "WHERE hash(id) % 1000 <> 1) TO 'new.parquet'"
)
"""

_TIMED = """
import json, resource, sys, time
start = time.perf_counter()
{}
seconds = time.perf_counter() - start
unit = 2**20 if sys.platform == "darwin" else 2**10
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
print(json.dumps([seconds, peak, told]))
"""

_OURS = _TIMED.format("""
from mlops_jupyter import Workspace, compare
found = compare(Workspace.find(), ["old.parquet", "new.parquet"], key=["id"])
assert found.to_html()
rows = found.rows
told = [rows.added, rows.removed, rows.changed, {c.column: c.rows_changed for c in found.columns}]
""")

_PANDAS = _TIMED.format("""
import pandas as pd
old, new = pd.read_parquet("old.parquet"), pd.read_parquet("new.parquet")
merged = old.merge(new, on="id", how="outer", suffixes=("_old", "_new"), indicator=True)
kinds = merged["_merge"].value_counts()
both = merged[merged["_merge"] == "both"]
any_change, counts = pd.Series(False, index=both.index), {"id": 0}
for name in old.columns.drop("id"):
    before, after = both[f"{name}_old"], both[f"{name}_new"]
    changed = (before != after) & ~(before.isna() & after.isna())
    any_change |= changed
    counts[name] = int(changed.sum())
told = [int(kinds["right_only"]), int(kinds["left_only"]), int(any_change.sum()), counts]
""")


def main() -> None:
    """Measure and print; exit 1 where a figure is past its limit."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "mlops.toml").write_text("schema = 1\n", encoding="utf-8")
        run(folder, _MAKE, str(ROWS))
        sides: dict[str, list[tuple[float, float]]] = {"ours": [], "pandas": []}
        answers = []
        for _ in range(REPEATS):  # in turn, so that both meet the same machine
            for name, code in (("ours", _OURS), ("pandas", _PANDAS)):
                seconds, peak, told = json.loads(run(folder, code))
                sides[name].append((seconds, peak))
                answers.append(told)
    assert all(told == answers[0] for told in answers), answers
    print(f"compare two Parquet files of {ROWS:,} rows x 12 columns by key")
    typical = {}
    for name, measured in sides.items():
        typical[name] = statistics.median(seconds for seconds, _ in measured)
        peak = max(each for _, each in measured)
        print(f"  {name:8}{typical[name]:7.2f} s   peak {peak:7.0f} MiB")
    ratio = typical["ours"] / typical["pandas"]
    print(f"  ratio   {ratio:7.2f}     limit {RATIO:.2f}")
    peak = max(each for _, each in sides["ours"])
    if ROWS >= LEAST_ROWS and (ratio > RATIO or peak > PEAK_MB):
        sys.exit("past the limit")


def run(folder: str, code: str, *arguments: str) -> str:
    """Run code in a process of its own and return the last line it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return (done.stdout.splitlines() or [""])[-1]


if __name__ == "__main__":
    main()

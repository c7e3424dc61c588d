"""What its data costs a run: a tracked cell that reads an unchanged file, without.

In one shell, a tracked cell that trains on a frame in memory, and the same cell that reads the
frame from a file first, in turns; of the latter the bare time of reading is taken off. The file was
read by a run before: its hash is known, and its copy made. Medians over repeats; then the same
for a file that is new each time, whose copy is made after the cell.

Run it with ``make bench`` or ``python benchmarks/inputs.py``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile

from _shell import SHELL

REPEATS = int(os.environ.get("BENCH_REPEATS", "21"))
MEGABYTES = int(os.environ.get("BENCH_INPUT_MB", "100"))
LIMIT_MS = 20.0

_PROGRAM = (
    SHELL
    + """
import numpy as np, pandas as pd
rows = MEGABYTES * 125_000
frame = pd.DataFrame({"a": np.random.default_rng(0).random(rows)})
frame.to_parquet("x.parquet", compression=None)
small = frame.head(1000).assign(b=lambda d: (d.a > 0.5).astype(int))
small.to_parquet("y.parquet")
shell.user_ns["small"] = small
READ = "import pandas as pd; given = pd.read_parquet('x.parquet').head(1000)"
FIT = "DecisionTreeClassifier(max_depth=2).fit(small[['a']], small['b'])"
USE = "DecisionTreeClassifier(max_depth=2).fit(given[['a']], small['b'])"
cell("from sklearn.tree import DecisionTreeClassifier")
reading = statistics.median(cell(READ) for _ in range(REPEATS))
cell("%load_ext mlops_jupyter"); cell("%mlops track bench")
for _ in range(3): cell(FIT); cell(READ + "; " + USE)
from mlops_jupyter import Workspace
from mlops_jupyter.tracking.capture import keeping
keeper = keeping.of(Workspace.find())
assert keeper.wait(120), "no copy yet"
without, unchanged, new, copied = [], [], [], []
for _ in range(REPEATS):
    without.append(cell(FIT))
    unchanged.append(cell(READ + "; " + USE))
run = shell.run_cell("%mlops show last").result
assert [e.version for e in run.inputs if e.kind == "file"], "the run names no copy"
for number in range(max(3, REPEATS // 5)):
    frame.iloc[:1, 0] = number
    frame.to_parquet("x.parquet", compression=None)
    new.append(cell(READ + "; " + USE))
    start = time.perf_counter()
    assert keeper.wait(120)
    copied.append(time.perf_counter() - start)
median = statistics.median
answer([median(without), reading, median(unchanged), median(new), median(copied)])
"""
)


def main() -> None:
    """Measure and print; exit 1 where an unchanged input costs more than its limit."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "mlops_jupyter", "init", folder], check=True, capture_output=True
        )
        program = f"REPEATS, MEGABYTES = {REPEATS}, {MEGABYTES}\n{_PROGRAM}"
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False
        )
    if done.returncode:
        sys.exit(done.stderr)
    without, reading, unchanged, new, copied = json.loads(done.stdout.splitlines()[-1])
    added = (unchanged - without - reading) * 1000
    first = (new - without - reading) * 1000
    print(f"a tracked fit that reads no file: {without * 1000:.0f} ms")
    print(f"reading {MEGABYTES} MB, untracked: {reading * 1000:.0f} ms")
    print(f"an unchanged input adds {added:.1f} ms (limit {LIMIT_MS:.0f} ms)")
    print(
        f"a new one adds {first:.0f} ms (its hash); its copy is made {copied * 1000:.0f} ms later"
    )
    if added > LIMIT_MS:
        sys.exit("past the limit: what an unchanged input adds")


if __name__ == "__main__":
    main()

"""``mlops drift`` of two Parquet files, beside Evidently's ``DataDriftPreset``, in one run.

Both begin with two paths and end with a report of 12 columns by the default methods: imports,
reading and comparing count on either side; what Evidently plots is part of its run. Each runs in a
process of its own, in turn; its peak memory is the operating system's figure. Of several runs the
fastest counts, as others on the machine can only slow one down, and of their memory the most. The
scores have to agree to 1e-9, and the verdicts have to be the same.

Run it with ``make bench`` or ``python benchmarks/drift.py``; BENCH_ROWS is how many rows.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from _drift import EVIDENTLY, OURS, assert_same, run, write

ROWS = int(os.environ.get("BENCH_ROWS", "2000000"))
OURS_REPEATS, REPEATS = 2, int(os.environ.get("BENCH_REPEATS", "1"))  # Evidently takes minutes
LEAST_ROWS = 1_000_000  # below, imports are most of it: no verdict
FASTER, LEANER = 20, 4


def main() -> None:
    """Measure and print; exit 1 where a figure is past its limit."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write(folder, ROWS)
        ours, theirs = [], []
        for _ in range(REPEATS):  # before and after it, so that both meet the same machine
            ours += [run(folder, OURS) for _ in range(OURS_REPEATS)]
            theirs.append(run(folder, EVIDENTLY))
            ours += [run(folder, OURS) for _ in range(OURS_REPEATS)]
    for told in ours:
        assert_same(told, theirs[0])
    print(f"drift of two Parquet files of {ROWS:,} rows x 12 columns, from path to report")
    best = {}
    for name, all_told in (("ours", ours), ("Evidently", theirs)):
        took = min(all_told, key=lambda told: told["seconds"])
        best[name] = {**took, "peak": max(told["peak"] for told in all_told)}
        print(
            f"  {name:10}{took['seconds']:8.2f} s, of that imports {took['imported']:.2f} s; "
            f"processor {took['busy']:.2f} s; peak {best[name]['peak']:.0f} MiB "
            f"(best of {len(all_told)})"
        )
    faster, leaner, less = (
        best["Evidently"][key] / best["ours"][key] for key in ("seconds", "peak", "busy")
    )
    print(f"  {faster:.1f} times faster (limit {FASTER}); by processor time {less:.1f} times")
    print(f"  1/{leaner:.1f} of the memory (limit 1/{LEANER})")
    drifted = sum(verdict for _, verdict in ours[0]["columns"].values())
    print(f"  same scores to 1e-9, same verdicts: {drifted} of 12 columns drifted")
    if ROWS >= LEAST_ROWS and (faster < FASTER or leaner < LEANER):
        sys.exit("past the limit")


if __name__ == "__main__":
    main()

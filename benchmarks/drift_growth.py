"""What ``mlops drift`` costs as rows grow: 1, 2, 4 and 8 million, each in a fresh process.

Sorting is n log n, all else n; so may the whole be, imports apart, and no worse. Processor time is
what is held to it, the least of some repeats: seconds on the clock also tell what else a machine
does. The exponent is the slope of the line through the points, both axes as logarithms.

Run it with ``make bench`` or ``python benchmarks/drift_growth.py``; BENCH_GROWTH_ROWS is the first.
"""

from __future__ import annotations

import math
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
from _drift import OURS, run, write

FIRST = int(os.environ.get("BENCH_GROWTH_ROWS", "1000000"))
REPEATS = int(os.environ.get("BENCH_REPEATS", "3"))
SIZES = [FIRST * factor for factor in (1, 2, 4, 8)]
NOISE = 0.1  # of an exponent: larger arrays also miss the processor's cache more often
WIDTH = 60


def main() -> None:
    """Measure and plot; exit 1 where the cost grows faster than n log n."""
    seconds, peaks = [], []
    for rows in SIZES:
        with tempfile.TemporaryDirectory() as temporary:
            write(Path(temporary), rows)
            told = [run(Path(temporary), OURS) for _ in range(REPEATS)]
        seconds.append(min(each["busy"] - each["busy_importing"] for each in told))
        peaks.append(max(each["peak"] for each in told))
    print("drift of two Parquet files x 12 columns, by rows of either: processor time, memory")
    for rows, took, peak in zip(SIZES, seconds, peaks, strict=True):
        bar = "█" * max(round(WIDTH * took / seconds[-1]), 1)
        print(f"  {rows / 1e6:4.0f} million {took:7.2f} s {peak:6.0f} MiB  {bar}")
    found = _exponent(seconds)
    limit = _exponent([rows * math.log(rows) for rows in SIZES]) + NOISE
    print(f"  exponent {found:.2f} (n log n here, and {NOISE} for caches and noise: {limit:.2f})")
    if FIRST >= 1_000_000 and found > limit:
        sys.exit("past the limit")


def _exponent(costs: list[float]) -> float:
    return float(np.polyfit(np.log(SIZES), np.log(costs), 1)[0])


if __name__ == "__main__":
    main()

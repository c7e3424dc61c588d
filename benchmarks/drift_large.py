"""``mlops drift`` of two Parquet files of 20 million rows: done, and in less than 4 GiB.

Evidently is not run beside it: it would hold both files, several times over.

Run it with ``make bench`` or ``python benchmarks/drift_large.py``; BENCH_LARGE_ROWS says how many.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from _drift import OURS, run, write

ROWS = int(os.environ.get("BENCH_LARGE_ROWS", "20000000"))
LIMIT_MIB = 4096


def main() -> None:
    """Measure and print; exit 1 where the memory is past its limit."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write(folder, ROWS)
        size = sum(file.stat().st_size for file in folder.glob("*.parquet")) / 2**20
        told = run(folder, OURS)
    print(f"drift of two Parquet files of {ROWS:,} rows x 12 columns ({size:,.0f} MiB together)")
    print(f"  {told['seconds']:.1f} s, peak {told['peak']:,.0f} MiB (limit {LIMIT_MIB:,})")
    if told["peak"] > LIMIT_MIB:
        sys.exit("past the limit")


if __name__ == "__main__":
    main()

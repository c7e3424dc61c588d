"""The card of the flights' year on screen, beside Evidently's report of the same frames.

The first half of 2013 against the second: 336,776 rows, 9 columns, in frames of pandas. Ours is
the cell ``%mlops drift $before $after``, Evidently's is ``Report([DataDriftPreset()]).run(…)``;
both are timed until what is displayed is there as HTML. Warm: the same cell ran before, on a few
rows. Cold: the first cell of a kernel that has the frames, and the imports count. Last, how many
bytes either puts into the notebook.

Run it with ``make bench`` or ``python benchmarks/drift_flights.py``; needs the extra ``demo``.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from _shell import SHELL

REPEATS = int(os.environ.get("BENCH_REPEATS", "3"))
LIMITS = {"warm": 1 / 3, "cold": 1 / 5, "bytes": 1 / 80}

_FRAMES = (
    SHELL
    + """
from mlops_jupyter.project.flights import read_flights
flights = read_flights()[[
    "dep_delay", "arr_delay", "air_time", "distance", "hour", "minute", "day", "carrier", "origin",
    "month",
]]
halves = [half.drop(columns="month") for _, half in flights.groupby(flights.month > 6)]
few = [half.sample(2000, random_state=1) for half in halves]
shell.push(dict(zip(["before", "after", "few_before", "few_after"], halves + few)))

def displayed(value):
    shown.append(len(shell.display_formatter.format(value)[0]["text/html"].encode()))
shown = []
shell.push({"displayed": displayed})

def measured(first, source):
    cold = cell(first + "\\n" + source.format("")) if "--cold" in sys.argv else None
    if cold is None:
        cell(first + "\\n" + source.format("few_"))
    return {"seconds": cold or min(cell(source.format("")) for _ in range(2)), "bytes": shown[-1]}
"""
)
_OURS = (
    _FRAMES
    + """
answer(measured(
    "%load_ext mlops_jupyter", "found = %mlops drift ${0}before ${0}after\\ndisplayed(found)"
))
"""
)
_EVIDENTLY = (
    _FRAMES
    + """
answer(measured(
    "from evidently import Report\\nfrom evidently.presets import DataDriftPreset",
    "found = Report([DataDriftPreset()]).run({0}after, {0}before)\\ndisplayed(found)",
))
"""
)


def main() -> None:
    """Measure and print; exit 1 where a figure is past its limit."""
    missed = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "mlops.toml").write_text("schema = 1\n", encoding="utf-8")
        print("the flights' first half of 2013 against the second: 336,776 rows x 9 columns")
        for kind in ("warm", "cold"):
            ours, theirs = [], []
            for _ in range(REPEATS):  # in turn, so that both meet the same machine
                ours.append(_run(folder, _OURS, kind))
                theirs.append(_run(folder, _EVIDENTLY, kind))
            seconds = [statistics.median(t["seconds"] for t in told) for told in (ours, theirs)]
            missed += _print(f"on screen, {kind} kernel", seconds, "s", LIMITS[kind])
        sizes = [statistics.median(t["bytes"] for t in told) / 1024 for told in (ours, theirs)]
        missed += _print("in the notebook", sizes, "kB", LIMITS["bytes"])
    if missed:
        sys.exit("past the limit: " + ", ".join(missed))


def _print(name: str, figures: list[float], unit: str, limit: float) -> list[str]:
    ours, theirs = figures
    print(
        f"  {name}: ours {ours:,.2f} {unit}, Evidently {theirs:,.2f} {unit}; ratio "
        f"1/{theirs / ours:.1f} (limit 1/{1 / limit:.0f})",
        flush=True,
    )
    return [name] if ours / theirs > limit else []


def _run(folder: Path, program: str, kind: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", program, f"--{kind}"],
        cwd=folder, check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


if __name__ == "__main__":
    main()

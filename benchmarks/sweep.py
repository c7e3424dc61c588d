"""A sweep of 16 trials on two workers, beside papermill one by one, in one run.

The same notebook, the same 16 values of a parameter. Papermill executes them in one process that
has imported it before: as fast as a loop over `papermill.execute_notebook` can be. The sweep's time
is that of its verb, which starts two workers first; how long that takes is told as well. Of a
notebook that sleeps two at a time could be twice as fast, less the start-up; of one that computes
that depends on the processors, and is reported only.

Run it with ``make bench`` or ``python benchmarks/sweep.py``.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

TRIALS = int(os.environ.get("BENCH_TRIALS", "16"))
# What each trial takes: by the clock, or of a processor.
SECONDS = {
    "sleeping": float(os.environ.get("BENCH_SLEEPING", "10")),
    "computing": float(os.environ.get("BENCH_COMPUTING", "4")),
}
WORKERS = 2
LIMIT = 1.7

_CODE = {
    "sleeping": "import time\ntime.sleep(seconds)",
    "computing": (
        "import time\n"
        "until = time.process_time() + seconds\n"
        "while time.process_time() < until:\n"
        "    sum(number * number for number in range(10_000))"
    ),
}


def main() -> None:
    """Measure and print; exit 1 where sleeping trials gain less than the limit."""
    for name in [name for name in os.environ if name.startswith(("MLFLOW_", "MLOPS_"))]:
        del os.environ[name]
    with tempfile.TemporaryDirectory() as folder:
        lay_out(folder)
        gains = {name: measure(name) for name in _CODE}
        os.chdir("/")
    for name, (peer, own, start) in gains.items():
        print(
            f"{TRIALS} {name} trials of {SECONDS[name]:g} s: papermill one by one {peer:.1f} s, "
            f"on {WORKERS} workers {own:.1f} s ({start:.1f} s until the first trial); "
            f"{peer / own:.2f} times as fast"
        )
    peer, own, _ = gains["sleeping"]
    print(f"limit of sleeping trials: {LIMIT} times; {os.cpu_count()} processors")
    if peer / own < LIMIT:
        sys.exit("past the limit: sleeping trials")


def lay_out(folder: str) -> None:
    """Make a workspace with both notebooks, and enter it."""
    import nbformat
    from nbformat.v4 import new_code_cell, new_notebook

    import mlops_jupyter as mlops

    mlops.init(folder)
    os.chdir(folder)
    kernel = {"name": "python3", "display_name": "python3", "language": "python"}
    for name, code in _CODE.items():
        cells = [
            new_code_cell(
                f"trial: int = 0\nseconds: float = {SECONDS[name]}",
                metadata={"tags": ["parameters"]},
            ),
            new_code_cell(code),
        ]
        nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), f"{name}.ipynb")


def measure(name: str) -> tuple[float, float, float]:
    """Return the seconds of papermill, of the sweep, and until its first trial was given."""
    import papermill

    import mlops_jupyter as mlops

    begun = time.perf_counter()
    for trial in range(1, TRIALS + 1):
        papermill.execute_notebook(
            f"{name}.ipynb", f"out-{trial}.ipynb", {"trial": trial}, progress_bar=False
        )
    peer = time.perf_counter() - begun

    given: list[float] = []

    def watch(event: object) -> None:
        if "running" in str(event) and not given:
            given.append(time.perf_counter() - begun)

    begun = time.perf_counter()
    done = mlops.sweep(
        mlops.Workspace.find(),
        f"{name}.ipynb",
        space={"trial": range(1, TRIALS + 1)},
        workers=WORKERS,
        events=watch,
    )
    own = time.perf_counter() - begun
    assert [trial.status for trial in done.trials] == ["FINISHED"] * TRIALS
    assert len(list(Path().glob("out-*.ipynb"))) == TRIALS
    return peer, own, given[0]


if __name__ == "__main__":
    main()

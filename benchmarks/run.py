"""What `mlops run` costs, beside Papermill on the same notebook, in one run.

Both as whole processes from the command line, alternating; medians. The kernels are the same.

- five seconds of sleep: wall time, as a ratio with a limit;
- some seconds of pure Python: wall time, as a ratio that is reported. On a machine with few
  processors what `mlops run` does meanwhile and what the notebook does share them.

Run it with ``make bench`` or ``python benchmarks/run.py``.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

REPEATS = int(os.environ.get("BENCH_REPEATS", "5"))
LIMIT = 1.15

_SLEEP = "import time; time.sleep(1)"
_COMPUTE = "sum(n * n for n in range(12_000_000))"


def main() -> None:
    """Measure and print; exit 1 where the ratio is past its limit."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        _quietly(_script("mlops"), "init", cwd=place)
        _write(place / "sleep.ipynb", [_SLEEP] * 5)
        _write(place / "compute.ipynb", [_COMPUTE] * 4)
        sleep = compare(place, "sleep.ipynb")
        _report("sleeps for 5 s", *sleep, limit=LIMIT)
        _report("computes in Python", *compare(place, "compute.ipynb"))
    ratio = _ratio(*sleep)
    if ratio > LIMIT:
        sys.exit(f"past the limit: mlops run, {ratio:.2f} times papermill")


def compare(place: Path, notebook: str) -> tuple[list[float], list[float]]:
    """Return the wall times of `mlops run` and of Papermill; the first round is not counted."""
    ours, theirs = [], []
    for _ in range(REPEATS + 1):
        theirs.append(_timed(_script("papermill"), notebook, "executed.ipynb", cwd=place))
        ours.append(_timed(_script("mlops"), "run", notebook, cwd=place))
    return ours[1:], theirs[1:]


def _ratio(ours: list[float], theirs: list[float]) -> float:
    return statistics.median(ours) / statistics.median(theirs)


def _report(what: str, ours: list[float], theirs: list[float], limit: float | None = None) -> None:
    allowed = f"; limit {limit}" if limit else ""
    print(
        f"a notebook that {what}: mlops run {statistics.median(ours):.2f} s, "
        f"papermill {statistics.median(theirs):.2f} s (median of {len(ours)}), "
        f"{_ratio(ours, theirs):.2f} times{allowed}"
    )
    spans = (f"{min(times):.2f} to {max(times):.2f} s" for times in (ours, theirs))
    print(f"  from {' and from '.join(spans)}")


def _timed(*words: str, cwd: Path) -> float:
    start = time.perf_counter()
    _quietly(*words, cwd=cwd)
    return time.perf_counter() - start


def _quietly(*words: str, cwd: Path) -> None:
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    subprocess.run(words, cwd=cwd, check=True, capture_output=True, env=environment)


def _script(name: str) -> str:
    return str(Path(sysconfig.get_path("scripts")) / name)


def _write(path: Path, cells: list[str]) -> None:
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = [new_code_cell(cell) for cell in cells]
    nbformat.write(new_notebook(cells=made, metadata={"kernelspec": spec}), path)


if __name__ == "__main__":
    main()

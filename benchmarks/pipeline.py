"""What a pipeline with nothing to do costs, beside ``dvc repro``.

`mlops pipeline run` and `dvc repro` on the same stages, none of which has to run: whole processes,
their starts counted, in turns; the figure is the ratio of the medians, wanted at most 1.2. It is
what one waits for before each stage that has to run, and in each build of CI.

Run it with ``make bench`` or ``python benchmarks/pipeline.py [--stages 20 --repeats 9]``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WANTED = 1.2

# MLflow is imported for a run, and there is none to make.
_HEAVY = """
import sys
from mlops_jupyter.cli import main
assert main(["pipeline", "run"]) == 0
print(sorted({"mlflow", "pandas", "evidently", "papermill"} & set(sys.modules)), file=sys.stderr)
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stages", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=9)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return _measure(Path(folder), options)


def _measure(folder: Path, options: argparse.Namespace) -> int:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_", "MLOPS_"))}
    env |= {"PYTHONPATH": str(Path(__file__).parents[1]), "DVC_NO_ANALYTICS": "1"}
    env["DVC_SITE_CACHE_DIR"] = str(folder / "site")
    root = folder / "project"

    def took(*words: str, cwd: Path = root) -> tuple[float, float]:
        """Run a process; return its seconds, and those of the processor."""
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *words],
            cwd=cwd,
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, words
        return time.perf_counter() - start, used.ru_utime + used.ru_stime

    took("-m", "mlops_jupyter", "init", str(root), cwd=folder)
    (root / "dvc.yaml").write_text(_stages(options.stages))
    (root / "0.txt").write_text("x\n")
    peer_words, own_words = ("-m", "dvc", "repro"), ("-m", "mlops_jupyter", "pipeline", "run")
    took(*peer_words)
    turns = [(took(*own_words), took(*peer_words)) for _ in range(options.repeats + 1)]
    turns = turns[1:]  # the first has bytecode to write
    own, own_cpu, peer, peer_cpu = (
        statistics.median(turn[who][what] for turn in turns) for who in (0, 1) for what in (0, 1)
    )
    ratio = own / peer
    heavy = subprocess.run(
        [sys.executable, "-c", _HEAVY],
        cwd=root,
        env=env,
        check=True,
        capture_output=True,
        text=True,
    ).stderr.splitlines()[-1]
    print(
        f"{options.stages} stages, nothing to do: mlops pipeline run {own:.2f} s, dvc repro "
        f"{peer:.2f} s: {ratio:.2f} times (wanted: at most {WANTED}; medians of {len(turns)})\n"
        f"  of the processor: {own_cpu:.2f} s and {peer_cpu:.2f} s, "
        f"{own_cpu / peer_cpu:.2f} times; "
        f"heavy imports: {heavy}"
    )
    return 0 if ratio <= WANTED and heavy == "[]" else 1


def _stages(count: int) -> str:
    lines = ["stages:"]
    for number in range(count):
        lines += [
            f"  s{number}:",
            f"    cmd: cp {number}.txt {number + 1}.txt",
            f"    deps: [{number}.txt]",
            f"    outs: [{number + 1}.txt]",
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())

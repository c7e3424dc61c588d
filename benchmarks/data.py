"""What a snapshot costs, beside the ``dvc`` command line, in one run.

Ours is `%mlops data snapshot` in a kernel that is warm: it has taken one snapshot before. The peer
is `dvc add`, a process of its own each time; **its start counts**, since that is what a user waits
for. For comparison `mlops data snapshot`, a process as well, is shown beside it. Each works in a
repository of its own, on files of the same content, written out before (`sync`); they take turns,
and a figure is the median over repeats. Profiles, which are made in the background once a version
is safe, are off: they would slow the peer down.

- the first snapshot of a big file, each time of new content; with the peak memory of both;
- the same file again, unchanged;
- a folder of many small files of which one has changed.

Run it with ``make bench`` or ``python benchmarks/data.py [--size-mb 64 --files 1000]``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _shell import SHELL

# A file that was written within a clock's tick is waited for; nobody is that fast by hand.
SETTLED_S = 0.1

# The kernel answers each line of its input: a cell to run. Its answer: seconds, and by how many MB
# its memory grew meanwhile at most.
_KERNEL = (
    SHELL
    + """
def memory(what):
    line = next(line for line in open("/proc/self/status") if line.startswith(what))
    return int(line.split()[1]) / 1024

cell("%load_ext mlops_jupyter")
for source in sys.stdin:
    if source.startswith("%"):
        open("/proc/self/clear_refs", "w").write("5")  # the peak counts from now
        before = memory("VmRSS:")
        took = cell(source)
        answer([took, memory("VmHWM:") - before])
        sys.__stdout__.flush()
"""
)


class Kernel:
    """A warm kernel in a workspace."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _KERNEL],
            cwd=folder, env=env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        (folder / "warm.txt").write_text("warm\n")
        self.snapshot("warm.txt")

    def snapshot(self, path: str) -> tuple[float, float]:
        """Take a snapshot; return its seconds, and by how many MB memory grew at most."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"%mlops data snapshot {path}\n")
        self._process.stdin.flush()
        took, grown = json.loads(self._process.stdout.readline())
        return took, grown

    def end(self) -> None:
        """End it."""
        self._process.communicate("", timeout=60)


class Bench:
    """The two repositories, and what was measured."""

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self._options = options
        self._env = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_", "MLOPS_"))}
        self._env["PYTHONPATH"] = str(Path(__file__).parents[1])
        self._env["DVC_NO_ANALYTICS"] = "1"
        self._env["MLOPS_PROFILES"] = "asked"
        self._env["DVC_SITE_CACHE_DIR"] = str(folder / "site")
        self.own, self.peer = folder / "own", folder / "peer"
        self._command("mlops_jupyter", "init", str(self.own), cwd=folder)
        self.peer.mkdir()
        subprocess.run(["git", "init", "-q"], cwd=self.peer, check=True)
        self._command("dvc", "init", "-q", cwd=self.peer)
        self.missed: list[str] = []

    def run(self) -> None:
        """Measure all, and print."""
        kernel = Kernel(self.own, self._env)
        try:
            self._first(kernel)
            self._unchanged(kernel)
            self._one_of_many(kernel)
        finally:
            kernel.end()

    def _first(self, kernel: Kernel) -> None:
        own, peer, grown, peak = [], [], [], []
        for _ in range(self._options.repeats):
            self._write_big()
            took, more = kernel.snapshot("big.bin")
            own.append(took)
            grown.append(more)
            took, most = self._command("dvc", "add", "-q", "big.bin", cwd=self.peer)
            peer.append(took)
            peak.append(most)
        size = f"{self._options.size_mb:,} MiB"
        self._report(f"first snapshot of {size}", own, peer, 1)
        print(
            f"  memory: ours +{max(grown):.0f} MB in the kernel at most; "
            f"dvc add {max(peak):.0f} MB, the whole process"
        )

    def _unchanged(self, kernel: Kernel) -> None:
        own, peer, command = [], [], []
        for _ in range(max(self._options.repeats, 5)):
            own.append(kernel.snapshot("big.bin")[0])
            peer.append(self._command("dvc", "add", "-q", "big.bin", cwd=self.peer)[0])
            command.append(self._own_command("big.bin"))
        self._report(f"{self._options.size_mb:,} MiB, unchanged", own, peer, 1 / 20)
        print(f"  as a process, `mlops data snapshot`: {statistics.median(command):.3f} s")

    def _one_of_many(self, kernel: Kernel) -> None:
        for repository in (self.own, self.peer):
            for number in range(self._options.files):
                folder = repository / "many" / f"{number // 200:04}"
                folder.mkdir(parents=True, exist_ok=True)
                (folder / f"{number}.txt").write_text(f"content of {number}\n")
        first = kernel.snapshot("many")[0]
        first_peer = self._command("dvc", "add", "-q", "many", cwd=self.peer)[0]
        own, peer, command = [], [], []
        for repeat in range(self._options.repeats):
            self._change(f"ours {repeat}")
            own.append(kernel.snapshot("many")[0])
            peer.append(self._command("dvc", "add", "-q", "many", cwd=self.peer)[0])
            self._change(f"as a process {repeat}")
            command.append(self._own_command("many"))
        self._report(f"one of {self._options.files:,} files changed", own, peer, 1 / 4)
        print(f"  as a process, `mlops data snapshot`: {statistics.median(command):.3f} s")
        print(f"  the first time, all of them: ours {first:.3f} s, dvc add {first_peer:.3f} s")

    def _change(self, text: str) -> None:
        for repository in (self.own, self.peer):
            (repository / "many" / "0000" / "1.txt").write_text(f"{text}\n")
        time.sleep(SETTLED_S)

    def _write_big(self) -> None:
        """Write new content, the same in both; what earlier repeats kept is taken away."""
        for repository in (self.own, self.peer):
            shutil.rmtree(repository / ".dvc" / "cache", ignore_errors=True)
        with (self.own / "big.bin").open("wb") as one, (self.peer / "big.bin").open("wb") as two:
            for _ in range(self._options.size_mb):
                part = os.urandom(2**20)
                one.write(part)
                two.write(part)
        os.sync()
        time.sleep(SETTLED_S)

    def _own_command(self, path: str) -> float:
        return self._command("mlops_jupyter", "data", "snapshot", path, cwd=self.own)[0]

    def _command(self, *words: str, cwd: Path) -> tuple[float, float]:
        """Run a module as a command; return its seconds, and the peak of its memory in MB."""
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", *words],
            cwd=cwd, env=self._env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stderr
        said = process.stderr.read().decode()
        process.stderr.close()
        _, status, used = os.wait4(process.pid, 0)
        took = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(said)
        return took, used.ru_maxrss / 1024

    def _report(self, name: str, own: list[float], peer: list[float], limit: float) -> None:
        ours, theirs = statistics.median(own), statistics.median(peer)
        ratio = ours / theirs
        print(
            f"{name}: {ours:.3f} s in a warm kernel; dvc add {theirs:.3f} s, process start "
            f"included; ratio {ratio:.3f} = 1/{1 / ratio:.1f} (limit {limit:.3f}; "
            f"medians of {len(own)})",
            flush=True,
        )
        if ratio > limit:
            self.missed.append(name)


def main() -> None:
    """Measure and print; exit 1 where a figure is past its limit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size-mb", type=int, default=1024, help="the big file")
    parser.add_argument("--files", type=int, default=20_000, help="the small ones")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", help="where to work; a temporary folder by default")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        bench = Bench(Path(folder), options)
        bench.run()
    if bench.missed:
        sys.exit("past the limit: " + ", ".join(bench.missed))


if __name__ == "__main__":
    main()

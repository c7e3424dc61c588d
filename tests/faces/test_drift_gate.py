"""``mlops drift`` as a process of its own: what a job that runs it sees of an empty side."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

ROWS = "temp,carrier\n" + "1,UA\n2,B6\n3,EV\n" * 20
EMPTY = {"header.csv": "temp,carrier\n", "nothing.csv": "", "log.jsonl": "", "other.csv": "x\n1\n"}


@pytest.fixture
def folder(workspace):
    (workspace.root / "june.csv").write_text(ROWS)
    for name, content in EMPTY.items():
        (workspace.root / name).write_text(content)
    return workspace.root


def drift(folder, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mlops_jupyter", "drift", *words],
        capture_output=True, text=True, check=False, cwd=folder, env={**os.environ},
    )  # fmt: skip


@pytest.mark.parametrize("name", EMPTY)
def test_the_gate_fails_where_nothing_could_be_compared(folder, name):
    for sides in (("june.csv", name), (name, "june.csv")):
        done = drift(folder, *sides, "--fail-on-drift")
        assert done.returncode == 1
        assert done.stdout.startswith("Nothing compared: ")
        assert "nothing could be compared, so drift is not ruled out" in done.stderr
        assert "Traceback" not in done.stderr
        assert "no drift" not in (done.stdout + done.stderr).lower()


def test_without_the_gate_it_is_a_report_as_any_other(folder):
    done = drift(folder, "june.csv", "header.csv", "--json")
    assert done.returncode == 0
    content = json.loads(done.stdout)
    assert (content["drifted"], content["share"], content["columns"]) == (None, None, [])
    assert [finding["kind"] for finding in content["findings"]] == ["empty"]


def test_what_is_broken_is_an_error(folder):
    (folder / "broken.parquet").write_bytes(b"PAR1 not really")
    done = drift(folder, "june.csv", "broken.parquet", "--fail-on-drift")
    assert done.returncode == 5
    assert "broken.parquet, does not read as .parquet" in done.stderr
    assert "Traceback" not in done.stderr

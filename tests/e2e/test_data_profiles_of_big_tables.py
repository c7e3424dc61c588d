"""A profile takes little memory, whatever the size of the table."""

from __future__ import annotations

import subprocess
import sys

import duckdb
import pytest

from mlops_jupyter import data
from mlops_jupyter.settings import ENV_PROFILES

COLUMNS = """
    i AS id, (random() * 100)::INT AS k, random() AS x, exp(random() * 10) AS y,
    ['ann', 'bob', 'cy'][1 + i % 3] AS who, 'customer ' || (i * 7919 % 5000000) AS customer,
    DATE '2013-01-01' + (i % 365)::INT AS day, TIMESTAMP '2013-01-01' + to_seconds(i) AS moment,
    random() < 0.3 AS late, CASE WHEN i % 10 > 0 THEN (random() * 1e6)::DECIMAL(12, 2) END AS price
"""
# Not by getrusage: that begins with the peak of the process that started this one.
MAKE = """
import re
from pathlib import Path
import mlops_jupyter as mlops
ws = mlops.Workspace.find()
details = mlops.data.show(ws, "big", wait=True)
peak = re.search("VmHWM:\\s+([0-9]+) kB", Path("/proc/self/status").read_text())
print(details.profile.rows, int(peak[1]) * 1024)
"""


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    "rows", [500_000, pytest.param(20_000_000, marks=pytest.mark.slow)], ids="{:,}".format
)
def test_under_a_gigabyte(workspace, monkeypatch, rows):
    monkeypatch.setenv(ENV_PROFILES, "asked")  # in the process that is measured
    file = workspace.root / "big.parquet"
    with duckdb.connect(config={"memory_limit": "1GB", "preserve_insertion_order": False}) as made:
        made.execute(f"COPY (SELECT {COLUMNS} FROM range({rows}) t(i)) TO '{file}'")
    data.snapshot(workspace, "big.parquet")
    done = subprocess.run([sys.executable, "-c", MAKE], check=True, capture_output=True, text=True)
    counted, most = map(int, done.stdout.split())
    assert counted == rows
    assert most < 10**9

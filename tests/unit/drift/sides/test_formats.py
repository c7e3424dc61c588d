"""The same data in another format, or elsewhere: the same verdicts, no column passed over."""

from __future__ import annotations

import datetime as dt
import decimal

import numpy as np
import pandas as pd
import pytest

from mlops_jupyter import drift
from mlops_jupyter.drift.sides import sizes


def table(rows, seed):
    """One column of each type that Parquet has, some of them without values, or with few."""
    rng = np.random.default_rng(seed)
    gaps = rng.random(rows) < 0.2
    return pd.DataFrame(
        {
            "float": rng.normal(size=rows),
            "half": rng.normal(size=rows).astype("float32"),
            "int": rng.integers(0, 100, rows),
            "few": rng.integers(0, 4, rows),
            "unsigned": rng.integers(0, 9, rows).astype("uint8"),
            "nullable": pd.Series(rng.integers(0, 30, rows), dtype="Int64").mask(gaps),
            "text": rng.choice(list("abcd"), rows),
            "gaps": pd.Series(rng.choice(list("abcd"), rows)).mask(gaps),
            "sentence": [f"flight {number} was late" for number in rng.integers(0, 10**6, rows)],
            "bool": rng.random(rows) < 0.5,
            "maybe": pd.Series(rng.random(rows) < 0.5, dtype="boolean").mask(gaps),
            "category": pd.Categorical(rng.choice(list("xy"), rows), categories=list("xyz")),
            "infinite": np.where(gaps, np.inf, rng.normal(size=rows)),
            "decimal": [decimal.Decimal(int(number)) / 4 for number in rng.integers(0, 50, rows)],
            "time": pd.Timestamp("2024-07-01") + pd.to_timedelta(rng.integers(0, 99, rows), "h"),
            "zoned": pd.date_range("2024-07-01", periods=rows, tz="Europe/Berlin"),
            "date": [dt.date(2024, 7, 1)] * rows,
            "clock": [dt.time(12)] * rows,
            "list": [[1, 2]] * rows,
            "bytes": [b"\xff"] * rows,
            "none": [None] * rows,
            "constant": ["x"] * rows,
        }
    )


def verdicts(report):
    return {
        column.column: (column.type, column.method, column.score, column.drifted)
        for column in report.columns
    }


def named(report):
    return set(verdicts(report)) | {finding.column for finding in report.findings}


@pytest.mark.parametrize("rows", [(300, 400), (1500, 1200)])
def test_files_have_the_verdicts_of_the_frames_that_pandas_reads(folder, rows):
    """Texts are in Arrow's memory here, in objects there: for Evidently they are the same."""
    for name, count, seed in zip(("june", "july"), rows, (1, 2), strict=True):
        table(count, seed).to_parquet(f"{name}.parquet", index=False)
        table(count, seed).drop(columns="bytes").to_csv(f"{name}.csv", index=False)
    for ending, reader in (("parquet", pd.read_parquet), ("csv", pd.read_csv)):
        names = (f"june.{ending}", f"july.{ending}")
        of_files = drift.detect(folder, *names, engine="evidently")
        of_frames = drift.detect(folder, *map(reader, names), engine="evidently")
        assert verdicts(of_files) == verdicts(of_frames)
        assert named(of_files) == named(of_frames)


@pytest.mark.parametrize("rows", [(1, 1), (2, 2), (2, 300), (60, 60)])
@pytest.mark.parametrize("free", [0, 10**12])
def test_every_column_has_a_verdict_or_a_finding_wherever_it_is_held(
    folder, monkeypatch, rows, free
):
    monkeypatch.setattr(sizes, "free", lambda: free)
    for name, count, seed in zip(("june", "july"), rows, (1, 2), strict=True):
        table(count, seed).to_parquet(f"{name}.parquet", index=False)
    report = drift.detect(folder, "june.parquet", "july.parquet", engine="columnar")
    assert report.backend == ("in memory" if free else "DuckDB")
    assert named(report) >= set(table(1, 1).columns)
    assert report.to_text()
    assert report.to_html()

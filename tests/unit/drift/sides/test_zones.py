"""Times of several zones: said, whatever holds them."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from mlops_jupyter import drift
from mlops_jupyter.drift.sides import read, zones_between


def times(zone):
    naive = pd.Series(pd.date_range("2024-07-01", periods=40, freq="h"))
    return pd.DataFrame(
        {"x": range(40), "at": naive if zone is None else naive.dt.tz_localize(zone)}
    )


def objects():
    frame = times("UTC").astype({"at": object})
    frame.loc[3, "at"] = pd.Timestamp("2024-07-01", tz="Asia/Tokyo")
    return frame


KEPT = {
    "frame": lambda frame: frame,
    "polars": pl.from_pandas,
    "Arrow": pa.Table.from_pandas,
    "Parquet": lambda frame: frame.to_parquet("a.parquet", index=False) or "a.parquet",
}


@pytest.mark.parametrize("kept", list(KEPT))
@pytest.mark.parametrize(
    ("zones", "told"),
    [
        (("Europe/Berlin", "UTC"), "the moments are compared, not the clocks"),
        ((None, "UTC"), "those without a zone are taken as UTC"),
    ],
)
def test_other_zones_on_the_other_side_are_said(folder, kept, zones, told):
    before = read(folder, times(zones[0]), "reference")
    after = read(folder, KEPT[kept](times(zones[1])), "current")
    (finding,) = zones_between(before, after)
    assert (finding.kind, finding.column) == ("mixed_time_zones", "at")
    first = zones[0] or "no zone"
    assert finding.message == f"at has times of {first} in the reference, of UTC in current: {told}"
    assert not zones_between(after, after)


def test_of_a_query_too(folder):
    times("Europe/Berlin").to_parquet("a.parquet", index=False)
    times(None).to_parquet("b.parquet", index=False)
    sides = [read(folder, f"SELECT * FROM '{name}.parquet'", "current") for name in "ab"]
    (finding,) = zones_between(*sides)
    assert "of no zone in current" in finding.message


def test_several_zones_in_one_column_of_a_frame(folder):
    (note,) = read(folder, objects(), "current").notes
    assert (note.kind, note.column) == ("mixed_time_zones", "at")
    assert "times of Asia/Tokyo, UTC" in note.message


def test_several_zones_in_several_files(folder):
    (folder.root / "logs").mkdir()
    for name, zone in (("a", "UTC"), ("b", None), ("c", "Europe/Berlin")):
        times(zone).to_parquet(f"logs/{name}.parquet", index=False)
    source = read(folder, "logs", "current")
    (note,) = source.notes
    assert note.kind == "mixed_time_zones"
    assert "at has times of Europe/Berlin, UTC, no zone" in note.message
    assert str(source.frame(["at"])["at"].dtype) == "datetime64[us, UTC]"


def test_the_report_says_it_and_compares_the_rest(folder):
    report = drift.detect(folder, times("Europe/Berlin"), times("UTC"))
    assert [column.column for column in report.columns] == ["x"]
    kinds = [(finding.kind, finding.column) for finding in report.findings]
    assert ("mixed_time_zones", "at") in kinds

"""What may be compared with what: versions, files, folders, what is not here."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest

from mlops_jupyter import compare as compare_any
from mlops_jupyter import data
from mlops_jupyter.data.cache.dvc_store import cached_path
from mlops_jupyter.data.profile.asking import profile_of
from mlops_jupyter.errors import BadInput, NotFound, UsageError

FRAME = pd.DataFrame(
    {"id": range(40), "x": [float(i % 7) for i in range(40)], "c": list("ab") * 20}
)


@pytest.fixture
def versions(ws):
    """Two versions of a table, and a third state in the workspace."""
    file = ws.root / "data" / "t.parquet"
    for step in (0, 1):
        FRAME.assign(x=FRAME["x"] + step * (FRAME["id"] < 5)).to_parquet(file)
        data.snapshot(ws, "data/t.parquet")
    FRAME.head(30).to_parquet(file)
    return file


@pytest.mark.usefixtures("versions")
def test_versions_and_the_file_of_now(ws):
    found = data.compare(ws, ["data:t@v1", "data:t@v2"], key=["id"])
    assert found.headline == "5 rows changed (x), none added or removed"
    assert (found.old.label, found.new.label) == ("data:t@v1", "data:t@v2")
    assert data.compare(ws, ["data:t"], key=["id"]).headline == found.headline
    now = data.compare(ws, ["data/t.parquet"], key=["id"])
    assert (now.old.label, now.new.label) == ("data:t@v2", "data/t.parquet")
    assert (now.rows.removed, now.rows.changed) == (10, 5)


def test_the_same_content_is_not_read(ws, versions, monkeypatch):
    def read(*_):
        raise AssertionError("it was read")

    monkeypatch.setattr("mlops_jupyter.data.reading.tables.connected", read)
    FRAME.to_parquet(versions)
    data.snapshot(ws, "data/t.parquet")
    FRAME.to_parquet(ws.root / "copy.parquet")
    for pair in (
        ["data:t@v1", "data:t@v3"],
        ["data:t@v1", "data/t.parquet"],
        ["copy.parquet", "data/t.parquet"],
    ):
        found = data.compare(ws, pair)
        assert found.identical
        assert found.by == "hash"
        assert found.to_text().startswith("identical")


def test_without_the_old_content_profiles_are_compared(ws, versions):
    FRAME.assign(x=FRAME["x"] + 3, more=1).drop(columns="c").to_parquet(versions)
    data.snapshot(ws, "data/t.parquet")
    old = data.resolve(ws, "data:t@v1")
    assert profile_of(ws, old, wait=60)
    assert profile_of(ws, data.resolve(ws, "data:t@v3"), wait=60)
    cached_path(ws, old.hash).unlink()
    found = data.compare(ws, ["data:t@v1", "data:t@v3"], key=["id"])
    assert (found.by, found.rows) == ("profiles", None)
    assert {(each.change, each.column) for each in found.schema_changes} == {
        ("added", "more"),
        ("removed", "c"),
    }
    x = found.columns[0]
    assert x.column == "x"
    assert x.distance == pytest.approx(1.5, abs=0.3)
    assert "mlops data pull data:t@v1" in found.to_text()
    assert found.to_html()
    with pytest.raises(NotFound, match="not on this machine"):
        data.compare(ws, ["data:t@v1", "data/t.parquet"])


def test_tables_in_other_formats(ws):
    folder = ws.root / "data"
    FRAME.to_csv(folder / "t.csv.gz", index=False)
    FRAME.to_json(folder / "t.jsonl", orient="records", lines=True)
    FRAME.to_feather(folder / "t.feather")
    FRAME.to_parquet(folder / "t.parquet")
    for name in ("t.csv.gz", "t.jsonl", "t.feather"):
        found = data.compare(ws, [folder / "t.parquet", folder / name], key=["id"])
        assert (found.rows.unchanged, found.rows.changed) == (40, 0), name


def test_a_csv_whose_beginning_misleads(ws):
    rows = "".join(f"{i},{i}\n" for i in range(30_000))
    (ws.root / "a.csv").write_text("id,n\n" + rows)
    (ws.root / "b.csv").write_text("id,n\n" + rows + "30000,none\n")
    found = data.compare(ws, ["a.csv", "b.csv"], key=["id"])
    assert (found.rows.added, found.rows.changed) == (1, 0)
    assert found.schema_changes[0].why == "compared as text"


def test_folders(ws):
    for name, parts in (("old", (0, 20)), ("new", (0, 30))):
        (ws.root / name).mkdir()
        for start in parts:
            FRAME[start : start + 10].to_parquet(ws.root / name / f"{start}.parquet")
        (ws.root / name / "read.me").write_text("x")
    found = data.compare(ws, ["./old", "./new"], key=["id"])
    assert (found.rows.added, found.rows.removed, found.rows.unchanged) == (10, 10, 10)
    assert (found.file_changes.added, found.file_changes.removed) == (
        ("30.parquet",),
        ("20.parquet",),
    )


MONTH = "year,month,delay,carrier\n" + "".join(f"2013,{n % 3},{n / 2},UA\n" for n in range(50))


@pytest.fixture
def months(ws):
    """A folder of three months, and the same with a spoiled month and another table in it."""
    for name in ("old", "new"):
        (ws.root / name).mkdir()
        for month in "123":
            (ws.root / name / f"{month}.csv").write_text(MONTH)
    return ws.root / "new"


def test_a_line_with_too_few_values_makes_no_other_column(ws, months):
    (months / "2.csv").write_text(MONTH + "2013,99\n")
    found = data.compare(ws, ["./old", "./new"])
    assert found.schema_changes == ()
    assert (found.rows.added, found.rows.removed) == (1, 0)
    (note,) = (each for each in found.notes if "does not fit" in each)
    assert note.startswith("new: 2.csv does not fit the others: lines with too few")
    assert "the 3 files of new are read as one table" in found.notes


def test_another_table_among_the_files_is_said(ws, months):
    (months / "weather.csv").write_text("year,temp,humid\n2013,1.5,80\n")
    found = data.compare(ws, ["./old", "./new"])
    assert {each.column for each in found.schema_changes} == {"temp", "humid"}
    told = "weather.csv does not fit the others: has no month, delay, carrier and has temp, humid"
    assert told in found.to_text()
    assert told in found.to_html()


def test_files_that_fit_are_not_complained_of(ws, months):
    (months / "2.csv").write_text("carrier;year;delay;month\nUA;2013;1;2\n")
    found = data.compare(ws, ["./old", "./new"])
    assert "fit" not in found.to_text()


def test_how_many_files_were_looked_at(ws, months, monkeypatch):
    monkeypatch.setattr("mlops_jupyter.data.reading.fitting.LOOKED_AT", 2)
    (months / "2.csv").write_text("a,b\n1,2\n")
    assert "looked up in 2 of 3" in data.compare(ws, ["./old", "./new"]).to_text()


def test_a_parquet_file_of_another_table(ws):
    for name in ("old", "new"):
        (ws.root / name).mkdir()
        for part in "123":
            FRAME.to_parquet(ws.root / name / f"{part}.parquet")
    FRAME.rename(columns={"c": "k"}).to_parquet(ws.root / "new" / "2.parquet")
    found = data.compare(ws, ["./old", "./new"])
    assert "2.parquet does not fit the others: has no c and has k" in found.to_text()


def test_types_are_named_as_in_frames(ws):
    FRAME.to_parquet(ws.root / "old.parquet")
    FRAME.assign(x=FRAME["x"].astype(str), new=1.5).to_parquet(ws.root / "new.parquet")
    found = data.compare(ws, ["old.parquet", "new.parquet"])
    assert "x: float64 → text" in found.to_text()
    assert "new float64" in found.to_text()
    for shown in (found.to_text(), found.to_html()):
        assert not {"DOUBLE", "VARCHAR", "BIGINT"} & {*re.findall(r"\w+", shown)}


def test_times_with_a_zone_to_the_nanosecond(ws):
    frame = FRAME.assign(
        at=pd.date_range("2013-01-01", periods=40, tz="UTC").astype("datetime64[ns, UTC]")
    )
    frame.to_parquet(ws.root / "old.parquet")
    frame.assign(x=frame["x"] + (frame["id"] < 5)).to_parquet(ws.root / "new.parquet")
    assert data.compare(ws, ["old.parquet", "new.parquet"], key=["at"]).rows.changed == 5


def test_an_only_version_is_held_against_the_file_of_now(ws):
    file = ws.root / "data" / "t.parquet"
    FRAME.to_parquet(file)
    data.snapshot(ws, "data/t.parquet")
    assert data.compare(ws, ["data:t"]).identical
    FRAME.head(30).to_parquet(file)
    found = data.compare(ws, ["data:t"])
    assert (found.old.label, found.new.label) == ("data:t@v1", "data/t.parquet")
    assert found.rows.removed == 10
    file.unlink()
    with pytest.raises(NotFound, match="no version before"):
        data.compare(ws, ["data:t"])


def test_what_is_no_table_is_compared_by_files(ws):
    for name in ("old", "new"):
        (ws.root / name).mkdir()
        (ws.root / name / "same.png").write_bytes(b"1")
        (ws.root / name / "other.png").write_text(name)
    (ws.root / "new" / "<b>.png").write_bytes(b"2")
    found = data.compare(ws, ["./old", "./new"])
    assert found.headline == "1 file added, 1 changed, none removed"
    assert "<b>.png" not in found.to_html()
    with pytest.raises(BadInput, match="no rows to compare by key"):
        data.compare(ws, ["./old", "./new"], key=["id"])


@pytest.mark.usefixtures("versions")
@pytest.mark.parametrize(
    ("names", "options", "kind", "message"),
    [
        (["data:t@v1", "data:t@v1"], {}, UsageError, "are the same"),
        (["data:t@v1", "data:t@v2", "data:t@v2"], {}, UsageError, "two by two"),
        (["data:t@v1"], {}, NotFound, "no version before"),
        (["data:t@v1", "nowhere.csv"], {}, NotFound, "there is no nowhere.csv"),
        (["data:t@v1", "data:t@v2"], {"key": ["iD"]}, NotFound, "no column 'iD'"),
        (["data:t@v1", "broken.parquet"], {}, BadInput, "broken.parquet cannot be read"),
        (["data:t@v1", "empty.csv"], {}, BadInput, "0 bytes"),
        (["data:t", "run:abc"], {}, UsageError, "of one kind"),
        (["forest", "data/t.parquet"], {}, UsageError, "of one kind"),
        (["data:t"], {"everything": True}, UsageError, "is for runs"),
        (["forest", "again"], {"key": ["id"]}, UsageError, "is for data"),
    ],
)
def test_refusals(ws, names, options, kind, message):
    (ws.root / "broken.parquet").write_bytes(b"PAR1 not really")
    (ws.root / "empty.csv").touch()
    with pytest.raises(kind, match=message):
        compare_any(ws, names, **options)


def test_it_leaves_nothing_behind(ws, versions):
    before = sorted(path for path in ws.state_dir.rglob("*") if "duckdb-" in path.name)
    found = data.compare(ws, ["data:t@v1", versions])
    assert not list(ws.state_dir.glob("compare-*"))
    assert before == sorted(path for path in ws.state_dir.rglob("*") if "duckdb-" in path.name)
    assert json.dumps(found.to_dict(), allow_nan=False)

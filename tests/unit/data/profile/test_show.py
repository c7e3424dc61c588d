"""What `data show` says of a version."""

from __future__ import annotations

import json
import re
from typing import get_args

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlops_jupyter import data
from mlops_jupyter.data.profile import store
from mlops_jupyter.data.profile.records import Kind, Profile
from mlops_jupyter.errors import NotFound
from mlops_jupyter.mime import MIME_TYPE
from tests.stock import sh


def snapshot(ws, name, content):
    (ws.root / "data" / name).write_bytes(
        content if isinstance(content, bytes) else content.encode()
    )
    return data.snapshot(ws, f"data/{name}", message="first half")


def shown(ws, ref):
    details = data.show(ws, ref)
    return details, details.to_text()


def test_a_table(ws):
    version = snapshot(
        ws, "t.csv", "who,n,day\nann,1,2020-01-01\nann,2,2020-01-02\n,4,2020-02-01\n"
    )
    details, text = shown(ws, "t")
    assert details.place == "cache"
    assert details.profile_state == "ready"
    assert details.restore == f"mlops data checkout {version.ref}"
    assert "first half" in text
    assert "3 rows" in text
    assert version.commit[:12] in text
    assert re.search(r"^who +text +33 % +1 +'ann' 67 %", text, re.MULTILINE)
    assert re.search(
        r"^n +int64 +0 +3 \(unique\) +1 … 4 +2 +2.333 ± 1.528 +[▁-█]+", text, re.MULTILINE
    )
    assert re.search(r"^day +date .* 2020-01-01 … 2020-02-01 +2020-01-02", text, re.MULTILINE)


def test_a_thing_is_said_once(ws):
    (ws.root / "data" / "t.csv").write_text("a\n1\n")
    data.snapshot(ws, "data/t.csv", tag="march fix")
    data.snapshot(ws, pd.DataFrame({"a": [1]}), name="frame", tag="once")
    for shown_text in (data.show(ws, "t").to_text(), data.show(ws, "t").to_html()):
        assert shown_text.count("march fix") == 1
    for ref in ("frame", "frame@once"):
        assert data.show(ws, ref).to_text().count("frame in memory") == 1
        assert data.show(ws, ref).to_text().count("once") == 1
    data.forget(ws, "t")
    for shown_text in (data.show(ws, "t").to_text(), data.show(ws, "t").to_html()):
        assert shown_text.count("forgotten just now") == 1
        assert shown_text.count("removed for good") == 1


def test_a_wide_table_shows_its_beginning(ws):
    pq.write_table(pa.table({f"c{n}": [n] for n in range(60)}), ws.root / "data" / "w.parquet")
    data.snapshot(ws, "data/w.parquet")
    part, all_ = data.show(ws, "w"), data.show(ws, "w", all=True)
    assert "c49" in part.to_text()
    assert "c50" not in part.to_text()
    assert "and 10 more columns: --all" in part.to_text()
    assert "c59" in all_.to_text()
    assert "c59" in all_.to_html()
    assert len(part.profile.columns) == 60
    assert len(part._repr_mimebundle_()[MIME_TYPE]["profile"]["columns"]) == 50
    assert "and 10 more" in part._repr_mimebundle_()["text/html"]


def test_a_folder_of_pictures(ws):
    folder = ws.root / "data" / "pets"
    folder.mkdir()
    for n in range(3):
        (folder / f"{n}.png").write_bytes(bytes([n]) * 1000)
    (folder / "readme").write_text("pets")
    data.snapshot(ws, "data/pets")
    _, text = shown(ws, "pets")
    assert "3 files .png, 3.0 kB" in text
    assert "1 file without a suffix" in text


def test_a_folder_of_tables_says_what_does_not_fit(ws):
    folder = ws.root / "data" / "months"
    folder.mkdir()
    for n in range(12):
        (folder / f"{n:02}.csv").write_text("year,month\n" + f"2013,{n}\n" * 20)
    (folder / "03.csv").write_text("year,month\n" + "2013,3\n" * 20 + "2013\n")
    data.snapshot(ws, "data/months")
    details, text = shown(ws, "months")
    assert [column.name for column in details.profile.columns] == ["year", "month"]
    assert details.profile.rows == 241
    for told in (text, details.to_html()):
        assert "files: 00.csv, 01.csv" in told
        assert "09.csv and 2 more" in told
        assert "the 12 files are read as one table" in told
        assert "03.csv does not fit the others: lines with too few" in told


def test_a_year_is_written_as_a_year(ws):
    snapshot(ws, "t.csv", "year,dist\n" + "2013,12000\n2014,13000\n" * 600)
    _, text = shown(ws, "t")
    assert "2013 … 2014" in text
    assert "12,000 … 13,000" in text
    assert "1,200 rows" in text


def test_rows_are_low_and_texts_have_words_for_a_picture(ws):
    snapshot(ws, "t.csv", "n,who\n" + "".join(f"{n},{'ab'[n % 4 == 0]}\n" for n in range(40)))
    details, _ = shown(ws, "t")
    (picture,) = re.findall(r"<img[^>]*>", details.to_html())
    assert int(re.search(r'height="(\d+)"', picture)[1]) <= 26
    assert "n from 0 to 39" in picture
    assert "&#39;a&#39; 75 %, &#39;b&#39; 25 %" in details.to_html()


def test_a_text_is_no_failure(ws):
    snapshot(ws, "notes.txt", "hello")
    details, text = shown(ws, "notes")
    assert details.profile_state == "ready"
    assert "no table: .txt" in text


def test_what_cannot_be_read_says_why(ws):
    snapshot(ws, "t.parquet", "no parquet")
    details, text = shown(ws, "t")
    assert details.profile_state == "failed"
    assert "not counted: t.parquet" in text


def test_content_that_is_gone(ws):
    version = snapshot(ws, "t.csv", "a\n1\n")
    data.path_of(ws, version.ref).unlink()
    details, text = shown(ws, "t")
    assert (details.place, details.restore, details.profile) == ("nowhere", "", None)
    assert "not on this machine" in text


def test_content_in_the_remote_alone(ws, tmp_path):
    version = snapshot(ws, "a b.csv", "a\n1\n")
    data.show(ws, version.ref)
    remote = tmp_path / "remote"
    (remote / "files" / "md5" / version.hash[:2]).mkdir(parents=True)
    sh(ws.root, "dvc", "remote", "add", "-d", "store", str(remote))
    cached = data.path_of(ws, version.ref)
    assert data.show(ws, version.ref).place == "cache"
    cached.rename(remote / "files" / "md5" / version.hash[:2] / version.hash[2:])
    details, _ = shown(ws, version.ref)
    assert (details.place, details.remote) == ("remote", "store")
    assert details.restore == "mlops data pull 'data:a b@v1'"
    assert details.profile.rows == 1  # without the data at hand


def test_nothing_of_that_name(ws):
    with pytest.raises(NotFound):
        data.show(ws, "nothing")


def test_html_and_control_signs_in_names_and_values(ws):
    bad = "<script>alert(1)</script>"
    frame = pd.DataFrame({bad: ["\x1b[2J<b>x</b>", "y", "y"]})
    frame.to_parquet(ws.root / "data" / "t.parquet")
    data.snapshot(ws, "data/t.parquet", name=bad, message=bad)
    details = data.show(ws, bad)
    assert "<script" not in details.to_html()
    assert "<b>x" not in details.to_html()
    assert "\x1b" not in details.to_text()


@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_profile_that_somebody_else_wrote(ws, kind):
    version = snapshot(ws, "t.csv", "a\n1\n")
    column = {
        "name": "<script>" + "n" * 5000 + "\x1b",
        "type": "TIMESTAMP<b>" * 1000,
        "kind": kind,
        "missing": 2**63 - 1,
        "distinct": 2**63 - 1,
        "minimum": 10**4000,
        "maximum": "<img>" * 1000,
        "mean": 1e308,
        "sd": -1e308,
        "quantiles": [1e300] * 21,
        "histogram": {"edges": [1e308, -1e308, 0], "counts": [2**63 - 1, 0]},
        "lengths": {"shortest": 9, "mean": -1, "longest": 0},
        "top": [{"value": "<b>" * 100, "count": 2**63 - 1}] * 50,
    }
    profile = {"hash": version.hash, "rows": 0, "format": ".csv", "made": "2026-01-01T00:00:00Z"}
    content = json.dumps({**profile, "columns": [column] * 60})
    store.write(ws, Profile.model_validate_json(content))
    details, text = shown(ws, version.ref)
    assert details.profile.columns[0].name.startswith("<script>")
    assert "\x1b" not in text
    assert "<script" not in details.to_html()
    assert "<b>" not in details.to_html()


def test_read_back(ws):
    snapshot(ws, "t.csv", "a,b\n1,x\n2,x\n")
    details = data.show(ws, "t")
    assert data.DataDetails.from_dict(details.to_dict()) == details

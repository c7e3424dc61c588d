"""An empty side, and sides of which no column can be compared: never taken for no drift."""

from __future__ import annotations

import json

import ibis
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from mlops_jupyter.drift import comparing, detect
from mlops_jupyter.drift.keeping import stored
from mlops_jupyter.drift.report import DriftReport
from mlops_jupyter.errors import BadInput, GateFailed, NotFound
from mlops_jupyter.settings import Settings
from mlops_jupyter.workspace import Workspace
from tests.unit.drift.view.reports import HOSTILE, Page

SOME = pd.DataFrame(
    {
        "temp": np.arange(60.0),
        "carrier": ["UA", "B6", "EV"] * 20,
        "late": [True, False] * 30,
        "prediction": [True, False, False] * 20,
        "when": pd.date_range("2013-01-01", periods=60, freq="D"),
    }
)
NOTHING = "Nothing compared"


@pytest.fixture
def ws(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Workspace(tmp_path, Settings())


def shown(report):
    """All that a reader sees of a report."""
    return [report.headline, report.to_text(), Page(report.to_html()).text]


def check(report, *kinds):
    """Hold a report to saying nowhere that there is no drift, and to findings of these kinds."""
    assert (report.drifted, report.share, report.columns) == (None, None, [])
    assert {finding.kind for finding in report.findings} == set(kinds or ("empty",))
    for words in shown(report):
        assert NOTHING in words
        assert "no drift" not in words.lower()
        assert "no dataset drift" not in words.lower()
        assert "0 of 0" not in words
    content = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert (content["drifted"], content["share"]) == (None, None)
    assert DriftReport.from_dict(content) == report
    return report


EMPTY = {
    "pandas": SOME[:0],
    "pandas, no columns": pd.DataFrame(index=range(5)),
    "pandas, nothing": pd.DataFrame(),
    "polars": pl.from_pandas(SOME[:0]),
    "polars, lazy": pl.from_pandas(SOME[:0]).lazy(),
    "polars, nothing": pl.DataFrame(),
    "Arrow": pa.Table.from_pandas(SOME[:0]),
    "Arrow, nothing": pa.table({}),
    "Ibis": ibis.memtable(SOME).filter(ibis.literal(False)),
    "DuckDB": "SELECT * FROM 'some.parquet' WHERE temp > 1000",
}


@pytest.mark.parametrize("engine", ["auto", "columnar", "evidently"])
@pytest.mark.parametrize("kind", EMPTY)
def test_an_empty_side_is_a_finding_that_names_it(ws, kind, engine):
    SOME.to_parquet("some.parquet")
    for other in (SOME, "SELECT * FROM 'some.parquet'"):
        report = check(detect(ws, other, EMPTY[kind], engine=engine))
        assert report.headline == f"{NOTHING}: current is empty"
        (finding,) = report.findings
        assert finding.column is None
        assert finding.message.startswith("current, ")
        assert "is empty: " in finding.message
        report = check(detect(ws, EMPTY[kind], other, engine=engine))
        assert report.headline == f"{NOTHING}: the reference is empty"


def test_both_sides_may_be_empty(ws):
    report = check(detect(ws, SOME[:0], pd.DataFrame()))
    assert report.headline == f"{NOTHING}: the reference and current are empty"
    assert [finding.message for finding in report.findings] == [
        "the reference, DataFrame, is empty: 0 rows, 5 columns",
        "current, DataFrame, is empty: 0 rows, 0 columns",
    ]


def _parquet(frame):
    return lambda path: frame.to_parquet(path, index=False)


def _bytes(content):
    return lambda path: path.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("a.csv", _bytes(b"temp,carrier\n")),
        ("a.csv", _bytes(b"temp,carrier")),
        ("a.csv", _bytes(b"")),
        ("a.csv", _bytes(b"\n")),
        ("a.csv", _bytes(b"\xef\xbb\xbf")),
        ("a.tsv", _bytes(b"")),
        ("a.csv", lambda path: pd.DataFrame().to_csv(path)),
        ("a.csv.gz", lambda path: pd.DataFrame().to_csv(path, index=False)),
        ("a.csv.gz", lambda path: SOME[:0].to_csv(path, index=False)),
        ("a.jsonl", _bytes(b"")),
        ("a.jsonl", _bytes(b"\n")),
        ("a.ndjson.gz", lambda path: SOME[:0].to_json(path, orient="records", lines=True)),
        ("a.json", _bytes(b"[]")),
        ("a.parquet", _parquet(SOME[:0])),
        ("a.parquet", _parquet(pd.DataFrame())),
        ("a.feather", SOME[:0].to_feather),
        ("a.feather", pd.DataFrame().to_feather),
    ],
)
def test_a_file_without_rows_is_an_empty_side(ws, name, write):
    write(ws.root / name)
    report = detect(ws, SOME, name)
    known = {finding.kind for finding in report.findings}
    check(report, "empty", *(known & {"only_in_reference", "only_in_current"}))
    assert report.headline == f"{NOTHING}: current is empty"
    assert f"current, {name}, is empty: 0 rows" in report.findings[0].message


def test_a_log_of_empty_files_is_an_empty_side(ws):
    (ws.root / "logs").mkdir()
    for day in ("a", "b"):
        (ws.root / "logs" / f"{day}.jsonl").touch()
    report = check(detect(ws, SOME, "logs"))
    assert "logs (2 files), is empty: 0 rows, 0 columns" in report.findings[0].message


@pytest.mark.parametrize("name", ["a.parquet", "a.feather"])
@pytest.mark.parametrize("content", [b"", b"PAR1 not really, but long enough to look at"])
def test_what_is_broken_is_an_error_and_not_an_empty_side(ws, name, content):
    (ws.root / name).write_bytes(content)
    with pytest.raises(BadInput, match=name) as raised:
        detect(ws, SOME, name)
    assert raised.value.hint


OPTIONS = [
    {"by": "month"},
    {"by": "carrier"},
    {"by": "month", "time": "when", "against": "previous"},
    {"target": "late", "prediction": "prediction"},
    {"target": "late", "prediction": "prediction", "segments": ["carrier"]},
    {"target": "late", "probability": "temp"},
    {"sample": 10},
    {"sample": 0.5},
    {"columns": ["temp"]},
    {"correct": "holm"},
    {"method": ["temp=psi"], "threshold": ["temp=0.5"]},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("kind", [*EMPTY])
def test_every_option_takes_an_empty_side(ws, kind, options):
    SOME.to_parquet("some.parquet")
    for sides in ((SOME, EMPTY[kind]), (EMPTY[kind], SOME)):
        report = check(detect(ws, *sides, **options))
        assert (report.periods, report.performance, report.sample) == (None, None, None)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_every_option_takes_two_sides_without_anything(ws, options):
    check(detect(ws, pd.DataFrame(), pd.DataFrame(), **options))


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"columns": ["tmp"]}, NotFound),
        ({"target": "lte", "prediction": "prediction"}, NotFound),
        ({"method": ["tmp=psi"]}, NotFound),
        ({"time": "when"}, BadInput),
        ({"segments": ["carrier"]}, BadInput),
    ],
)
def test_a_wrong_word_is_told_of_an_empty_side_too(ws, options, error):
    with pytest.raises(error):
        detect(ws, SOME, SOME[:0], **options)


def test_columns_that_an_empty_side_lacks_are_named(ws):
    report = detect(ws, SOME, SOME[:0].drop(columns="temp").assign(new=0))
    check(report, "empty", "only_in_reference", "only_in_current")
    assert {finding.column for finding in report.findings} == {None, "temp", "new"}
    # Without any column that would be noise.
    check(detect(ws, SOME, pd.DataFrame()))


def test_what_reading_has_shown_is_told_of_an_empty_side_too(ws):
    (ws.root / "logs").mkdir()
    (ws.root / "logs" / "a.csv").write_text("temp\n")
    (ws.root / "logs" / "b.csv").touch()
    check(detect(ws, SOME[["temp"]], "logs"), "empty", "left_out")


def test_evidentlys_own_report_is_said_to_be_missing(ws):
    report = check(detect(ws, SOME, SOME[:0], html="full.html"), "empty", "no_full_report")
    assert report.full_report is None
    assert not (ws.root / "full.html").exists()


DATES = SOME[["when"]]
OTHER = pd.DataFrame({"other": range(60)})
NULLS = pd.DataFrame({"temp": [None] * 60})


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        (DATES, DATES, {"not_compared"}),
        (SOME[["temp"]], OTHER, {"only_in_reference", "only_in_current"}),
        (SOME[["temp"]], NULLS, {"all_missing"}),
        (NULLS, NULLS, {"all_missing"}),
        (SOME[["temp"]], SOME[["temp"]].astype(str), {"type_changed"}),
    ],
)
def test_no_column_that_can_be_compared_is_a_report_too(ws, before, after, kinds):
    report = check(detect(ws, before, after), *kinds)
    assert report.headline == f"{NOTHING}: no column can be compared"
    tables = [ibis.memtable(frame.astype({"temp": "float64"}) if frame is NULLS else frame)
              for frame in (before, after)]  # fmt: skip
    check(detect(ws, *tables), *kinds)
    check(detect(ws, before, after, correct="holm", sample=10), *kinds)


def test_the_gate_never_lets_through_what_was_not_compared(ws):
    for sides in ((SOME, SOME[:0]), (SOME[:0], SOME), (pd.DataFrame(), SOME), (DATES, DATES)):
        with pytest.raises(GateFailed, match=f"^{NOTHING}: ") as raised:
            detect(ws, *sides, fail_on_drift=True)
        assert raised.value.hint.startswith("nothing could be compared, so drift is not ruled out")
        assert raised.value.result.columns == []


def test_the_gate_says_why_no_column_could_be_compared(ws):
    with pytest.raises(GateFailed) as raised:
        detect(ws, SOME[["temp"]], NULLS, fail_on_drift=True)
    assert "temp has no value in current" in raised.value.hint


def test_a_hostile_label_is_harmless(ws):
    report = check(detect(ws, SOME, SOME[:0], labels=("", HOSTILE)))
    for words in (report.to_text(), report.headline):
        assert not {"\x1b", "\u202e", "\x00"} & set(words)
    assert "<img src" not in report.to_html()


class TestComparing:
    def test_a_report_of_nothing_is_held_against_another(self, ws):
        full, empty = detect(ws, SOME, SOME), detect(ws, SOME, SOME[:0])
        found = comparing.compare(full, empty)
        assert found.headline.startswith(f"{NOTHING}, where there was no dataset drift before: ")
        assert (found.after.drifted, found.after.share, found.after.columns) == (None, None, 0)
        assert [finding.kind for finding in found.came] == ["empty"]
        assert {each.change for each in found.columns} == {"compared no longer"}
        assert "4 columns are compared no longer" in found.headline
        for words in (found.to_text(), Page(found.to_html()).text):
            assert f"{SOME.shape[0]} rows) → DataFrame (0 rows): nothing compared" in words

        back = comparing.compare(empty, full)
        assert back.headline.startswith("No dataset drift, where nothing was compared before: ")
        assert "4 columns are compared now" in back.headline

    def test_two_reports_of_nothing(self, ws):
        empty = detect(ws, SOME, SOME[:0])
        found = comparing.compare(empty, empty)
        assert found.headline == f"{NOTHING}, as before"
        assert "no drift" not in found.to_text().lower()
        assert found.to_html()


def test_a_report_that_says_no_drift_of_nothing_is_refused(ws):
    content = detect(ws, SOME, SOME[:0]).to_dict()
    assert stored.of_bytes(json.dumps(content).encode(), "a.json").drifted is None
    for lie in ({"drifted": False}, {"share": 0.0}, {"drifted": True, "share": 1.0}):
        with pytest.raises(BadInput, match="not a drift report"):
            stored.of_bytes(json.dumps(content | lie).encode(), "a.json")
    full = detect(ws, SOME, SOME).to_dict()
    with pytest.raises(BadInput, match="not a drift report"):
        stored.of_bytes(json.dumps(full | {"drifted": None}).encode(), "a.json")

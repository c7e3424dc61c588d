"""Drift reports kept with runs and models of a real store, and read back from there and files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import mlops_jupyter as mlops
from mlops_jupyter import cli
from mlops_jupyter.drift import keeping
from mlops_jupyter.drift.keeping.stored import is_report
from mlops_jupyter.drift.performance_record import ErrorChange, Performance
from mlops_jupyter.drift.periods_record import ColumnOverTime, Period, Periods
from mlops_jupyter.drift.report import Finding, Histogram
from mlops_jupyter.errors import BadInput, NotFound, UsageError
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.history import drift_reports
from mlops_jupyter.tracking.store.opening import client as open_client
from tests.unit.drift.kept import column, made, of

HOSTILE = "<img src=x onerror=alert(1)>"
PERIODS = Periods(
    by="month",
    time="when",
    periods=[Period(label="2013-07", rows=99, share=1.0, drifted=True)],
    columns=[
        ColumnOverTime(
            column="c0", type="numeric", method="PSI", threshold=0.1, scores=[0.3], severities=[3.0]
        )
    ],
)


@pytest.fixture
def client(workspace):
    return open_client(workspace)


@pytest.fixture
def run(client):
    found = client.create_run("0", run_name="forest")
    client.set_terminated(found.info.run_id)
    return found.info.run_id


class TestKeeping:
    def test_a_report_comes_back_as_it_was(self, workspace, client, run):
        report = made(0.3, 0.01, findings=[Finding(kind="few_rows", message=HOSTILE)])
        named = keeping.keep(workspace, report, f"run:{run}")
        assert named == f"drift:{run}@1"
        assert keeping.load(workspace, named) == report
        assert keeping.load(workspace, "drift:forest") == report
        files = [entry.path for entry in client.list_artifacts(run, "drift")]
        assert [path.rpartition(".")[2] for path in files] == ["html", "json"]
        written = Path(client.download_artifacts(run, files[0])).read_text(encoding="utf-8")
        assert written.startswith("<!DOCTYPE html>")
        assert report.to_html() in written
        assert HOSTILE not in written

    def test_several_stand_beside_each_other_in_order(self, workspace, client, run):
        reports = [made(0.3, 0.01), made(0.3, 0.4), made(0.0, 0.0, after="august")]
        named = [keeping.keep(workspace, report, "forest") for report in reports]
        assert named == [f"drift:{run}@{count}" for count in (1, 2, 3)]
        assert [keeping.load(workspace, each) for each in named] == reports
        assert keeping.load(workspace, f"drift:{run[:8]}") == reports[-1]
        shown = mlops.show(workspace, "forest")
        assert [(each.drifted, each.columns_drifted) for each in shown.drift] == [
            (True, 1), (True, 2), (False, 0),
        ]  # fmt: skip
        assert [each.reference for each in shown.drift] == named
        assert [*client.get_run(run).data.metrics] == ["drift/share"]
        lines = [line for line in shown.to_text().splitlines() if f"drift:{run[:8]}@" in line]
        assert [line.rpartition("@")[2] for line in lines] == ["3", "2", "1"]
        points = client.get_metric_history(run, "drift/share")
        assert [(point.step, point.value) for point in points] == [(0, 0.5), (1, 1.0), (2, 0.0)]

    def test_the_models_error_is_a_metric_where_labels_tell_it(self, workspace, client, run):
        change = ErrorChange(
            loss="absolute error", reference=9.0, current=12.5, difference=3.5, low=1, high=6,
            p_value=0.001, test="z", level=0.05, least=0.02,
        )  # fmt: skip
        performance = Performance(
            task="regression", target="late", prediction="guess", verdict="worse",
            rows_reference=9, rows_current=9, labelled_reference=9, labelled_current=9,
            metrics=[], change=change,
        )  # fmt: skip
        keeping.keep(workspace, made(performance=performance), run)
        assert client.get_run(run).data.metrics["drift/error"] == 12.5
        assert mlops.show(workspace, run).drift[0].error == "worse"

    def test_show_lists_them_by_verdict_and_escapes_names(self, workspace, run):
        keeping.keep(workspace, made(0.3, 0.4, before=HOSTILE), f"run:{run}")
        shown = mlops.show(workspace, run)
        line = next(text for text in shown.to_text().splitlines() if f"drift:{run[:8]}@1" in text)
        assert line.split()[:4] == ["drift", "2", "of", "2"]
        assert f"drift:{run[:8]}@1" in shown.to_html()
        assert HOSTILE not in shown.to_html()

    def test_what_is_kept_is_no_runs_main_metric(self, workspace, run):
        keeping.keep(workspace, made(), run)
        assert mlops.show(workspace, run).summary.main_metric is None

    def test_where_nothing_was_compared_no_list_says_that_nothing_drifted(
        self, workspace, client, run
    ):
        empty = of(drifted=None, share=None)
        client.create_registered_model("late flights")
        version = client.create_model_version("late flights", f"runs:/{run}/model", run)
        named = keeping.keep(workspace, empty, "model:late flights@1")
        assert keeping.load(workspace, named) == empty
        assert client.get_run(run).data.metrics == {}
        told = json.loads(
            client.get_model_version("late flights", version.version).tags[tags.DRIFT_REPORT]
        )
        assert (told["drifted"], told["share"], told["columns"]) == (None, None, 0)
        shown = mlops.show(workspace, run)
        assert (shown.drift[0].drifted, shown.drift[0].share) == (None, None)
        for words in (shown.to_text(), shown.to_html(), keeping.load(workspace, named).to_text()):
            assert "nothing compared" in words.lower()
            assert "no drift" not in words
        # A tag that others spoiled is no good news either.
        (tag,) = (name for name in client.get_run(run).data.tags if name.startswith(tags.DRIFT))
        client.set_tag(run, tag, "{}")
        assert "not known" in mlops.show(workspace, run).to_text()

    def test_a_model_version_keeps_it_with_its_run_and_names_it(self, workspace, client, run):
        client.create_registered_model("late flights")
        version = client.create_model_version("late flights", f"runs:/{run}/model", run)
        named = keeping.keep(workspace, made(0.3), "model:late flights@1")
        assert named == f"drift:{run}@1"
        known = client.get_model_version("late flights", version.version).tags
        told = json.loads(known[tags.DRIFT_REPORT])
        assert (told["report"], told["drifted"], told["share"]) == (named, True, 1.0)

    def test_a_model_from_no_run_is_refused_with_a_way_out(self, workspace, client):
        client.create_registered_model("bought")
        client.create_model_version("bought", "s3://elsewhere/model")
        with pytest.raises(NotFound, match="model:bought@1 comes from no run") as raised:
            keeping.keep(workspace, made(), "model:bought@1")
        assert "run:ID" in raised.value.hint

    @pytest.mark.parametrize(
        ("reference", "error"),
        [
            ("run:gone", NotFound),
            ("model:gone@1", NotFound),
            ("data:flights@v1", UsageError),
            ("drift:forest@1", UsageError),
            ("", UsageError),
        ],
    )
    def test_a_place_is_told_before_anything_is_computed(self, workspace, run, reference, error):
        with pytest.raises(error):
            keeping.place(workspace, reference)

    def test_what_is_not_there_is_said(self, workspace, run):
        with pytest.raises(NotFound, match="no drift report is kept with run 'forest'"):
            keeping.load(workspace, "drift:forest")
        keeping.keep(workspace, made(), run)
        with pytest.raises(NotFound, match="has 1 drift report, and no number 2"):
            keeping.load(workspace, "drift:forest@2")

    def test_the_command_shows_one_and_lists_all(self, workspace, run, capsys):
        report = made(0.3, 0.4)
        keeping.keep(workspace, report, run)
        assert cli.main(["show", "drift:forest@1", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["columns"] == report.to_dict()["columns"]
        assert cli.main(["show", "forest"]) == 0
        assert "june → july" in capsys.readouterr().out
        assert cli.main(["show", "drift:forest", "--html", "page.html"]) == 2
        assert "--html is for runs" in capsys.readouterr().err
        assert cli.main(["lineage", "drift:forest"]) == 2
        assert "is a drift report, which is not taken here" in capsys.readouterr().err

    def test_what_others_wrote_into_tags_is_no_report(self, workspace, client, run):
        keeping.keep(workspace, made(0.3), run)
        for name, value in {
            "mlops.drift.yesterday": "{}",
            "mlops.drift.2013-99-04T12-00-00.000000Z": "{}",
            "mlops.drift.2013-07-04T12-00-00.000000Z": '{"share": 1e999, "columns": [], "x',
        }.items():
            client.set_tag(run, name, value)
        first, second = drift_reports.kept(client.get_run(run))
        assert (first.drifted, first.share, first.columns) == (None, None, None)
        assert (second.drifted, second.share, second.columns) == (True, 1.0, 1)
        with pytest.raises(NotFound, match="cannot be had"):
            keeping.load(workspace, first.reference)


def change(content, *path, to):
    """Return a report's JSON with another value in a place."""
    changed = json.loads(json.dumps(content))
    where = changed
    for key in path[:-1]:
        where = where[key]
    where[path[-1]] = to
    return changed


def _deep(depth):
    return b"[" * depth + b"]" * depth


class TestFiles:
    def test_what_the_command_writes_is_read_back(self, workspace, tmp_path):
        report = made(0.3, 0.01)
        file = tmp_path / "july.json"
        for text in (
            json.dumps(report.to_dict(), ensure_ascii=False),
            json.dumps(report.to_dict(), indent=2),
            "\ufeff" + json.dumps(report.to_dict()),
        ):
            file.write_text(text, encoding="utf-8")
            assert is_report(file)
            assert keeping.load(workspace, str(file)) == report

    def test_a_table_in_json_is_no_report(self, tmp_path):
        for text in ('{"kind": "frame"}', '[{"kind": "drift_report"}]', "", '{"a": 1}\n{"a": 2}'):
            (tmp_path / "x.json").write_text(text)
            assert not is_report(tmp_path / "x.json")
        assert not is_report(tmp_path / "none.json")
        assert not is_report(tmp_path)

    def test_a_missing_file_says_what_writes_one(self, workspace):
        with pytest.raises(NotFound, match=r"no file gone\.json") as raised:
            keeping.load(workspace, "gone.json")
        assert "mlops drift REFERENCE CURRENT --json" in raised.value.hint

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\xff\xfe\x00",
            b"not json",
            b"[1, 2]",
            b'{"kind": "drift_report"}',
            b'{"kind": "drift_report", "schema_version": 99}',
            b'{"kind": "drift_report", "schema_version": "x"}',
            b'{"kind": ["drift_report"]}',
            b'{"kind": "runs"}',
            b'{"kind": "drift_report", "x": ' + _deep(25) + b"}",
            b'{"kind": "drift_report", "x": ' + _deep(100_000) + b"}",
            b'{"kind": "drift_report", "share": NaN}',
            b'{"kind": "drift_report", "share": 1e999}',
            b'{"kind": "drift_report", "share": ' + b"9" * 5000 + b"}",
        ],
        ids=range(14),
    )
    def test_what_is_no_report_is_refused_in_a_line(self, workspace, tmp_path, content):
        (tmp_path / "x.json").write_bytes(content)
        with pytest.raises(BadInput) as raised:
            keeping.load(workspace, str(tmp_path / "x.json"))
        assert "x.json" in raised.value.message
        assert len(raised.value.message) < 600 + len(str(tmp_path))
        assert "\n" not in raised.value.message

    @pytest.mark.parametrize(
        "changed",
        [
            (("columns", 0, "histogram", "reference"), [0.5]),
            (("columns", 0, "histogram", "reference"), []),
            (("columns", 0, "histogram", "edges"), [1]),
            (("columns", 0, "histogram", "kind"), "categories"),
            (("columns", 0, "type"), "categorical"),
            (("columns", 1, "histogram", "edges"), [1]),
            (("columns", 0, "histogram", "labels"), ["a", "b"]),
            (("columns", 0, "histogram", "current"), [0.5, None]),
            (("columns", 0, "threshold"), "<b>"),
            (("columns", 0, "reference", "std"), 10**30),
            (("columns", 0, "reference", "std"), -1),
            (("columns", 0, "current", "missing"), 2),
            (("columns", 0, "current", "count"), -1),
            (("columns", 0, "histogram", "current"), [0.5, 1e300]),
            (("periods", "columns", 0, "severities"), [1e300]),
            (("periods", "columns", 0, "severities"), []),
            (("periods", "columns", 0, "notes"), [{"place": 1, "reason": "gone"}]),
            (("columns",), {}),
            (("share",), None),
        ],
        ids=lambda changed: ".".join(map(str, changed[0])),
    )
    def test_what_no_comparison_makes_is_refused(self, workspace, tmp_path, changed):
        path, value = changed
        shares = Histogram(kind="categories", labels=["a", "b"], reference=[1, 0], current=[0, 1])
        named = column("c1", type="categorical", histogram=shares)
        report = of(column("c0"), named, periods=PERIODS)
        content = change(report.to_dict(), *path, to=value)
        (tmp_path / "x.json").write_text(json.dumps(report.to_dict()))
        assert keeping.load(workspace, str(tmp_path / "x.json")) == report
        (tmp_path / "x.json").write_text(json.dumps(content))
        with pytest.raises(BadInput):
            keeping.load(workspace, str(tmp_path / "x.json"))

    def test_names_that_no_encoding_has_are_shown_all_the_same(self, workspace, tmp_path):
        content = change(made().to_dict(), "columns", 0, "column", to="\ud800<b>\x00")
        (tmp_path / "x.json").write_text(json.dumps(content))
        report = keeping.load(workspace, str(tmp_path / "x.json"))
        (report.to_text() + report.to_html()).encode()
        assert "<b>" not in report.to_html()

    def test_a_huge_file_is_not_read_whole(self, workspace, tmp_path):
        with (tmp_path / "x.json").open("wb") as file:
            file.write(b'{"kind": "drift_report"')
            file.truncate(60_000_000)
        with pytest.raises(BadInput, match="larger than 50 MB"):
            keeping.load(workspace, str(tmp_path / "x.json"))

"""Drift reports kept with runs and models of a real store, and read back from there and files."""

from __future__ import annotations

import json

import pytest

import mlops_jupyter as mlops
from mlops_jupyter.drift import keeping
from mlops_jupyter.drift.report import (
    ColumnDrift,
    DriftReport,
    Finding,
    Histogram,
    Side,
    Summary,
)
from mlops_jupyter.errors import NotFound, UsageError
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.history import drift_reports
from mlops_jupyter.tracking.store.opening import client as open_client

HOSTILE = "<img src=x onerror=alert(1)>"


def column(name="temp", score=0.3, **more):
    summary = Summary(count=99, missing=0.0, unique=90, mean=70.0, std=5.0, min=50.0, max=90.0)
    bins = Histogram(kind="numbers", edges=[50, 70, 90], reference=[0.5, 0.5], current=[0.3, 0.7])
    return ColumnDrift(
        **{
            "column": name,
            "type": "numeric",
            "method": "Wasserstein distance (normed)",
            "score": score,
            "threshold": 0.1,
            "drifted": score >= 0.1,
            "reference": summary,
            "current": summary,
            "histogram": bins,
            **more,
        }
    )


def made(*scores, before="june", after="july", **more):
    columns = [
        column(f"c{place}", score) for place, score in enumerate(scores or (0.3, 0.01, 0.01))
    ]
    share = sum(each.drifted for each in columns) / len(columns)
    return DriftReport(
        drifted=share >= 0.5,
        share=share,
        columns=columns,
        reference=Side(label=before, rows=99, columns=3),
        current=Side(label=after, rows=99, columns=3),
        engine="evidently 0.7",
        **more,
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
        page = client.download_artifacts(run, files[0])
        with open(page, encoding="utf-8") as file:
            written = file.read()
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
        points = client.get_metric_history(run, "drift/share")
        assert [(point.step, point.value) for point in points] == [(0, 0.5), (1, 1.0), (2, 0.0)]

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

    def test_what_others_wrote_into_tags_is_no_report(self, workspace, client, run):
        keeping.keep(workspace, made(0.3), run)
        for name, value in {
            "mlops.drift.yesterday": "{}",
            "mlops.drift.2013-99-04T12-00-00.000000Z": "{}",
            "mlops.drift.2013-07-04T12-00-00.000000Z": '{"share": 1e999, "columns": [], "x',
        }.items():
            client.set_tag(run, name, value)
        first, second = drift_reports.kept(client.get_run(run))
        assert (first.drifted, first.share, first.columns) == (False, None, None)
        assert (second.drifted, second.share, second.columns) == (True, 1.0, 1)
        with pytest.raises(NotFound, match="cannot be had"):
            keeping.load(workspace, first.reference)

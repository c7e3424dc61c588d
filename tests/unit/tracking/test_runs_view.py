"""Lists of runs as text and HTML: widths, counts, what is hostile or huge."""

import math
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from rich.cells import cell_len

from mlops_jupyter.mime import MIME_TYPE
from mlops_jupyter.tracking.records import BestChild, MetricStats, RunGroup, Runs, RunSummary

LONG = "a name that goes on and on " * 8
STARTED = datetime(2026, 11, 1, tzinfo=UTC)


def run(place=0, **fields):
    return RunSummary(
        **{
            "run_id": f"{place:032x}", "name": f"run {place}", "experiment": "flights",
            "status": "FINISHED", "started": STARTED, "duration_s": 1.5,
            "metrics": {"test_auc": 0.7}, "main_metric": "test_auc", **fields,
        }
    )  # fmt: skip


class Rows(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.rows, self.tags = 0, set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.rows += tag == "tr"
        self.tags.add(tag)


WIDE = {
    "name": LONG, "experiment": LONG, "model": LONG, "data": [LONG, LONG], "params": {"p": LONG},
    "metrics": {LONG[:40]: math.inf}, "main_metric": LONG[:40],
}  # fmt: skip


@pytest.mark.parametrize(
    "runs",
    [
        Runs(runs=[run()], store=""),
        Runs(runs=[run(**WIDE), run(1, name="日本語" * 30)], store="", more=True, total=9),
        Runs(runs=[run(**WIDE)], store="", sorted_by="p"),
        Runs(
            runs=[run(**WIDE, stats=MetricStats(metric="m", count=3, last=1e-7, best=2))],
            store="", metric="m",
        ),
        Runs(
            runs=[], store="", group="data", metric="m", direction="lower",
            groups=[RunGroup(value=LONG, runs=10**6, best_run=LONG, best_run_id="f" * 32)],
        ),
    ],
)  # fmt: skip
def test_a_line_fits_a_terminal(runs):
    lines = runs.to_text().splitlines()
    table = [line for line in lines if not line.startswith("(")]
    assert max(map(cell_len, table)) <= 120
    assert len(table) == 1 + len(runs.runs) + len(runs.groups)


def test_ten_thousand_runs_are_shown_in_part_and_said():
    runs = Runs(runs=[run(place) for place in range(10_000)], store="", total=10_000)
    html = runs.to_html()
    assert Rows(html).rows == 201
    assert "and 9,800 more" in html
    assert len(runs.to_text().splitlines()) == 10_001, "whole: it may go to a file"
    bundle = runs._repr_mimebundle_()
    assert len(bundle["text/plain"].splitlines()) < 210
    assert "and 9,800 more" in bundle["text/plain"]
    assert bundle["text/html"] == html
    assert len(bundle[MIME_TYPE]["runs"]) == 200
    assert len(runs.to_dict()["runs"]) == 10_000


def test_nothing_hostile_gets_through():
    bad = "<script>alert(1)</script>\x1b[2J\u202e"
    fields = {"name": bad, "experiment": bad, "model": bad, "data": [bad], "main_metric": bad,
              "metrics": {bad: 1.0}, "params": {"p": bad}}  # fmt: skip
    child = BestChild(run_id="c", name=bad, metric=bad, value=None)
    for runs in (
        Runs(runs=[run(**fields)], store=bad, experiment=bad, sorted_by="p"),
        Runs(runs=[run(**fields | {"main_metric": None}, children=3, best_child=child)], store=""),
        Runs(
            runs=[], store="", group=bad, metric=bad, url=bad, ui_command=bad,
            groups=[RunGroup(value=bad, runs=1, best_run=bad, best_run_id=bad)],
        ),
    ):  # fmt: skip
        assert "script" not in Rows(runs.to_html()).tags
        assert not {"\x1b", "\u202e"} & set(runs.to_text())


def test_a_moment_that_is_missing_is_no_year_1970():
    runs = Runs(runs=[run(started=datetime.fromtimestamp(0, UTC), duration_s=None)], store="")
    assert "1970" not in runs.to_text() + runs.to_html()


def test_a_parent_shows_the_best_below_it():
    best = BestChild(run_id="c", name="child", metric="auc", value=0.9)
    top = run(metrics={}, main_metric=None, children=7, best_child=best)
    below = run(1, parent_run_id=top.run_id)
    text = Runs(runs=[top, below, run(2)], store="", nested=True, total=2).to_text()
    assert "▾7 run 0" in text
    assert "best auc 0.9" in text
    assert "--flat lists all" in text


def test_it_says_what_is_best_and_what_it_does_not_know():
    stats = MetricStats(metric="speed", count=1, last=2.0)
    unknown = Runs(runs=[run(stats=stats)], store="", metric="speed")
    assert "--lower-is-better" in unknown.to_text()
    known = unknown.model_copy(update={"direction": "higher"})
    assert "higher speed is better" in known.to_text()

"""Lists of runs as text and HTML: widths, counts, what is hostile or huge."""

import math
import os
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from rich.cells import cell_len

from mlops_jupyter.mime import MIME_TYPE
from mlops_jupyter.tracking.records import BestChild, MetricStats, RunGroup, Runs, RunSummary
from mlops_jupyter.tracking.run_parts import Staleness, StaleReason

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


def stale(*reasons):
    return Staleness(reasons=[StaleReason(what=w, name="x", said=s) for w, s in reasons])


ALL_STALE = stale(("data", "x"), ("file", "y"), ("code", "z"))


class Rows(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.rows, self.tags, self.titles, self.cells = 0, set(), [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.rows += tag == "tr"
        self.tags.add(tag)
        self.titles += [value for name, value in attrs if name == "title"]
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_data(self, data):
        if self.cells:
            self.cells[-1] += data


WIDE = {
    "name": LONG, "experiment": LONG, "model": LONG, "data": [LONG, LONG], "params": {"p": LONG},
    "metrics": {LONG[:40]: math.inf}, "main_metric": LONG[:40],
}  # fmt: skip


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize(
    "runs",
    [
        Runs(runs=[run()], store=""),
        Runs(runs=[run(**WIDE, stale=ALL_STALE)], store=""),
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
def test_a_line_fits_a_terminal(runs, width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    lines = runs.to_text().splitlines()
    table = [line for line in lines if not line.startswith("(")]
    assert max(map(cell_len, table)) <= width
    assert len(table) == 1 + len(runs.runs) + len(runs.groups)
    if runs.runs and runs.runs[0].stale:
        assert table[0].split()[:2] == ["run", "stale"], "it is never cut away"
        assert "data, file, code" in table[1]


def os_size(fallback):
    return os.terminal_size(fallback)


def test_what_no_terminal_shows_has_the_width_of_one(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr("shutil.get_terminal_size", os_size)
    runs = Runs(runs=[run(**WIDE)], store="")
    assert 80 < cell_len(runs.to_text().splitlines()[1]) <= 120


def test_a_notebook_shows_a_row_in_short_and_all_of_it_in_titles(monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    ref = "data:data/deep/unversioned.csv@2c2e6702"
    some = run(name=LONG, model="M" * 60, data=[ref, "data:flights@v1"])
    shown = Rows(Runs(runs=[some, run(1)], store="").to_html())
    assert max(map(len, shown.cells[:-1])) <= 40
    assert "unversioned.csv and 1 more" in shown.cells
    assert {LONG, "M" * 60, f"{ref}, data:flights@v1"} <= set(shown.titles)
    assert "experiment" not in shown.cells, "it is the same everywhere"
    assert "2 runs, all of flights" in Runs(runs=[some, run(1)], store="").to_html()
    text = Runs(runs=[run(data=[ref])], store="").to_text()
    assert " unversioned.csv@2c2e6702 " in text
    assert "data:" not in text


def test_what_is_stale_stands_beside_the_name_and_which_runs_below():
    newer = ("data", "data:x@v1 has a newer version v2")
    runs = Runs(
        runs=[
            run(stale=stale(newer, ("code", "a.py has changed since"))),
            run(1, stale=stale(newer)),
            run(2, status="FAILED", stale=stale(newer)),
            run(3, stale=stale()),
        ],
        store="",
    )
    html = runs.to_html()
    shown = Rows(html)
    assert shown.cells[:2] == ["run", "status"]
    after_name = {name: shown.cells[shown.cells.index(name) + 1] for name in
                  ("run 0", "run 1", "run 2", "run 3")}  # fmt: skip
    assert after_name == {
        "run 0": "stale: data, code", "run 1": "stale: data",
        "run 2": "failed stale: data", "run 3": "finished",
    }  # fmt: skip
    assert "data:x@v1 has a newer version v2; a.py has changed since" in shown.titles
    for told in (html, runs.to_text()):
        assert "stale: run 0, run 1, run 2: x@v1 has a newer version v2" in told
        assert "stale: run 0: a.py has changed since" in told


def test_thousands_of_runs_are_shown_in_part_and_said():
    runs = Runs(runs=[run(place) for place in range(2_000)], store="", total=2_000)
    html = runs.to_html()
    assert Rows(html).rows == 201
    assert "and 1,800 more" in html
    assert len(runs.to_text().splitlines()) == 2_001, "whole: it may go to a file"
    bundle = runs._repr_mimebundle_()
    assert len(bundle["text/plain"].splitlines()) < 210
    assert "and 1,800 more" in bundle["text/plain"]
    assert bundle["text/html"] == html
    assert len(bundle[MIME_TYPE]["runs"]) == 200
    assert len(runs.to_dict()["runs"]) == 2_000


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

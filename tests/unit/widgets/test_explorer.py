"""The explorer's kernel side: questions of the page, and what is answered."""

import json

import pandas as pd
import pytest

import mlops_jupyter as mlops
from mlops_jupyter.widgets.comparison import MOST_COLUMNS

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def explorer(workspace, monkeypatch):
    made = mlops.explore(*map(frame, (0, 40)), by="month")
    made.sent = []
    monkeypatch.setattr(type(made), "send", lambda self, content: self.sent.append(content))
    return made


def frame(shift):
    """Late planes of carrier b alone moved by `shift`."""
    rows = range(1200)
    return pd.DataFrame(
        {
            "delay": [float(n % 97 + (shift if n % 3 == 1 else 0)) for n in rows],
            HOSTILE: [("a", "b", HOSTILE)[n % 3] for n in rows],
            "month": [1 + n % 2 for n in rows],
        }
    )


def ask(explorer, **question):
    explorer._take(None, {"id": 7, "view": "v", **question}, [])
    return explorer.sent[-1]


def place(explorer, name):
    return [each["name"] for each in explorer.outline["columns"]].index(name)


def test_the_whole_is_there_at_once_as_the_card_has_it(explorer):
    first = explorer.outline["first"]
    column = explorer.report.columns[
        [each.column for each in explorer.report.columns].index(first["drift"]["column"])
    ]
    assert first["drift"]["score"] == column.score
    assert [side["rows"] for side in explorer.outline["sides"]] == [1200, 1200]
    assert [period["label"] for period in explorer.outline["periods"]] == ["1", "2"]


def test_a_part_has_its_own_verdict(explorer):
    carrier, delay = place(explorer, HOSTILE), place(explorer, "delay")
    found = ask(explorer, kind="parts", column=carrier)
    assert {part["label"]: part["rows"] for part in found["parts"]} == {
        "a": [400, 400], "b": [400, 400], HOSTILE: [400, 400],
    }  # fmt: skip
    drifted = {
        part["label"]: ask(
            explorer, kind="look", column=delay, part={"column": carrier, "part": n}
        )["drift"]["drifted"]
        for n, part in enumerate(found["parts"])
    }
    assert drifted == {"a": False, "b": True, HOSTILE: False}
    assert ask(explorer, kind="look", column=delay, period=0)["rows"] == [1200, 600]


def test_answers_are_addressed_small_and_plain(explorer):
    answer = ask(explorer, kind="look", column=0, period=1)
    assert (answer["id"], answer["view"]) == (7, "v")
    assert len(json.dumps(answer, allow_nan=False)) < 5000


@pytest.mark.parametrize(
    "question",
    [
        {"kind": "look", "column": -1},
        {"kind": "look", "column": "0"},
        {"kind": "look", "column": 0, "part": {"column": 0}},
        {"kind": "look", "column": 0, "extra": 1},
        {"kind": "run", "column": 0},
        {"kind": "parts"},
    ],
)
def test_what_is_no_question_is_refused(explorer, question):
    answer = ask(explorer, **question)
    assert answer["kind"] == "failed"
    assert "does not understand" in answer["message"]


def test_what_is_not_there_is_said_to_whoever_asked(explorer):
    for question in (
        {"kind": "look", "column": MOST_COLUMNS},
        {"kind": "look", "column": 0, "period": 2},
        {"kind": "parts", "column": 9},
    ):
        answer = ask(explorer, **question)
        assert (answer["kind"], answer["id"]) == ("failed", 7)
        assert "there is no" in answer["message"]


def test_a_failure_of_the_kernel_is_shown_and_raised(explorer, monkeypatch):
    monkeypatch.setattr(explorer._comparison, "_before", None)
    with pytest.raises(AttributeError):
        ask(explorer, kind="look", column=0, period=0)
    assert explorer.sent[-1]["kind"] == "failed"
    assert "AttributeError" in explorer.sent[-1]["message"]


def test_queries_are_explored_in_the_database(workspace, monkeypatch):
    for name, shift in (("before", 0), ("after", 40)):
        frame(shift).rename(columns={HOSTILE: "carrier"}).to_parquet(f"{name}.parquet")
    made = mlops.explore(
        *(f"SELECT * FROM '{name}.parquet'" for name in ("before", "after")), by="month"
    )
    made.sent = []
    monkeypatch.setattr(type(made), "send", lambda self, content: self.sent.append(content))
    assert made.report.backend.startswith("DuckDB")
    carrier, delay = place(made, "carrier"), place(made, "delay")
    labels = [part["label"] for part in ask(made, kind="parts", column=carrier)["parts"]]
    chosen = {"column": carrier, "part": labels.index("b")}
    answer = ask(made, kind="look", column=delay, part=chosen, period=1)
    assert answer["rows"] == [400, 200]
    assert answer["verdict"] == "drift"


@pytest.mark.usefixtures("workspace")
def test_where_nothing_was_compared_the_card_alone_is_shown(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda *given, **_: shown.append(given[0]))
    explorer = mlops.explore(frame(0), frame(0)[:0], by="month")
    explorer._ipython_display_()
    assert shown == [explorer.report]
    assert explorer.report.verdict == "Nothing compared"
    assert (explorer.outline["columns"], explorer.outline["first"]) == ([], None)
    mlops.explore(frame(0), frame(0), by="month")._ipython_display_()
    assert len(shown) == 3

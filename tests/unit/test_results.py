"""Results: JSON there and back, and how they show."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_jupyter.errors import BadInput
from mlops_jupyter.mime import MIME_TYPE
from mlops_jupyter.tracking.records import Runs, RunSummary
from mlops_jupyter.tracking.run_record import Run

HOSTILE = "<img src=x onerror=alert(1)>"


def a_run(**changes) -> RunSummary:
    moment = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    base = {"run_id": "0" * 32, "name": "a", "experiment": "e", "status": "FINISHED"}
    return RunSummary(**{**base, "started": moment, **changes})


@given(
    value=st.floats(),
    name=st.text(min_size=1),
    param=st.text(),
)
def test_json_is_strict_and_reads_back(value: float, name: str, param: str):
    runs = Runs(runs=[a_run(name=name, metrics={"m": value}, params={"p": param})], store="s")
    text = json.dumps(runs.to_dict(), allow_nan=False)
    again = Runs.from_dict(json.loads(text))
    assert again.runs[0].name == name
    assert again.runs[0].params == {"p": param}
    finite = value == value and abs(value) != float("inf")  # noqa: PLR0124 - NaN
    assert again.runs[0].metrics["m"] == (value if finite else None)


def test_another_kind_or_a_later_version_is_refused():
    content = Runs(runs=[], store="s").to_dict()
    with pytest.raises(BadInput, match="not a 'run'"):
        Run.from_dict(content)
    with pytest.raises(BadInput, match="schema version 99"):
        Runs.from_dict({**content, "schema_version": 99})


def test_fields_of_a_later_minor_are_passed_over():
    content = {**Runs(runs=[], store="s").to_dict(), "colour": "blue"}
    assert Runs.from_dict(content).store == "s"


def test_a_notebook_gets_html_text_and_json():
    bundle = Runs(runs=[a_run()], store="s")._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", MIME_TYPE}
    assert bundle[MIME_TYPE]["kind"] == "runs"


@pytest.mark.parametrize("field", ["name", "experiment", "model"])
def test_hostile_names_are_escaped_in_html(field: str):
    runs = Runs(runs=[a_run(**{field: HOSTILE})], store="s")
    html = runs.to_html()
    assert HOSTILE not in html
    assert "&lt;img" in html


def test_hostile_values_of_a_run_are_escaped_in_html():
    run = Run(
        summary=a_run(name=HOSTILE, params={HOSTILE: HOSTILE}, metrics={HOSTILE: 1.0}),
        tags={HOSTILE: HOSTILE},
        error=HOSTILE,
        store=HOSTILE,
        environment={HOSTILE: HOSTILE},
    )
    assert "<img" not in run.to_html()


def test_a_name_cannot_drive_the_terminal():
    text = Runs(runs=[a_run(name="\x1b[2J\x1b]0;owned\x07x\ny")], store="s").to_text()
    assert "\x1b" not in text
    assert len(text.splitlines()) == 2


def test_children_stand_below_their_parent_also_in_a_ring():
    parent = a_run(run_id="p", name="parent")
    child = a_run(run_id="c", name="child", parent_run_id="p")
    lines = Runs(runs=[parent, child], store="s", nested=True).to_text().splitlines()
    assert lines[1].startswith("parent")
    assert lines[2].replace("\u00a0", " ").startswith("└ child")
    ring = [a_run(run_id="x", parent_run_id="y"), a_run(run_id="y", parent_run_id="x")]
    assert Runs(runs=ring, store="s").to_text()

"""Pipelines as text and cards: what comes from files and runs is escaped."""

import base64
import re
from xml.etree import ElementTree as ET

import pytest

from mlops_jupyter.pipelines.records import (
    PipelineExport,
    PipelineGraph,
    PipelineRun,
    PipelineStatus,
    ProposedPath,
    ProposedStage,
    StageDone,
    StageNode,
    StageReason,
    StageState,
)

EVIL = "<script>alert(1)</script>\x1b[2J"
REASON = StageReason(what="parameter", name=EVIL, said=EVIL)


def stage(**changes):
    parts = {
        "name": "train",
        "notebook": EVIL,
        "command": f"mlops run {EVIL}",
        "dependencies": [ProposedPath(path=EVIL, why=EVIL)],
        "outputs": [ProposedPath(path="model", why="written by run:1")],
        "parameters": {EVIL: EVIL},
        "text": f"train:\n  cmd: {EVIL}",
        "files": ["dvc.yaml"],
        "notes": [EVIL],
    }
    return ProposedStage(**{**parts, **changes})


def graph(count=3):
    nodes = [StageNode(name="s0", command=EVIL, outputs=[EVIL])]
    nodes += [
        StageNode(name=f"s{number}", command="x", after=[f"s{number - 1}"])
        for number in range(1, count)
    ]
    return PipelineGraph(stages=nodes)


def drawn(html):
    return base64.b64decode(re.search(r"base64,([^\"]+)", html)[1]).decode()


DONE = [
    StageDone(name="a", outcome="unchanged"),
    StageDone(name="b", outcome="failed", reasons=[REASON] * 9, seconds=2.5, run_ids=["f" * 32]),
]
RESULTS = [
    stage(),
    stage(written=True),
    PipelineStatus(stages=[StageState(name=EVIL, state="stale", reasons=[REASON])]),
    graph(),
    PipelineRun(run_id="e" * 32, status="FAILED", stages=DONE, error=EVIL, kept_here=EVIL),
    PipelineExport(file=EVIL, stages=[EVIL], repository=EVIL, commit="c" * 40, notes=[EVIL]),
]


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: result.kind)
def test_nothing_of_a_file_s_reaches_a_page_or_a_terminal(result):
    assert "<script" not in result.to_html()
    assert "\x1b" not in result.to_text()
    assert type(result).from_dict(result.to_dict()) == result


def test_a_proposal_says_what_to_do():
    assert "say --yes" in stage().to_text()
    assert "next: mlops pipeline run" in stage(written=True).to_text()
    assert "in dvc.yaml" not in stage(written=True).to_text()


def test_what_follows_is_told_which_stage_it_waits_for():
    after = ["prepare", "train"]
    stages = [
        StageState(name="prepare", state="unchanged"),
        StageState(name="train", state="stale", after=["prepare"]),
        StageState(name="evaluate", state="follows", after=after),
    ]
    last = PipelineStatus(stages=stages).to_text().split("\n\n")[0].splitlines()[-1]
    assert last.split() == ["evaluate", "follows", "after", "train"]


def test_a_run_tells_what_became_of_each_stage():
    text = PipelineRun(run_id="e" * 32, status="FAILED", stages=DONE).to_text()
    assert "run:ffffffff" in text
    assert "2.5 s" in text
    assert PipelineRun(stages=DONE[:1]).to_text().startswith("pipeline  nothing to do")


def test_a_picture_has_every_stage_and_no_script():
    shown = graph().to_html()
    svg = drawn(shown)
    assert all(f">s{number}</text>" in svg for number in range(3))
    assert "<script" not in svg
    assert "s1 after s0" in shown


def test_a_line_past_a_stage_goes_around_it():
    nodes = [
        StageNode(name="prepare", command="x"),
        StageNode(name="train", command="x", after=["prepare"]),
        StageNode(name="evaluate", command="x", after=["prepare", "train"]),
    ]
    parts = [*ET.fromstring(drawn(PipelineGraph(stages=nodes).to_html())).iter()]
    (row,) = {int(part.get("y")) for part in parts if part.tag.endswith("rect")}
    lines = [part.get("d") for part in parts if part.get("fill") == "none"]
    heights = [{int(y) for y in re.findall(r"\d+ (\d+)", line)} for line in lines]
    straight = [each for each in heights if each == {row + 20}]
    assert (len(heights), len(straight)) == (3, 2)
    assert max(map(max, heights)) > row + 40, "below the boxes"


def test_a_large_graph_is_a_table():
    many = graph(80)
    assert "<img" not in many.to_html()
    assert "s79" in many.to_text()
    assert PipelineGraph(stages=[]).to_text() == "no stages yet"

"""Trees and pictures that a person can read, whatever the number of things."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from mlops_jupyter.provenance import layout
from mlops_jupyter.provenance.gathering import gather
from mlops_jupyter.provenance.records import Lineage, LineageEdge, LineageNode
from mlops_jupyter.render.text import clean

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def fan(runs, models=0):
    """Data that many runs read; of the oldest came models."""
    nodes = [LineageNode(id="d", kind="data", ref="data:f@v1", title="data:f@v1", hash="1")]
    edges = []
    for place in range(runs):
        nodes.append(
            LineageNode(
                id=f"run:{place}", kind="run", ref=f"run:{place}", title=f"run-{place}",
                created=NOON + timedelta(minutes=place), status="FINISHED",
            )
        )  # fmt: skip
        edges.append(LineageEdge(source="d", target=f"run:{place}", kind="read"))
    for place in range(models):
        ref = f"model:m@{place}"
        nodes.append(LineageNode(id=ref, kind="model", ref=ref, title=ref))
        edges.append(LineageEdge(source=f"run:{place}", target=ref, kind="registered"))
    return Lineage(
        root="d", nodes=nodes, edges=edges, downstream=[n.id for n in nodes[1:]], store="s"
    )


def chain(length):
    """Runs that each read what the one before wrote."""
    nodes = [LineageNode(id="0", kind="file", ref="f0", title="f0", hash="0")]
    edges = []
    for place in range(1, length):
        kind = "run" if place % 2 else "file"
        nodes.append(LineageNode(id=str(place), kind=kind, ref=f"{kind}{place}", title=f"n{place}"))
        edges.append(
            LineageEdge(
                source=str(place - 1), target=str(place), kind="read" if place % 2 else "wrote"
            )
        )
    return Lineage(
        root="0", nodes=nodes, edges=edges, downstream=[n.id for n in nodes[1:]], store="s"
    )


def drawn(lineage):
    """The picture of a card, as XML; what it says in words; its size."""
    html = lineage.to_html()
    (found,) = re.findall(r'<img src="data:image/svg\+xml;base64,([^"]+)" alt="([^"]+)"', html)
    svg = ET.fromstring(base64.b64decode(found[0]))
    width, height = map(int, re.search(r'width="(\d+)" height="(\d+)"', html).groups())
    return svg, found[1], (width, height)


def letters(svg):
    return [each.text for each in svg.iter("{http://www.w3.org/2000/svg}text")]


def test_one_thing_alone_has_no_picture():
    assert "<img" not in fan(0).to_html()
    assert "nothing that is known" in str(fan(0))


@pytest.mark.parametrize(("runs", "lines"), [(3, 6), (6, 9), (30, 9), (300, 9)])
def test_many_that_led_to_nothing_are_one_line(runs, lines):
    said = str(fan(runs)).splitlines()
    assert len(said) == lines
    if runs > 6:
        assert said[-1].strip() == f"└─ and {runs - 5} more runs"
        assert f"run-{runs - 1} " in said[3]  # the newest first


def test_what_led_to_a_model_is_named_however_old_it_is():
    said = str(fan(300, models=3))
    assert said.index("model:m@0") < said.index("more runs")
    assert "and 292 more runs" in said


@pytest.mark.parametrize(
    ("runs", "boxes"), [(1, 2), (3, 4), (4, 5), (5, 5), (30, 5), (300, 5), (2900, 5)]
)
def test_many_that_stand_alike_are_one_box(runs, boxes):
    svg, said, (width, height) = drawn(fan(runs))
    assert len(gather(fan(runs)).boxes) == boxes
    assert (width < 500, height < 300) == (True, True)
    if runs > 4:
        assert f"{runs - 3:,} more" in letters(svg)
    assert "Lineage of data:f@v1" in said
    assert "lists" in said


def test_a_picture_of_many_different_things_has_an_end():
    svg, said, (width, height) = drawn(fan(300, models=200))
    assert height < 700
    assert {"291 more", "191 more", "run-199", "m@199"} <= set(letters(svg))
    svg, said, (width, height) = drawn(chain(1500))
    assert width < 80 * 230
    assert "not drawn" in said


def test_a_long_way_is_told_to_an_end():
    said = str(chain(1500))
    assert len(said.splitlines()) < 40
    assert "goes on" in said


def test_data_stands_left_of_the_runs_that_read_it_and_those_of_models():
    where = layout.layered(
        ["m", "r", "d", "late", "n"],
        [("d", "r"), ("r", "m"), ("n", "late"), ("m", "late")],
    ).places
    assert where["d"][0] < where["r"][0] < where["m"][0] < where["late"][0]
    assert where["n"][0] == where["late"][0] - 1  # right before what it made


def test_no_two_boxes_stand_in_one_place():
    lineage = fan(40, models=30)
    gathered = gather(lineage)
    where = layout.layered([box.id for box in gathered.boxes], list(gathered.edges)).places
    assert len(set(where.values())) == len(gathered.boxes)
    assert all(where[a][0] < where[b][0] for a, b in gathered.edges)


def test_edges_of_a_ring_are_laid_out():
    where = layout.layered(["a", "b", "c"], [("a", "b"), ("b", "c"), ("c", "a"), ("a", "a")])
    assert sorted(layer for layer, _ in where.places.values()) == [0, 1, 2]


def test_an_edge_that_passes_a_layer_bends_around_what_stands_there():
    where = layout.layered(["a", "b", "c"], [("a", "b"), ("b", "c"), ("a", "c")])
    ((layer, place),) = where.ways["a", "c"]
    assert layer == 1
    assert place != where.places["b"][1]


def test_names_of_others_are_only_text():
    name = '<script>alert("1")</script>\x1b[2J\u202e'
    nodes = [
        LineageNode(id="a", kind="file", ref=name, title=name, path=name),
        LineageNode(
            id="b", kind="run", ref="run:b", title=name, experiment=name, status=name,
            stale=[name], model=name, environment=name,
        ),
    ]  # fmt: skip
    lineage = Lineage(
        root="a", nodes=nodes, edges=[LineageEdge(source="b", target="a", kind="wrote")],
        upstream=["b"], missing=[name], sent=name, store=name,
    )  # fmt: skip
    assert "<script>" not in lineage.to_html()
    svg, said, _ = drawn(lineage)
    assert not list(svg.iter("{http://www.w3.org/2000/svg}script"))
    assert "<script" not in said
    assert all(clean(line) == line for line in str(lineage).splitlines())


def test_html_needs_no_script_no_style_sheet_and_no_page_behind_it():
    html = fan(30, models=3).to_html()
    assert not re.findall(r"<(script|style|svg|iframe|link)|\son\w+=|href=", html)
    # JupyterLab drops a variable without an rgb() fallback.
    assert all(re.search(r"rgba?\(", each) for each in re.findall(r"var\([^;\"]*", html))


def test_a_notebook_keeps_the_nearest_as_json():
    bundle = fan(300)._repr_mimebundle_()
    (content,) = [value for value in bundle.values() if isinstance(value, dict)]
    assert len(content["nodes"]) == 200
    assert Lineage.from_dict(content).missing == ["all but the 200 nearest"]
    assert "295 more runs" in bundle["text/plain"]


def test_what_is_gone_and_what_is_not_up_to_date_is_seen_in_picture_and_lists():
    nodes = [
        LineageNode(id="d", kind="data", ref="data:f@v1", title="data:f@v1", hash="1"),
        LineageNode(id="a", kind="run", ref="run:a", title="gone", state="deleted"),
        LineageNode(id="b", kind="run", ref="run:b", title="old", stale=["x.py has changed since"]),
        LineageNode(id="c", kind="run", ref="run:c", title="as it was"),
    ]
    lineage = Lineage(
        root="d", nodes=nodes, downstream=["a", "b", "c"], store="s",
        edges=[LineageEdge(source="d", target=each, kind="read") for each in "abc"],
    )  # fmt: skip
    svg, said, _ = drawn(lineage)
    assert {"run", "run \N{MIDDLE DOT} deleted", "run \N{MIDDLE DOT} stale"} <= set(letters(svg))
    warnings = [each for each in svg.iter() if each.get("fill") == "#e08a1e"]
    assert len(warnings) == 1
    dashed = [each for each in svg.iter() if each.tag.endswith("rect")]
    assert [bool(each.get("stroke-dasharray")) for each in dashed].count(True) == 1
    assert "1 thing not up to date." in said
    lists = re.sub("<img[^>]*>", "", lineage.to_html())
    (gone, old, fresh) = re.findall(r"<li>.*?</li>", lists)
    assert [">deleted<" in each for each in (gone, old, fresh)] == [True, False, False]
    assert ["x.py has changed since" in each for each in (gone, old, fresh)] == [False, True, False]

"""What may be asked, and what is answered."""

from __future__ import annotations

import json

import pytest

import mlops_jupyter as mlops
from mlops_jupyter.errors import NotFound
from mlops_jupyter.provenance.records import Lineage
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.run_parts import DataInput
from tests.unit.provenance.conftest import names


def test_an_alias_and_the_newest_version(chain):
    chain.model("delays", chain.forest)
    chain.client.set_registered_model_alias("delays", "champion", 1)
    assert chain.lineage("model:delays@champion").root == "model:delays@1"
    assert chain.lineage("model:delays").root == "model:delays@2"
    assert "@champion" in str(chain.lineage("model:delays@1"))


def test_code_and_environment_stand_in_a_line_each(chain):
    said = str(chain.lineage("model:delays"))
    assert "code 3f2a1c9d on main; changed: train.ipynb; modules: features.py" in said
    assert "environment Python 3.11.7, numpy 2.0" in said


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("run:nothing", "no run 'nothing'"),
        ("model:delayz", "did you mean model:delays?"),
        ("model:delays@7", "its versions: 1"),
        ("model:delays@nobody", "its versions: 1"),
        ("data:nothing", "there is no data 'nothing'"),
        ("nothing.csv", "there is no file 'nothing.csv'"),
    ],
)
def test_what_is_not_there_is_said(chain, reference, said):
    with pytest.raises(NotFound) as caught:
        chain.lineage(reference)
    assert said in str(caught.value)


@pytest.mark.parametrize("name", ['it\'s a "file".csv', "-dash.csv", "ü%_@v1 ×.csv", "a:b.csv"])
def test_any_name_of_a_file(lab, down, up, name):
    lab.file(name, name)
    lab.file("out.csv", "o")
    lab.run("one", [name], [name])
    assert down(lab.lineage(f"./{name}")) == {"one"}
    lab.file(name, "other")
    found = lab.lineage(f"./{name}")
    assert (up(found), down(found), names(found, found.earlier)) == (set(), set(), ["one"])


def test_what_others_wrote_into_the_store_harms_nothing(lab):
    for value in ("[1, null]", "{", '[{"path": ["x"]}, {"path": "../../etc/passwd"}]', "nan"):
        lab.run("odd", **{tags.OUTPUTS: value, tags.PARENT: "'; DROP", tags.CODE: value})
    found = lab.lineage("run:last")
    assert found.nodes[0].title == "odd"
    found.to_html()
    hostile = DataInput(kind="file", name="<b>\x1b[2J", source="/dev/zero", digest="f" * 32)
    lab.run("<script>", [hostile])
    found = lab.lineage("run:<script>")
    assert [n.file_now for n in found.nodes if n.hash] == [None]
    assert "<script>" not in found.to_html()
    assert "\x1b" not in str(found)


def test_json_is_read_back(chain):
    found = chain.lineage("model:delays")
    assert Lineage.from_dict(json.loads(json.dumps(found.to_dict()))) == found
    ids = {node.id for node in found.nodes}
    assert {found.root, *found.upstream, *found.downstream} == ids
    assert all({edge.source, edge.target} <= ids for edge in found.edges)


@pytest.mark.parametrize("name", ["flights@v1", "flights", "flights@published"])
def test_of_data_without_its_prefix(chain, name):
    mlops.data.snapshot(chain.ws, "data/flights.csv", tag="published")
    with pytest.raises(NotFound) as caught:
        chain.lineage(name)
    assert caught.value.hint == f"did you mean data:{name}?"
    with pytest.raises(NotFound) as caught:
        chain.lineage("flights@v7")
    assert "run:ID" in caught.value.hint

"""What came from what, in a real store."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import mlops_jupyter as mlops
from mlops_jupyter.errors import NotFound, UsageError
from mlops_jupyter.provenance.records import Lineage
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.run_parts import DataInput
from tests.unit.provenance.conftest import names


@pytest.fixture
def chain(lab):
    """Flights, kept; a run that makes features of them; one that trains on those; a model."""
    lab.file("data/flights.csv", "a,b\n1,2\n")
    mlops.data.snapshot(lab.ws, "data/flights.csv")
    lab.file("derived/features.csv", "a,b\n2,4\n")
    lab.prepare = lab.run(
        "prepare", ["data/flights.csv"], ["derived/features.csv"], notebook="prepare.ipynb"
    )
    lab.forest = lab.run(
        "forest", ["derived/features.csv"], notebook="train.ipynb",
        **{tags.MODEL: "RandomForestClassifier", tags.CODE: json.dumps(
            {"commit": "3f2a1c9d00", "branch": "main", "changed": ["train.ipynb"],
             "modules": ["features.py"]}), tags.ENVIRONMENT: '{"python":"3.11.7","numpy":"2.0"}'},
    )  # fmt: skip
    lab.model("delays", lab.forest)
    return lab


def test_of_a_model_up_to_the_first_data(chain, up):
    found = chain.lineage("model:delays@1")
    assert up(found) == {
        "forest", "train.ipynb", "derived/features.csv", "prepare", "prepare.ipynb",
        "data:flights@v1",
    }  # fmt: skip
    assert not found.downstream
    edges = {(e.source.split(":")[0], e.kind, e.target.split(":")[0]) for e in found.edges}
    assert edges == {
        ("content", "read", "run"), ("run", "wrote", "content"), ("run", "registered", "model"),
        ("notebook", "made", "run"),
    }  # fmt: skip


def test_of_data_down_to_the_last_model(chain, down):
    found = chain.lineage("data:flights@v1")
    assert down(found) == {"prepare", "derived/features.csv", "forest", "model:delays@1"}
    assert not found.upstream


def test_of_a_run_in_the_middle_both_ways(chain, up, down):
    found = chain.lineage("run:prepare")
    assert up(found) == {"data:flights@v1", "prepare.ipynb"}
    assert down(found) == {"derived/features.csv", "forest", "model:delays@1"}
    only_up = chain.lineage(f"run:{chain.prepare[:8]}", up=True)
    assert (only_up.up, only_up.down, only_up.downstream) == (True, False, [])
    assert chain.lineage("last", down=True).root == f"run:{chain.forest}"


def test_an_alias_and_the_newest_version(chain):
    chain.model("delays", chain.forest)
    chain.client.set_registered_model_alias("delays", "champion", 1)
    assert chain.lineage("model:delays@champion").root == "model:delays@1"
    assert chain.lineage("model:delays").root == "model:delays@2"
    assert "@champion" in str(chain.lineage("model:delays@1"))


def test_of_a_notebook_the_runs_it_made(chain, down):
    assert down(chain.lineage("prepare.ipynb")) == {
        "prepare", "derived/features.csv", "forest", "model:delays@1",
    }  # fmt: skip


def test_of_a_file_by_its_content(chain, up, down):
    found = chain.lineage("derived/features.csv")
    assert up(found) == {"prepare", "prepare.ipynb", "data:flights@v1"}
    assert down(found) == {"forest", "model:delays@1"}
    assert not any(edge.changed for edge in found.edges)


def test_of_a_file_that_was_changed_since(chain, up, down):
    chain.file("derived/features.csv", "something else")
    found = chain.lineage("derived/features.csv")
    assert (up(found), down(found)) == (set(), set())
    assert names(found, found.earlier) == ["prepare", "forest"]
    assert {edge.kind for edge in found.edges if edge.changed} == {"read", "wrote"}
    for told in (str(found), found.to_html()):
        assert told.count("what this path held before was") == 1
        assert "led to: nothing that is known" in told
        assert "has changed since" not in told.split("<svg")[0]
    assert "written by run prepare" in str(found) and "read by run forest" in str(found)
    # What they led to came of what the file held then.
    assert "model:delays@1" not in str(found)


def test_what_a_file_holds_now_leads_on_by_itself(chain, up, down):
    chain.file("derived/features.csv", "something else")
    chain.model("newer", chain.run("tree", ["derived/features.csv"]))
    found = chain.lineage("derived/features.csv")
    assert (up(found), down(found)) == (set(), {"tree", "model:newer@1"})
    led_to, before = str(found).split("what this path held before was")
    assert "tree" in led_to and "forest" not in led_to
    assert "forest" in before and "tree" not in before
    only = chain.lineage("derived/features.csv", up=True)
    assert names(only, only.earlier) == ["prepare"]


def test_that_a_version_is_not_the_newest_is_said_once(chain):
    chain.file("data/flights.csv", "corrected")
    assert "the file has changed since" in str(chain.lineage("data:flights@v1"))
    mlops.data.snapshot(chain.ws, "data/flights.csv")
    first = str(chain.lineage("data:flights@v1")).splitlines()[0]
    assert first.count("!") == 1 and "data:flights@v2 is newer" in first


def test_of_a_file_that_is_gone(chain, up):
    (chain.ws.root / "derived/features.csv").unlink()
    found = chain.lineage("derived/features.csv")
    assert names(found, found.earlier) == ["prepare", "forest"]
    assert found.nodes[0].state == "missing"
    assert "[missing]" in str(found)


def test_a_copy_under_another_name_is_the_same_data(chain, up):
    chain.file("copy/other name.csv", (chain.ws.root / "derived/features.csv").read_text())
    chain.run("later", ["copy/other name.csv"])
    assert "prepare" in up(chain.lineage("run:later"))


def test_a_version_that_is_taken_afterwards_names_what_was_read(chain):
    mlops.data.snapshot(chain.ws, "derived/features.csv", name="features")
    found = chain.lineage("model:delays")
    node = next(node for node in found.nodes if node.path == "derived/features.csv")
    assert (node.kind, node.ref, node.versions) == (
        "data",
        "data:features@v1",
        ["data:features@v1"],
    )


def test_content_without_a_version_is_known_by_the_copy_that_was_kept(chain, up):
    from mlops_jupyter.data.catalog import automatic

    path = chain.ws.root / "derived/features.csv"
    kept = automatic.Sighting(path, chain.digest(path), path.stat().st_size)
    automatic.keep(chain.ws, kept)
    chain.file("derived/features.csv", "something else")
    found = chain.lineage("model:delays")
    (node,) = [node for node in found.nodes if node.path == "derived/features.csv"]
    ref = f"data:derived/features.csv@{kept.hash[:8]}"
    assert (node.ref, node.copy_ref, node.file_now) == (ref, ref, "changed")
    assert f"copy {ref}" in str(found)
    assert up(chain.lineage(ref)) == {"prepare", "prepare.ipynb", "data:flights@v1"}


def test_a_version_whose_tag_is_not_here_is_called_as_its_run_called_it(lab):
    lab.file("x.csv", "x")
    lab.run("one", [lab.read("x.csv").model_copy(update={"version": "data:elsewhere@v3"})])
    found = lab.lineage("run:one")
    assert [n.title for n in found.nodes if n.kind == "data"] == ["data:elsewhere@v3"]
    lab.run("two", [lab.read("x.csv").model_copy(update={"version": "data:x.csv@0123abcd"})])
    (copy,) = [n for n in lab.lineage("run:two").nodes if n.hash]
    assert (copy.kind, copy.title, copy.copy_ref) == ("file", "x.csv", "data:x.csv@0123abcd")


def test_newer_data_makes_all_that_came_of_it_stale(chain):
    chain.file("data/flights.csv", "a,b\n1,3\n")
    mlops.data.snapshot(chain.ws, "data/flights.csv")
    found = chain.lineage("model:delays")
    told = {node.title: node.stale for node in found.nodes}
    assert told["data:flights@v1"] == ["data:flights@v2 is newer"]
    for title in ("prepare", "derived/features.csv", "forest", "model:delays@1"):
        assert told[title] == ["data:flights@v1 has a newer version v2"]
    old = next(node for node in found.nodes if node.title == "data:flights@v1")
    assert (old.newest, old.file_now) == ("data:flights@v2", "changed")
    assert str(found).count("! stale") == 3  # the runs and the file between
    # However little of it is to be shown.
    for how in ({"down": True}, {"depth": 1}):
        few = chain.lineage("run:forest", **how)
        assert "! data:flights@v1 has a newer version v2" in str(few)
        assert next(n for n in few.nodes if n.kind == "model").stale


def test_data_that_went_back_to_what_it_was_is_not_stale(chain):
    text = (chain.ws.root / "data/flights.csv").read_text()
    for content in ("a,b\n9,9\n", text):
        chain.file("data/flights.csv", content)
        mlops.data.snapshot(chain.ws, "data/flights.csv")
    found = chain.lineage("data:flights@v1")
    assert not any(node.stale for node in found.nodes)
    assert found.nodes[0].versions == ["data:flights@v3", "data:flights@v1"]
    assert found.nodes[0].title == "data:flights@v1"


def test_code_and_environment_stand_in_a_line_each(chain):
    said = str(chain.lineage("model:delays"))
    assert "code 3f2a1c9d on main; changed: train.ipynb; modules: features.py" in said
    assert "environment Python 3.11.7, numpy 2.0" in said


def test_the_fits_of_a_cell_read_for_what_the_cell_wrote(lab, up, down):
    """The cell's run has the files that were written, the runs of its fits what was read."""
    lab.file("x.csv", "a\n")
    lab.file("scores.csv", "b\n")
    cell = lab.run("cell", wrote=["scores.csv"])
    fit = lab.run("fit", ["x.csv"], parent=cell)
    lab.model("m", fit)
    assert up(lab.lineage("scores.csv")) == {"cell", "x.csv"}
    assert down(lab.lineage("x.csv")) == {"fit", "model:m@1", "cell", "scores.csv"}
    assert up(lab.lineage("model:m")) == {"fit", "x.csv", "cell"}
    assert down(lab.lineage("run:cell")) == {"fit", "model:m@1", "scores.csv"}


def test_what_a_sibling_read_is_not_what_a_run_came_from(lab, up):
    lab.file("x.csv", "a\n")
    lab.file("y.csv", "b\n")
    sweep = lab.run("sweep")
    lab.run("one", ["x.csv"], parent=sweep)
    lab.run("other", ["y.csv"], parent=sweep)
    assert up(lab.lineage("run:one")) == {"x.csv", "sweep"}


def test_what_an_earlier_cell_read_for_itself_does_not_count(lab, up, down):
    lab.file("x.csv", "a\n")
    aside = lab.read("x.csv").model_copy(update={"context": "earlier"})
    lab.run("one", [aside])
    assert not up(lab.lineage("run:one"))
    assert not down(lab.lineage("x.csv"))


def test_addresses_and_frames(lab, up):
    remote = DataInput(kind="url", name="f.csv", source="s3://bucket/f.csv", digest="0" * 32)
    frame = DataInput(kind="frame", name="X", source="", digest="xxh:1")
    lab.run("one", [remote, frame])
    lab.run("two", [frame])
    found = lab.lineage("run:one")
    assert [node.ref for node in found.nodes if node.kind == "data"] == ["s3://bucket/f.csv"]
    assert up(lab.lineage("run:two")) == {"X"}


def test_a_frame_that_was_kept_has_no_file_to_be_changed_or_gone(lab):
    version = mlops.data.snapshot(lab.ws, pd.DataFrame({"a": [1]}), name="late")
    kept = DataInput(kind="file", name="late", source=version.path, digest=version.hash)
    lab.run("one", [kept])
    for reference in ("data:late@v1", "run:one"):
        for content in (None, "of somebody else"):
            if content:
                lab.file(version.path, content)
            found = lab.lineage(reference)
            (node,) = [node for node in found.nodes if node.hash == version.hash]
            assert node.file_now is None
            assert "the file" not in str(found)
        (lab.ws.root / version.path).unlink()


def test_a_file_of_a_folder_comes_from_the_version_of_the_folder(lab, up, down):
    for month in ("01", "02"):
        lab.file(f"data/months/{month}.csv", month)
    mlops.data.snapshot(lab.ws, "data/months")
    lab.run("january", ["data/months/01.csv"])
    found = lab.lineage("run:january")
    assert up(found) == {"data/months/01.csv", "data:months@v1"}
    assert "part of data:months@v1" in str(found)
    assert down(lab.lineage("data:months@v1")) == {"data/months/01.csv", "january"}

    lab.file("data/months/02.csv", "late")
    mlops.data.snapshot(lab.ws, "data/months")
    lab.run("february", ["data/months/02.csv"])
    assert up(lab.lineage("run:february")) == {"data/months/02.csv", "data:months@v2"}
    # Its file is the same in both: the newest that holds it is named.
    assert up(lab.lineage("run:january")) == {"data/months/01.csv", "data:months@v2"}
    assert down(lab.lineage("data:months@v1")) == {"data/months/01.csv", "january"}


def test_a_ring_and_a_diamond_end(lab, up):
    """A run may write what it read; two ways may lead to one thing."""
    for name in "abcd":
        lab.file(name, name)
    lab.run("ring", ["a"], ["a"])
    for way in ("b", "c"):
        lab.run(f"to {way}", ["a"], [way])
    lab.run("join", ["b", "c"], ["d"])
    found = lab.lineage("d")
    assert up(found) == {"join", "b", "c", "to b", "to c", "a", "ring"}
    said = str(found)
    assert said.count("written by run ring") == 1
    assert said.count("see above") == 2  # `a` by its second way, and by the ring
    found.to_html()
    assert str(lab.lineage("a", down=True)).count("read by run join") == 2


def test_a_depth_ends_the_way_and_says_so(chain, up):
    found = chain.lineage("model:delays", up=True, depth=2)
    assert up(found) == {"forest", "train.ipynb", "derived/features.csv"}
    assert "the depth that was asked for ends here" in str(found)
    assert [node.title for node in found.nodes if node.more] != []
    with pytest.raises(UsageError):
        chain.lineage("model:delays", depth=0)


def test_deleted_runs_are_shown_as_such(chain):
    chain.client.delete_run(chain.prepare)
    found = chain.lineage("model:delays")
    assert {n.title: n.state for n in found.nodes if n.kind == "run"} == {
        "forest": "there", "prepare": "deleted",
    }  # fmt: skip
    assert "[deleted]" in str(found)
    assert chain.lineage(f"run:{chain.prepare}").nodes[0].state == "deleted"


def test_a_version_that_was_forgotten_is_shown_as_such(chain, down, up):
    from mlops_jupyter.data.upkeep.forgetting import forget

    forget(chain.ws, "data:flights@v1", everywhere=True)
    found = chain.lineage("data:flights@v1")
    assert found.nodes[0].state == "forgotten"
    assert "model:delays@1" in down(found)
    assert "data:flights@v1" in up(chain.lineage("model:delays"))
    assert "[forgotten]" in str(found)


def test_a_run_that_is_no_more_is_said_to_be_missing(chain):
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    chain.client.delete_run(chain.forest)
    SqlAlchemyStore(chain.ws.store.uri, "artifacts")._hard_delete_run(chain.forest)
    found = chain.lineage("model:delays")
    assert [(n.kind, n.state) for n in found.nodes] == [("model", "there"), ("run", "missing")]


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

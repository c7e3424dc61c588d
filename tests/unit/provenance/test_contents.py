"""Files, frames and versions are the contents that runs read and wrote."""

from __future__ import annotations

import pandas as pd

import mlops_jupyter as mlops
from mlops_jupyter.tracking.run_parts import DataInput
from tests.unit.provenance.conftest import names


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

"""Which ways lead up and down, and where they end."""

from __future__ import annotations

import pytest

from mlops_jupyter.errors import UsageError


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


def test_of_a_notebook_the_runs_it_made(chain, down):
    assert down(chain.lineage("prepare.ipynb")) == {
        "prepare", "derived/features.csv", "forest", "model:delays@1",
    }  # fmt: skip


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

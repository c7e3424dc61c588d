"""What the store tells page by page, and what is too much of it."""

from __future__ import annotations

from mlops_jupyter.provenance import finding, graph
from mlops_jupyter.tracking.capture import writes
from mlops_jupyter.tracking.run_parts import DataInput, DataOutput


def test_what_the_store_tells_page_by_page_is_asked_for_to_the_end(lab, down, monkeypatch):
    monkeypatch.setattr(finding, "_PAGE", 2)
    lab.file("x.csv", "x")
    for number in range(5):
        lab.run(f"run {number}", ["x.csv"])
    found = lab.lineage("x.csv")
    assert down(found) == {f"run {number}" for number in range(5)}
    assert found.missing == []


def test_a_model_on_the_last_page_of_the_registry_is_found(lab, down, monkeypatch):
    """Of too many runs that read the same, those are kept that led on."""
    lab.file("x.csv", "x")
    lab.model("old", lab.run("the first", ["x.csv"]))
    for number in range(5):
        lab.model(f"other {number}", lab.run("elsewhere"))
        lab.run(f"newer {number}", ["x.csv"])
    monkeypatch.setattr(finding, "_PAGE", 2)
    monkeypatch.setattr(finding, "MOST_RUNS", 3)
    assert down(lab.lineage("x.csv")) == {
        "newer 4", "newer 3", "newer 2", "the first", "model:old@1",
    }  # fmt: skip


def test_what_is_too_much_is_said(chain, monkeypatch):
    monkeypatch.setattr(graph, "MOST_NODES", 3)
    found = chain.lineage("model:delays")
    assert len(found.nodes) == 3
    assert any("things more than the" in each for each in found.missing)
    assert "! not here:" in str(found)


def test_the_newest_of_ten_versions_is_the_tenth(chain):
    for _ in range(9):
        chain.model("delays", chain.forest)
    assert chain.lineage("model:delays").root == "model:delays@10"


def test_a_digest_that_others_wrote_is_no_condition_of_a_search(lab):
    lab.file("x.csv", "x")
    lab.run("innocent", ["x.csv"], ["x.csv"])
    for digest in ("a') OR 1=1 --", "' OR '1' = '1", "%"):
        read = DataInput(kind="file", name="x", source="y.csv", digest=digest, context="training")
        made = lab.run("odd", [read])
        writes.log(lab.client, made, [DataOutput(path="y.csv", size=1, digest=digest)])
        assert "innocent" not in str(lab.lineage(f"run:{made}"))

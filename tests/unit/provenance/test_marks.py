"""What is no longer up to date, or no longer there, is marked."""

from __future__ import annotations

import mlops_jupyter as mlops


def test_that_a_version_is_not_the_newest_is_said_once(chain):
    chain.file("data/flights.csv", "corrected")
    assert "the file has changed since" in str(chain.lineage("data:flights@v1"))
    mlops.data.snapshot(chain.ws, "data/flights.csv")
    first = str(chain.lineage("data:flights@v1")).splitlines()[0]
    assert first.count("!") == 1 and "data:flights@v2 is newer" in first


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


def test_a_run_with_data_of_its_own_is_not_as_old_as_the_run_around_it(lab):
    for name in ("old", "fresh"):
        lab.file(f"{name}.csv", name)
        mlops.data.snapshot(lab.ws, f"{name}.csv")
    outer = lab.run("outer", ["old.csv"])
    lab.model("m", lab.run("its own", ["fresh.csv"], parent=outer))
    lab.model("n", lab.run("without", parent=outer))
    lab.file("derived.csv", "derived")
    lab.run("the same", ["old.csv"], ["derived.csv"], parent=outer)
    lab.file("old.csv", "corrected")
    mlops.data.snapshot(lab.ws, "old.csv")
    stale = {node.title: node.stale for node in lab.lineage("run:outer").nodes}
    told = ["data:old@v1 has a newer version v2"]
    for title in ("outer", "without", "model:n@1", "the same", "derived.csv"):
        assert stale[title] == told, title
    assert stale["its own"] == stale["model:m@1"] == []

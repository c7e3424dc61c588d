"""Deleting, restoring and tagging runs of a real store."""

import pytest

import mlops_jupyter as mlops
from mlops_jupyter.errors import BadInput, Conflict, NotFound, UsageError
from mlops_jupyter.tracking.history.records import EditedRuns


def names(workspace):
    return [run.name for run in mlops.runs(workspace, flat=True, all=True).runs]


def test_what_is_deleted_comes_back_with_all_below_it(workspace, store):
    parent = store.run("parent")
    child = store.run("child", parent=parent)
    store.run("grandchild", parent=child)
    gone_before = store.run("gone before", parent=parent)
    store.run("other")
    mlops.delete(workspace, gone_before)
    done = mlops.delete(workspace, "parent")
    assert names(workspace) == ["other"]
    assert {(run.name, run.parent) for run in done.runs} == {
        ("parent", None), ("child", parent), ("grandchild", parent),
    }  # fmt: skip
    assert f"mlops restore {parent[:8]}" in done.to_text()
    assert EditedRuns.from_dict(done.to_dict()) == done
    listed = mlops.restore(workspace, list=True)
    assert {run.name for run in listed.runs} == {"parent", "child", "grandchild", "gone before"}
    done = mlops.restore(workspace, "parent")
    assert {run.name for run in done.runs} == {"parent", "child", "grandchild"}
    assert set(names(workspace)) == {"parent", "child", "grandchild", "other"}
    tags = store.client.get_run(child).data.tags
    assert "mlops.deleted_with" not in tags


def test_several_at_once_or_none(workspace, store):
    for name in "abc":
        store.run(name)
    with pytest.raises(NotFound):
        mlops.delete(workspace, "a", "nothing")
    assert names(workspace) == ["c", "b", "a"]
    done = mlops.delete(workspace, "a", "b", "a")
    assert [run.name for run in done.runs] == ["a", "b"]
    assert len(mlops.restore(workspace, "a", "b").runs) == 2
    for verb in (mlops.delete, mlops.restore):
        with pytest.raises(UsageError):
            verb(workspace)


def test_a_child_alone(workspace, store):
    parent = store.run("parent")
    store.run("child", parent=parent)
    mlops.delete(workspace, "child")
    assert names(workspace) == ["parent"]
    mlops.delete(workspace, "parent")
    assert [run.name for run in mlops.restore(workspace, "parent").runs] == ["parent"]
    assert names(workspace) == ["parent"]
    mlops.restore(workspace, "child")
    assert len(names(workspace)) == 2


def test_rings_are_deleted_once(workspace, store):
    first = store.run("first")
    second = store.run("second", parent=first)
    store.client.set_tag(first, "mlflow.parentRunId", second)
    assert len(mlops.delete(workspace, "first").runs) == 2
    assert len(mlops.restore(workspace, "first").runs) == 2


def test_what_runs_or_made_a_model_is_kept(workspace, store):
    store.run("running", status="RUNNING")
    with pytest.raises(Conflict, match="still running"):
        mlops.delete(workspace, "running")
    source = store.run("trained", parent=store.run("top"))
    store.client.create_registered_model("delays")
    store.client.create_model_version("delays", f"runs:/{source}/model", run_id=source)
    for reference in ("trained", "top"):
        with pytest.raises(Conflict, match="model:delays@1 comes from run 'trained'"):
            mlops.delete(workspace, reference)
    assert len(names(workspace)) == 3
    mlops.delete(workspace, "top", "running", force=True)
    assert names(workspace) == []


def test_a_run_of_a_deleted_experiment_waits_for_it(workspace, store):
    run_id = store.run("a")
    identity = store.client.get_experiment_by_name("flights").experiment_id
    store.client.delete_experiment(identity)
    with pytest.raises(Conflict, match="experiment of run 'a' was deleted") as caught:
        mlops.restore(workspace, run_id)
    assert f"mlflow experiments restore -x {identity}" in caught.value.hint


def test_tags(workspace, store):
    store.run("a")
    done = mlops.tag(workspace, "a", {"team": "x", "for whom": "it's = 'ours'\n<b>"})
    assert (done.action, len(done.tags)) == ("tagged", 2)
    assert "<b>" not in done.to_html()
    found = mlops.runs(workspace, where="tag.team = x and tag.`for whom` like 'it%'")
    assert [run.name for run in found.runs] == ["a"]
    mlops.tag(workspace, "a", {"team": "y"}, remove=["for whom"])
    assert mlops.runs(workspace, where="tag.team = y and tag.`for whom` is null").runs


@pytest.mark.parametrize(
    ("tags", "remove", "error"),
    [
        ({"mlops.uid": "x"}, [], BadInput),
        ({"mlflow.runName": "x"}, [], BadInput),
        ({}, ["mlops.data"], BadInput),
        ({"": "x"}, [], BadInput),
        ({"a=b\n": "x"}, [], BadInput),
        ({"a": "x" * 6000}, [], BadInput),
        ({"team": "y"}, ["absent"], NotFound),
        ({}, [], UsageError),
    ],
)
def test_tags_that_cannot_be(workspace, store, tags, remove, error):
    run_id = store.run("a")
    before = store.client.get_run(run_id).data.tags
    with pytest.raises(error):
        mlops.tag(workspace, "a", tags, remove=remove)
    assert store.client.get_run(run_id).data.tags == before


def test_the_words(cells, store):
    store.run("a")
    assert cells.run("%mlops tag a team=x 'why=because it is'").tags["why"] == "because it is"
    assert cells.run("%mlops delete a").action == "deleted"
    assert [run.name for run in cells.run("%mlops restore --list").runs] == ["a"]
    assert cells.run("%mlops restore a").action == "restored"
    assert cells.run("%mlops tag a --remove team --remove why").removed == ["team", "why"]
    with pytest.raises(UsageError, match="is not NAME=VALUE"):
        cells.run("%mlops tag a team")
    found = cells.run("%mlops runs --where \"name = 'a' and started > 2020-01-01\" --sort time:asc")
    assert [run.name for run in found.runs] == ["a"]

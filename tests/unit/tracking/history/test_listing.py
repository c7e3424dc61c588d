"""Lists of runs out of a real store, read both ways."""

import math

import pytest

from mlops_jupyter.errors import NotFound, UsageError
from mlops_jupyter.tracking.history.listing import runs
from mlops_jupyter.tracking.records import Runs

pytestmark = pytest.mark.usefixtures("way")


def names(found):
    return [run.name for run in found.runs]


@pytest.fixture
def forests(store):
    """Five runs, the oldest first: a has 10 trees and 0.70, e has 50 and none."""
    aucs = {"a": 0.70, "b": 0.90, "c": math.nan, "d": 0.80}
    for place, name in enumerate("abcde", 1):
        store.run(
            name,
            params={"trees": place * 10, "kind": "gini" if place % 2 else "entropy"},
            metrics={"test_auc": aucs[name]} if name in aucs else None,
            status="FAILED" if name == "e" else "FINISHED",
            tags={"mlops.model": "Forest", "mlops.data": f'["data:flights@v{place % 2 + 1}"]'},
            seconds=place,
        )
    return store


def test_newest_first_by_pages(workspace, forests):
    first = runs(workspace, limit=2)
    assert (names(first), first.more) == (["e", "d"], True)
    assert first.total in (5, None)
    assert names(runs(workspace, limit=2, page=2)) == ["c", "b"]
    last = runs(workspace, limit=2, page=3)
    assert (names(last), last.more) == (["a"], False)
    assert names(runs(workspace, limit=2, page=4)) == []
    with pytest.raises(UsageError, match="page is"):
        runs(workspace, page=10**20)
    assert names(runs(workspace, all=True)) == ["e", "d", "c", "b", "a"]
    assert Runs.from_dict(first.to_dict()) == first


def test_conditions(workspace, forests):
    assert names(runs(workspace, where="test_auc > 0.7")) == ["d", "b"]
    assert names(runs(workspace, where="trees <= 20 or status = FAILED")) == ["e", "b", "a"]
    assert names(runs(workspace, where="data = flights@v2 and not trees = 30")) == ["e", "a"]
    found = runs(workspace, where="trees > 9", limit=2, page=2)
    assert (names(found), found.more) == (["c", "b"], True)
    assert names(runs(workspace, where="name = zebra")) == []


def test_orders(workspace, forests):
    best = runs(workspace, sort="test_auc")
    assert names(best) == ["b", "d", "a", "e", "c"], "no value, and NaN, come last"
    assert (best.sorted_by, best.descending, best.total) == ("test_auc", True, 5)
    assert names(runs(workspace, sort="test_auc:asc"))[:3] == ["a", "d", "b"]
    assert names(runs(workspace, sort="test_auc", lower_is_better=True))[:3] == ["a", "d", "b"]
    assert names(runs(workspace, sort="trees")) == ["a", "b", "c", "d", "e"]
    assert names(runs(workspace, sort="trees:desc", limit=2, page=2)) == ["c", "b"]
    assert names(runs(workspace, sort="kind")) == ["d", "b", "e", "c", "a"], "equals: newest first"
    assert names(runs(workspace, sort="duration:desc"))[0] == "e"
    assert names(runs(workspace, sort="time:asc")) == ["a", "b", "c", "d", "e"]
    assert runs(workspace, sort="time").sorted_by is None
    assert names(runs(workspace, sort="param.trees", where="trees < 35")) == ["a", "b", "c"]


def test_groups(workspace, forests):
    found = runs(workspace, group="kind")
    assert (found.metric, found.direction, found.group, found.runs) == (
        "test_auc", "higher", "kind", [],
    )  # fmt: skip
    entropy, gini = found.groups
    assert (entropy.value, entropy.runs, entropy.failed, entropy.measured) == ("entropy", 2, 0, 2)
    assert (entropy.best, entropy.best_run, entropy.last) == (0.90, "b", 0.80)
    assert (entropy.min, entropy.max, entropy.mean) == (0.80, 0.90, pytest.approx(0.85))
    assert (gini.value, gini.runs, gini.failed, gini.measured, gini.best) == ("gini", 3, 1, 1, 0.70)
    by_data = runs(workspace, group="data", lower_is_better=True)
    assert [(g.value, g.best) for g in by_data.groups] == [
        ("data:flights@v2", 0.70), ("data:flights@v1", 0.80),
    ]  # fmt: skip
    assert [g.value for g in runs(workspace, group="model").groups] == ["Forest"]
    assert [g.value for g in runs(workspace, group="experiment").groups] == ["flights"]
    assert [g.value for g in runs(workspace, group="notebook").groups] == [None]
    assert [g.runs for g in runs(workspace, group="tag.seen", where="trees > 20").groups] == [3]
    page = runs(workspace, group="trees", limit=2)
    assert ([g.value for g in page.groups], page.more, page.total) == (["20", "40"], True, 5)


def test_best_and_last_of_a_metric_with_steps(workspace, store):
    store.run(
        "net", metrics={"val_loss": [0.9, 0.3, math.nan, 0.3, 0.5], "speed": [1, 2, math.inf]}
    )
    store.run("other", metrics={"val_auc": 0.5})
    other, net = runs(workspace, metric="val_loss").runs
    assert other.stats.count == 0
    stats = net.stats
    assert (stats.count, stats.last, stats.last_step) == (4, 0.5, 4)
    assert (stats.best, stats.best_step, stats.min, stats.min_step) == (0.3, 1, 0.3, 1)
    assert (stats.max, stats.max_step) == (0.9, 0)
    found = runs(workspace, metric="speed")
    assert found.direction is None
    assert (found.runs[1].stats.best, found.runs[1].stats.max) == (None, math.inf)
    assert runs(workspace, metric="speed", lower_is_better=False).runs[1].stats.best == math.inf


def test_names_that_mean_nothing_or_two_things(workspace, forests):
    forests.run("f", metrics={"trees": 3.0, "a b": 1.0})
    for ask in ({"where": "trees > 1"}, {"sort": "trees"}, {"group": "trees"}):
        with pytest.raises(UsageError, match="a metric and a parameter") as caught:
            runs(workspace, **ask)
        assert "metric.trees or param.trees" in caught.value.hint
    assert names(runs(workspace, where="metric.trees > 1")) == ["f"]
    with pytest.raises(UsageError) as caught:
        runs(workspace, where="test_acu > 0.7")
    assert caught.value.hint == "did you mean 'test_auc'?"
    with pytest.raises(UsageError, match="'seen' is a tag"):
        runs(workspace, where="seen = yes")
    assert names(runs(workspace, where="'a b' = 1")) == ["f"]
    assert names(runs(workspace, where="metric.`a b` = 1")) == ["f"]
    with pytest.raises(NotFound, match="no run here has a metric 'auc'"):
        runs(workspace, metric="auc")


def test_children_stand_below_their_parent(workspace, store):
    store.run("before")
    sweep = store.run("sweep")
    aucs = [0.5, 0.9, 0.6, 0.8, 0.7, 0.4, 0.3]
    fits = [store.run(f"fit {auc}", parent=sweep, metrics={"auc": auc}) for auc in aucs]
    store.run("inner", parent=fits[0], metrics={"auc": 0.95})
    store.run("after", metrics={"auc": 0.1})
    found = runs(workspace, limit=2)
    assert names(found) == [
        "after", "sweep", "fit 0.5", "inner", "fit 0.9", "fit 0.6", "fit 0.8", "fit 0.7",
    ]  # fmt: skip
    assert found.more
    parent = found.runs[1]
    assert (parent.children, parent.best_child.name, parent.best_child.value) == (8, "inner", 0.95)
    text = found.to_text()
    assert "▾8 sweep" in text
    assert "best auc 0.95" in text
    assert "\N{NO-BREAK SPACE}└\N{NO-BREAK SPACE}inner" in text
    assert "--flat lists all" in text
    assert names(runs(workspace, limit=2, page=2)) == ["before"]
    assert names(runs(workspace, limit=2, flat=True)) == ["after", "inner"]
    assert names(runs(workspace, where="auc > 0.85")) == ["inner", "fit 0.9"]
    assert names(runs(workspace, where=f"parent = {sweep[:8]}", sort="auc", limit=1)) == ["fit 0.9"]


def test_a_child_without_its_parent_is_not_lost(workspace, store):
    gone = store.run("gone")
    store.run("orphan", parent=gone)
    elsewhere = store.run("elsewhere", experiment="other")
    store.run("guest", parent=elsewhere)
    store.run("of nobody", parent="nobody's id")
    store.client.delete_run(gone)
    found = runs(workspace, experiment="flights")
    assert names(found) == ["of nobody", "guest", "orphan"]
    assert names(runs(workspace)) == ["of nobody", "elsewhere", "guest", "orphan"]


def test_rings_of_parents_end(workspace, store):
    first = store.run("first")
    second = store.run("second", parent=first)
    store.client.set_tag(first, "mlflow.parentRunId", second)
    own = store.run("own")
    store.client.set_tag(own, "mlflow.parentRunId", own)
    assert names(runs(workspace)) == ["own"]
    assert names(runs(workspace, flat=True)) == ["own", "second", "first"]


def test_what_others_wrote_breaks_no_list(workspace, store):
    hostile = ["[[[[" * 1200, '{"a": 1}', "7", '["data:x", 5, null]', "null", "[", '"']
    for place, content in enumerate(hostile):
        store.run(
            f"<b>'\"{place}\x1b[2J",
            tags={
                "mlops.data": content[:5000],
                "mlops.main_metric": "gone",
                "mlops.model": "\u202e",
            },
            metrics={"m": math.inf if place else -math.inf, "n": 1.7e308, "o": math.nan},
            params={"p": "1e999", "q": "9" * 400, "r": "\n\t"},
        )
    for ask in (
        {}, {"flat": True}, {"sort": "m"}, {"sort": "p"}, {"sort": "q"}, {"sort": "r"},
        {"group": "data"}, {"group": "r"}, {"group": "p", "metric": "m"}, {"metric": "m"},
        {"metric": "o"}, {"where": "data = x or q > 1 or p = inf"}, {"open": True},
        {"group": "q", "metric": "n", "lower_is_better": True},
    ):  # fmt: skip
        found = runs(workspace, **ask)
        assert len(found.runs) == 7 or found.groups
        assert "\x1b" not in found.to_text()
        assert "<b>" not in found.to_html()
        assert Runs.from_dict(found.to_dict()).total == found.total
    assert "000,000,000" not in runs(workspace, sort="m").to_text()
    assert "∞" in runs(workspace, metric="m").to_text()
    assert names(runs(workspace, where="m < 0")) == ["<b>'\"0\x1b[2J"]


def test_deleted_experiments_are_left_out_and_said(workspace, store):
    for place in range(3):
        store.run("x", experiment=f"old {place}")
        found = store.client.get_experiment_by_name(f"old {place}")
        store.client.delete_experiment(found.experiment_id)
    store.run("y")
    assert names(runs(workspace)) == ["y"]
    with pytest.raises(NotFound, match="was deleted") as caught:
        runs(workspace, experiment="old 1")
    assert "mlflow experiments restore" in caught.value.hint
    with pytest.raises(NotFound) as caught:
        runs(workspace, experiment="flight")
    assert caught.value.hint == "did you mean 'flights'?"


def test_an_empty_store_has_an_answer_to_everything(workspace):
    assert names(runs(workspace)) == []
    assert names(runs(workspace, where="status = RUNNING", sort="time:asc")) == []
    found = runs(workspace, group="model")
    assert (found.groups, found.metric) == ([], None)
    for shown in (found, runs(workspace, where="name = x")):
        assert shown.to_text()
        assert shown.to_html()


@pytest.mark.parametrize(
    "ask",
    [{"limit": 0}, {"page": 0}, {"all": True, "page": 2}, {"group": "model", "sort": "time"},
     {"sort": ""}, {"sort": ":desc"}],
)  # fmt: skip
def test_what_cannot_be_asked(workspace, ask):
    with pytest.raises(UsageError):
        runs(workspace, **ask)


def test_where_to_look(workspace, store):
    store.run("a")
    found = runs(workspace, experiment="flights", open=True)
    assert found.ui_command.startswith("mlflow ui --backend-store-uri sqlite:///")
    identity = store.client.get_experiment_by_name("flights").experiment_id
    assert found.url == f"http://127.0.0.1:5000/#/experiments/{identity}"
    assert found.ui_command in found.to_text()
    assert f'href="{found.url}"' in found.to_html()

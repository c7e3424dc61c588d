"""What runs of all kinds differ in: a real store, runs as other tools leave them."""

import json
import math

import pytest
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric

from mlops_jupyter.errors import NotFound, UsageError
from mlops_jupyter.results import Result
from mlops_jupyter.tracking.history.compare import compare
from mlops_jupyter.tracking.history.compare_records import Comparison

HOSTILE = "<img src=x onerror=alert(1)>\x1b[2J\"'</table>"


def values(differences):
    return {each.name: each.values for each in differences}


def lines_of(text, title):
    """Return the lines of a section."""
    return text.split(f"\n{title}\n")[1].split("\n\n")[0].splitlines()


def test_only_what_differs_is_listed_and_the_rest_on_demand(store):
    a = store.run("a", params={"depth": 2, "lr": 0.1}, metrics={"auc": 0.7, "same": 1})
    b = store.run("b", params={"depth": 4, "lr": 0.1}, metrics={"auc": 0.75, "same": 1})
    found = compare(store.workspace, [a, b])
    assert values(found.parameters) == {"depth": ["2", "4"]}
    assert [each.metric for each in found.metrics] == ["auc"]
    assert found.facts == []
    everything = compare(store.workspace, [a, b], everything=True)
    assert values(everything.parameters) == {"depth": ["2", "4"], "lr": ["0.1", "0.1"]}
    assert {each.metric for each in everything.metrics} == {"auc", "same"}


def test_deltas_are_against_the_first_and_say_which_way_is_better(store):
    a = store.run("a", metrics={"auc": 0.7, "loss": 0.5, "speed": 3.0})
    b = store.run("b", metrics={"auc": 0.6, "loss": 0.25, "speed": 4.0})
    by = {each.metric: each for each in compare(store.workspace, [a, b]).metrics}
    assert by["auc"].deltas[1] == pytest.approx(-0.1)
    assert by["auc"].verdicts == [None, "worse"]
    assert (by["loss"].deltas, by["loss"].verdicts) == ([0, -0.25], [None, "better"])
    assert (by["speed"].deltas[1], by["speed"].verdicts) == (1, [None, None])
    shown = compare(store.workspace, [a, b]).to_text()
    assert "0.6 (-0.1 worse)" in shown
    assert "0.25 (-0.25 better)" in shown


def test_numbers_that_are_none(store):
    a = store.run("a", metrics={"loss": math.nan, "auc": 0.5, "both": math.nan})
    b = store.run("b", metrics={"loss": 0.5, "auc": math.inf, "both": math.nan})
    found = compare(store.workspace, [a, b])
    assert {each.metric for each in found.metrics} == {"loss", "auc"}
    assert all(each.deltas[1] is None for each in found.metrics)
    json.dumps(found.to_dict(), allow_nan=False)
    assert found.to_text()
    assert found.to_html()


def test_curves_of_different_lengths_are_overlaid_and_their_best_compared(store):
    a = store.run("short", metrics={"val_loss": [3.0, 1.0, 2.0]})
    b = store.run("long", metrics={"val_loss": [3.0, 2.5, 1.5, 0.5, 2.0]})
    found = compare(store.workspace, [a, b])
    (best,) = found.metrics  # both end at 2
    assert (best.of, best.values, best.verdicts) == ("best", [1.0, 0.5], [None, "better"])
    (chart,) = found.charts
    assert "short: 3 points" in chart.alt
    assert "long: 5 points" in chart.alt
    assert len(found.chart_outputs()) == 1


def test_what_nobody_wrote_down_is_no_difference(store):
    a = store.run("theirs", params={"depth": 2})
    b = store.run("also theirs", params={"depth": 3})
    found = compare(store.workspace, [a, b])
    (line,) = found.not_compared
    assert line == "data, code, packages, environment, cells: not captured"
    assert (found.data, found.code, found.packages, found.cells) == ([], [], [], [])


def test_packages_commits_and_files_out_of_what_is_kept(store, tmp_path):
    def kept(name, packages, commit, helper):
        run_id = store.run(name, tags={"mlops.code": json.dumps({"commit": commit})})
        environment = {"distributions": packages, "python": {"version": "3.11.7"}}
        for path, content in (
            ("environment/environment.json", json.dumps(environment)),
            ("environment/lock/uv.lock", helper),
            ("code/files/lib/helper.py", helper),
        ):
            folder, _, file = path.rpartition("/")
            (tmp_path / file).write_text(content)
            store.client.log_artifact(run_id, str(tmp_path / file), folder)
        return run_id

    a = kept("a", {"numpy": "2.1", "pandas": "2.2", "old": "1"}, "abc", "x = 1")
    b = kept("b", {"numpy": "2.1", "pandas": "2.3", "new": "1"}, "abc", "x = 2")
    found = compare(store.workspace, [a, b])
    assert values(found.packages) == {
        "old": ["1", None],
        "pandas": ["2.2", "2.3"],
        "new": [None, "1"],
    }
    assert [each.name for each in found.code] == ["lib/helper.py"]
    assert [each.name for each in found.environment] == ["lock file uv.lock"]
    assert found.equal == ["commit"]
    # A third of which nothing is known changes none of that.
    third = store.run("theirs")
    more = compare(store.workspace, [a, b, third])
    assert [each.unknown for each in more.packages] == [[2]] * 3
    assert "packages" not in more.equal
    assert any("packages" in line and "of theirs" in line for line in more.not_compared)
    assert [line.split()[-1] for line in lines_of(more.to_text(), "packages")[1:]] == ["?"] * 3


def test_data_by_digest_with_its_columns(store):
    def reads(name, digest, columns, version=None):
        run_id = store.run(name)
        schema = {"mlflow_colspec": [{"name": n, "type": t} for n, t in columns.items()]}
        dataset = Dataset(
            "flights", digest, "local", json.dumps({"uri": "flights.csv"}),
            schema=json.dumps(schema), profile=json.dumps({"num_rows": 5}),
        )  # fmt: skip
        known = [InputTag("mlops.data", version)] if version else []
        store.client.log_inputs(run_id, [DatasetInput(dataset, known)])
        return run_id

    a = reads("a", "aaa", {"temp": "long", "humid": "double"})
    b = reads("b", "bbb", {"temp": "double", HOSTILE: "long"})
    found = compare(store.workspace, [a, b])
    (data,) = found.data
    assert data.columns == [[], [f"+ {HOSTILE}", "- humid", "temp: long → double"]]
    assert "<img" not in found.to_html()
    same = reads("same", "aaa", {"temp": "long", "humid": "double"}, "data:flights@v1")
    assert "data" in compare(store.workspace, [a, same]).equal


def test_hostile_names_reach_neither_page_nor_terminal(store):
    a = store.run(HOSTILE, params={"p": HOSTILE}, metrics={"auc": [0.1, 0.2]}, tags={
        "mlops.code": '{"commit": ["x"], "changed": [{"path": 5}, null]}',
        "mlops.environment": "[[[", "mlops.seeds": '{"numpy": {}}', "mlops.model": HOSTILE,
        "mlflow.parentRunId": "../..",
    })  # fmt: skip
    b = store.run(HOSTILE, params={"p": "q"}, metrics={"auc": [0.3, 0.2]})
    c = store.run("c", params={"p": "r"}, metrics={"auc": [0.3, 0.25]})
    for few in ([a, b], [a, b, c]):
        found = compare(store.workspace, few)
        assert "<img src=x" not in found.to_html()
        assert "\x1b" not in found.to_text()
    assert len({run.label for run in found.runs}) == 3
    many = [store.run(f"{i}{HOSTILE}", params={"p": f"{i}{HOSTILE}"}) for i in range(5)]
    found = compare(store.workspace, [a, b, c, *many])
    assert "<img src=x" not in found.to_html()
    assert "\x1b" not in found.to_text()


def test_fifty_runs_have_a_row_each_on_lines_that_fit(store):
    runs = [
        store.run(
            f"run {i}",
            experiment="sweep",
            params={"depth": i % 5, "path": f"/long/common/place/of/data/{i}.csv", "same": 1},
            metrics={"auc": [0.5, 0.5 + ((i * 37) % 50) / 200], "speed": float(i)},
        )
        for i in range(50)
    ]
    found = compare(store.workspace, runs)
    rows = lines_of(found.to_text(), "runs")
    assert len(rows) == 51
    assert max(map(len, found.to_text().splitlines())) <= 120
    assert "same" not in rows[0].split()
    best = max(range(50), key=lambda i: (i * 37) % 50)
    assert [line.split()[1] for line in rows if "*" in line] == [str(best)]
    across, overlaid = found.charts[:2]
    assert across.alt.startswith("auc by parameters: 50 runs across depth (0 to 4)")
    assert overlaid.title == "auc"
    assert Comparison.from_dict(found.to_dict()).to_dict() == found.to_dict()
    assert found.to_html().count("<tr") > 50


def test_long_values_are_shown_where_they_part(store):
    place = "/a/very/long/place/where/nobody/wants/to/read/all/of/the/path/of/the/data/of/"
    a, b = (store.run(n, params={"path": f"{place}{n}.csv"}) for n in ("june", "july"))
    shown = lines_of(compare(store.workspace, [a, b]).to_text(), "parameters")[1]
    assert "june.csv" in shown
    assert "july.csv" in shown
    assert len(shown) < 120


def test_children_have_the_code_of_the_run_above_them(store, tmp_path):
    top = store.run("search", tags={"mlops.code": '{"commit": "abc"}', "mlops.environment": "{}"})
    (tmp_path / "cell.py").write_text("search.fit(X, y)")
    store.client.log_artifact(top, str(tmp_path / "cell.py"), "code")
    a, b = (store.run(n, parent=top, params={"depth": n}) for n in ("2", "4"))
    found = compare(store.workspace, [a, b])
    assert {"code", "cells"} <= set(found.equal)
    assert values(found.parameters) == {"depth": ["2", "4"]}


@pytest.mark.parametrize(
    ("references", "error", "said"),
    [
        (["last"], UsageError, "two runs or more"),
        (["a", "run:a"], UsageError, "twice"),
        (["a", "data:flights@v1"], UsageError, "data:flights@v1"),
        (["model:late@2", "a"], UsageError, "is a model"),
        (["a"] * 101, UsageError, "101 runs"),
        (["a", "nobody"], NotFound, "nobody"),
    ],
)
def test_what_cannot_be_compared_is_refused_by_name(store, references, error, said):
    store.run("a")
    with pytest.raises(error, match=said) as caught:
        compare(store.workspace, references)
    assert caught.value.hint


def test_nothing_differs(store):
    a, b = (store.run(name, params={"depth": 2}, metrics={"auc": 1}) for name in "ab")
    found = compare(store.workspace, [a, b])
    assert isinstance(found, Result)
    assert found.equal == ["parameters", "metrics"]
    assert "same parameters, same metrics" in found.to_text()
    assert "\nparameters\n" not in found.to_text()


def test_too_many_curves_are_named_and_the_main_metric_is_drawn(store):
    names = [f"metric_{i:03}" for i in range(400)]
    runs = []
    for name in "ab":
        run_id = store.run(name, metrics={"test_auc": [0.1, 0.2]})
        points = [Metric(each, float(step), step, step) for each in names for step in (0, 1)]
        store.client.log_batch(run_id, points)
        runs.append(run_id)
    found = compare(store.workspace, runs)
    assert len(found.charts) == 8
    assert found.charts[0].title == "test_auc"
    assert any(line.startswith("charts: ") for line in found.not_compared)
    assert any(line.startswith("metrics, ") for line in found.not_compared)

"""Drift held against a model that was really trained, kept with it, shown and compared."""

from __future__ import annotations

import json

import pytest

import mlops_jupyter as mlops
from mlops_jupyter import cli
from mlops_jupyter.drift import importance, keeping
from mlops_jupyter.errors import StoreUnavailable
from mlops_jupyter.tracking.store.opening import client as open_client
from tests.servers import Server
from tests.unit.drift.kept import made

SETUP = """
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

def weather(seed, warmer=0.0, windier=0.0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({
        "temp": rng.normal(70 + warmer, 5, 400),
        "wind": rng.normal(10 + windier, 3, 400),
        "origin": rng.choice(["EWR", "JFK", "LGA"], 400),
    })
    frame["delay"] = 3 * frame.temp + 0.2 * frame.wind + rng.normal(0, 1, 400)
    return frame

june, july = weather(0), weather(1, warmer=4, windier=9)
X, y = june[["temp", "wind"]], june["delay"]
"""
MODELS = {
    "forest": "RandomForestRegressor(5, random_state=0).fit(X, y)",
    "linear": "LinearRegression().fit(X, y)",
    "pipeline": (
        "make_pipeline(make_column_transformer((StandardScaler(), ['temp', 'wind']), "
        "(OneHotEncoder(), ['origin'])), RandomForestRegressor(5, random_state=0))"
        ".fit(june[['temp', 'wind', 'origin']], y)"
    ),
    "xgboost": "import xgboost; xgboost.XGBRegressor(n_estimators=5).fit(X, y)",
    "booster": "import xgboost; xgboost.train({}, xgboost.DMatrix(X, y), 5)",
    "lightgbm": "import lightgbm; lightgbm.LGBMRegressor(n_estimators=5, verbose=-1).fit(X, y)",
}


@pytest.fixture
def trained(cells):
    cells.run("%mlops track delays")
    cells.run(SETUP)
    return cells


def test_what_every_kind_of_model_builds_on_is_recorded_as_it_trains(trained, workspace):
    for source in MODELS.values():
        trained.run(source)
    trained.run("%mlops track off")
    runs = reversed(mlops.runs(workspace).runs)
    found = {
        name: importance.of(workspace, f"run:{run.run_id}")
        for name, run in zip(MODELS, runs, strict=True)
    }
    for name, known in found.items():
        assert known.whole, name
        assert known.shares["temp"] > 0.7, name
        assert sum(known.shares.values()) == pytest.approx(1, abs=1e-4), name
    assert set(found["pipeline"].shares) == {"temp", "wind", "origin"}
    assert {name: known.target for name, known in found.items()} == {
        **dict.fromkeys(MODELS, "delay"),
        "booster": None,  # a DMatrix keeps the values only
    }


def test_by_magic_what_matters_to_the_model_comes_first_and_is_kept(trained, workspace):
    trained.run(MODELS["forest"])
    (run,) = mlops.runs(workspace).runs
    plain = trained.run("%mlops drift $june $july --columns temp,wind")
    assert {each.column for each in plain.columns if each.drifted} == {"temp", "wind"}
    assert plain.to_text().index("\nwind ") < plain.to_text().index("\ntemp ")
    report = trained.run(
        "%mlops drift $june $july --columns temp,wind --model run:last --log-to run:last"
    )
    assert report.model == f"run:{run.run_id[:8]} ({run.name})"
    assert report.to_text().index("\ntemp ") < report.to_text().index("\nwind ")
    shown = trained.run("%mlops show last")
    (kept,) = shown.drift
    assert kept.drifted
    assert f"drift:{run.run_id[:8]}@1" in shown.to_html()
    again = trained.run(f"%mlops show {kept.reference}")
    assert again.columns == report.columns
    assert again.to_html() == keeping.load(workspace, "drift:last").to_html()


def test_by_the_command_line_reports_of_a_model_are_kept_and_compared(trained, workspace, capsys):
    trained.run(MODELS["forest"])
    trained.run("june.to_csv('june.csv', index=False); july.to_csv('july.csv', index=False)")
    trained.run("weather(2).to_csv('again.csv', index=False)")
    trained.run("%mlops track off")
    run = mlops.runs(workspace).runs[0]
    client = open_client(workspace)
    client.create_registered_model("delays")
    client.create_model_version("delays", f"runs:/{run.run_id}/model", run.run_id)
    for month in ("again", "july"):
        words = ["drift", "june.csv", f"{month}.csv", "--columns", "temp,wind", "--json"]
        assert cli.main([*words, "--model", "delays@1", "--log-to", "model:delays@1"]) == 0
        (workspace.root / f"{month}.json").write_text(capsys.readouterr().out)
    assert cli.main(["compare", f"drift:{run.run_id[:8]}@1", f"drift:{run.name}"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("Dataset drift, which was not there before: 2 columns drift now (")
    assert "june.csv (400 rows) → july.csv (400 rows): 2 of 2 columns drifted" in told
    assert cli.main(["compare", "again.json", "july.json", "--json"]) == 0
    by_files = json.loads(capsys.readouterr().out)
    assert {each["column"]: each["change"] for each in by_files["columns"]} == {
        "temp": "drifts now",
        "wind": "drifts now",
    }
    version = client.get_model_version("delays", "1")
    assert json.loads(version.tags["mlops.drift_report"])["report"] == f"drift:{run.run_id}@2"
    assert cli.main(["show", f"drift:{run.run_id}@3"]) == 4
    assert "has 2 drift reports, and no number 3" in capsys.readouterr().err
    assert cli.main(["drift", "june.csv", "july.csv", "--log-to", "model:delays@9"]) == 4
    assert "there is no model:delays@9" in capsys.readouterr().err


@pytest.fixture
def server(tmp_path):
    running = Server(tmp_path / "server")
    running.start()
    yield running
    running.kill()


def test_where_the_store_is_a_server_it_is_kept_here_first_and_delivered(
    server, workspace, monkeypatch
):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.uri)
    served = mlops.Workspace.find()
    with mlops.track("delays", name="forest") as tracked:
        mlops.log({"test_mae": 9.5})
    here = tracked.result.run_id
    assert mlops.sync(served).failed == []
    there = open_client(served)
    (run,) = there.search_runs([there.get_experiment_by_name("delays").experiment_id])
    there.create_registered_model("delays")
    there.create_model_version("delays", f"runs:/{run.info.run_id}/model", run.info.run_id)

    first, second = made(0.01), made(0.3)
    named = keeping.keep(served, first, "model:delays@1")
    assert named == f"drift:{here}@1"
    assert not there.list_artifacts(run.info.run_id, "drift")
    assert mlops.sync(served).failed == []
    assert len(there.list_artifacts(run.info.run_id, "drift")) == 2
    assert keeping.load(served, named) == first  # by the id it had here
    assert there.get_run(run.info.run_id).data.metrics["drift/share"] == 0

    server.kill()
    assert keeping.keep(served, second, "run:forest") == f"drift:{here}@2"
    with pytest.raises(StoreUnavailable):
        keeping.keep(served, second, "model:delays@1")
    kept = mlops.show(mlops.Workspace.find(store="local"), "forest").drift
    assert [each.drifted for each in kept] == [False, True]

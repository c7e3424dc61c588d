"""Libraries other than scikit-learn: parameters, metrics, and a model that plain MLflow loads."""

import numpy as np
import pytest

import mlops_jupyter as mlops

SETUP = """
import numpy as np
from sklearn.datasets import load_iris
X, y = load_iris(return_X_y=True, as_frame=True)
"""


@pytest.fixture
def train(cells, workspace):
    """Run cells that train, and return what the store has of the newest run."""

    def run(*sources):
        cells.run("%mlops track libraries")
        cells.run(SETUP)
        for source in sources:
            cells.run(source)
        assert "not captured" not in "".join(d.get("text/plain", "") for d in cells.shown)
        (found,) = mlops.runs(workspace).runs
        return mlops.show(workspace, found.run_id)

    return run


def loaded(workspace, shown, flavor):
    import importlib

    import mlflow

    (model,) = shown.models
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(workspace.store.uri)
    try:
        if flavor != "statsmodels":  # MLflow's own logging of it gives none
            assert mlflow.models.get_model_info(model.uri).signature is not None
        return importlib.import_module(f"mlflow.{flavor}").load_model(model.uri)
    finally:
        mlflow.set_tracking_uri(before)


def test_an_xgboost_estimator(train, workspace, cells):
    shown = train(
        "from xgboost import XGBClassifier",
        "model = XGBClassifier(n_estimators=7, max_depth=2)\n"
        "model.fit(X, y, eval_set=[(X, y)], verbose=False)",
    )
    assert shown.summary.model == "XGBClassifier"
    assert shown.summary.params["max_depth"] == "2"
    assert shown.summary.params["num_boost_round"] == "7"
    assert any("mlogloss" in name for name in shown.summary.metrics)
    again = loaded(workspace, shown, "xgboost")
    names = cells.shell.user_ns
    assert np.array_equal(again.predict(names["X"]), names["model"].predict(names["X"]))


def test_xgboost_s_own_train(train, workspace, cells):
    shown = train(
        "import xgboost",
        "data = xgboost.DMatrix(X, label=y)\n"
        "booster = xgboost.train({'objective': 'multi:softprob', 'num_class': 3, 'eta': 0.2}, data,"
        " num_boost_round=5, evals=[(data, 'train')], verbose_eval=False)",
    )
    assert shown.summary.model == "Booster"
    assert shown.summary.params["eta"] == "0.2"
    again = loaded(workspace, shown, "xgboost")
    names = cells.shell.user_ns
    assert np.allclose(again.predict(names["data"]), names["booster"].predict(names["data"]))


def test_a_lightgbm_estimator(train, workspace, cells):
    shown = train(
        "from lightgbm import LGBMRegressor",
        "model = LGBMRegressor(n_estimators=6, verbose=-1).fit(X, y)",
    )
    assert shown.summary.params["num_boost_round"] == "6"
    again = loaded(workspace, shown, "lightgbm")
    names = cells.shell.user_ns
    assert np.allclose(again.predict(names["X"]), names["model"].predict(names["X"]))


def test_lightgbm_s_own_train(train, workspace, cells):
    shown = train(
        "import lightgbm",
        "data = lightgbm.Dataset(X, label=y)\n"
        "booster = lightgbm.train({'objective': 'regression', 'verbose': -1,"
        " 'learning_rate': 0.3}, data, num_boost_round=4, valid_sets=[data])",
    )
    assert shown.summary.model == "Booster"
    assert shown.summary.params["learning_rate"] == "0.3"
    again = loaded(workspace, shown, "lightgbm")
    names = cells.shell.user_ns
    assert np.allclose(again.predict(names["X"]), names["booster"].predict(names["X"]))


def test_statsmodels(train, workspace, cells):
    shown = train(
        "import statsmodels.api as sm",
        "fitted = sm.OLS(y.to_numpy(), sm.add_constant(X.to_numpy())).fit()",
    )
    assert shown.summary.model == "OLS"
    assert any("rsquared" in name for name in shown.summary.metrics)
    names = cells.shell.user_ns
    again = loaded(workspace, shown, "statsmodels")
    assert np.allclose(again.params, names["fitted"].params)


def test_boosters_in_a_loop_are_siblings(cells, workspace):
    cells.run("%mlops track libraries")
    cells.run(SETUP)
    cells.run("import lightgbm\ndata = lightgbm.Dataset(X, label=y)")
    cells.run(
        "for rounds in (2, 3):\n    lightgbm.train({'verbose': -1}, data, num_boost_round=rounds)"
    )
    children = [run for run in mlops.runs(workspace, flat=True).runs if run.parent_run_id]
    assert sorted(run.params["num_boost_round"] for run in children) == ["2", "3"]

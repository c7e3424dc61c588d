"""What models build on, by input column, with the real libraries."""

import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.decomposition import PCA
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest, f_regression
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    OneHotEncoder,
    OrdinalEncoder,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)
from sklearn.svm import SVR

from mlops_jupyter.tracking.capture import importances
from mlops_jupyter.tracking.capture.column_sources import traced
from mlops_jupyter.tracking.capture.importances import importances_of


@pytest.fixture(autouse=True)
def _time_enough(monkeypatch):
    """So that all that a model is asked about is the same rows, also on a busy machine."""
    monkeypatch.setattr(importances, "_BUDGET_S", 60.0)


@pytest.fixture(scope="module")
def flights():
    """Ten carriers, of which the target depends more than on the delay; noise in the rest."""
    rng = np.random.default_rng(0)
    rows = 600
    return pd.DataFrame(
        {
            "dep_delay": rng.normal(10, 30, rows),
            "noise": rng.normal(0, 1, rows),
            "carrier": rng.choice(list("ABCDEFGHIJ"), rows),
            "origin": rng.choice(["EWR", "JFK", "LGA"], rows),
        }
    )


@pytest.fixture(scope="module")
def late(flights):
    by_carrier = flights["carrier"].map({name: 20.0 * at for at, name in enumerate("ABCDEFGHIJ")})
    return by_carrier + flights["dep_delay"]


def columns(categories=None, **options):
    return ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), ["dep_delay", "noise"]),
            ("words", categories or OneHotEncoder(**options), ["carrier", "origin"]),
        ]
    )


MODELS = [
    RandomForestRegressor(20, random_state=0),
    GradientBoostingRegressor(random_state=0),
    xgboost.XGBRegressor(n_estimators=20),
    lightgbm.LGBMRegressor(n_estimators=20, verbose=-1),
    Ridge(),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"drop": "first"},
        {"min_frequency": 60},
        {"drop": "if_binary", "handle_unknown": "ignore", "sparse_output": False},
    ],
    ids=str,
)
def test_one_hot_columns_are_added_up(flights, late, model, options):
    fitted = make_pipeline(columns(**options), model).fit(flights, late)
    found = importances_of(fitted, flights)
    assert found.why_not == ""
    assert set(found.shares) == set(flights.columns)
    assert sum(found.shares.values()) == pytest.approx(1)
    assert list(found.shares) == sorted(found.shares, key=found.shares.get, reverse=True)
    assert set(list(found.shares)[:2]) == {"carrier", "dep_delay"}
    # The same as by hand, over the names that scikit-learn gives.
    names = fitted[0].get_feature_names_out()
    if hasattr(model, "feature_importances_") and not isinstance(
        model, (xgboost.XGBRegressor, lightgbm.LGBMRegressor)
    ):
        own = fitted[-1].feature_importances_
        by_hand = sum(size for name, size in zip(names, own, strict=True) if "__carrier_" in name)
        assert found.shares["carrier"] == pytest.approx(by_hand)


def test_coefficients_count_by_the_spread_of_their_column(flights, late):
    """Seconds in place of minutes: a sixtieth of the coefficient, and the same share."""
    numbers = flights[["dep_delay", "noise"]]
    scaled = numbers.assign(dep_delay=numbers["dep_delay"] * 60)
    shares = [
        importances_of(LinearRegression().fit(data, late), data).shares
        for data in (numbers, scaled)
    ]
    assert shares[0] == pytest.approx(shares[1])


def test_coefficients_without_data(flights, late):
    numbers = flights[["dep_delay", "noise"]]
    assert "scale" in importances_of(Ridge().fit(numbers, late)).why_not
    scaled = make_pipeline(StandardScaler(), Ridge()).fit(numbers, late)
    assert importances_of(scaled).shares["dep_delay"] > 0.5


def test_several_classes(flights):
    numbers = flights[["dep_delay", "noise"]]
    three = pd.cut(numbers["dep_delay"], 3, labels=False)
    for model in (LogisticRegression(), xgboost.XGBClassifier(n_estimators=5)):
        assert importances_of(model.fit(numbers, three), numbers).shares["dep_delay"] > 0.8


def test_a_search_has_those_of_its_best_model(flights, late):
    search = GridSearchCV(
        make_pipeline(columns(), Ridge()), {"ridge__alpha": [0.1, 1.0]}, cv=2
    ).fit(flights, late)
    expected = importances_of(search.best_estimator_, flights)
    assert importances_of(search, flights) == expected
    unfitted = GridSearchCV(Ridge(), {"alpha": [1.0]}, cv=2, refit=False)
    unfitted.fit(flights[["noise"]], late)
    assert "refit" in importances_of(unfitted, flights[["noise"]]).why_not


def test_boosters_of_their_own_kinds_of_data(flights, late):
    numbers = flights[["dep_delay", "noise"]]
    trained = [
        xgboost.train({}, xgboost.DMatrix(numbers, late), num_boost_round=5),
        lightgbm.train({"verbose": -1}, lightgbm.Dataset(numbers, late), num_boost_round=5),
    ]
    for booster in trained:
        assert importances_of(booster).shares["dep_delay"] > 0.5


def test_arrays_have_columns_by_their_place(flights, late):
    array = flights[["dep_delay", "noise"]].to_numpy()
    assert set(importances_of(Ridge().fit(array, late), array).shares) == {"x0", "x1"}


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (PCA(2), "PCA takes 2 columns"),
        (FunctionTransformer(lambda data: data.to_numpy()[:, :1] ** 2), "a function"),
    ],
    ids=["pca", "function"],
)
def test_a_step_that_mixes_columns_is_named(flights, late, step, reason):
    numbers = flights[["dep_delay", "noise"]]
    found = importances_of(make_pipeline(step, Ridge()).fit(numbers, late), numbers)
    assert found.shares == {}
    assert reason in found.why_not


def test_a_step_of_one_column_may_do_anything(flights, late):
    texts = flights.assign(text=flights["carrier"] + " " + flights["origin"])
    parts = ColumnTransformer(
        [
            ("text", TfidfVectorizer(token_pattern=r"\w+"), "text"),
            ("square", FunctionTransformer(lambda data: data**2), [0]),
            ("pca", PCA(1), ["noise"]),
        ]
    )
    found = importances_of(make_pipeline(parts, Ridge()).fit(texts, late), texts)
    assert found.why_not == ""
    assert found.shares["carrier"] == 0  # it did not take part
    assert next(iter(found.shares)) == "text"


@pytest.mark.parametrize("model", [KNeighborsRegressor(), SVR()], ids=["neighbours", "kernel"])
def test_models_that_do_not_say(flights, late, model):
    numbers = flights[["dep_delay", "noise"]]
    assert "does not say" in importances_of(model.fit(numbers, late), numbers).why_not


def test_a_constant_model_builds_on_nothing(flights):
    numbers = flights[["dep_delay", "noise"]]
    found = importances_of(RandomForestRegressor(3).fit(numbers, np.zeros(600)), numbers)
    assert "constant" in found.why_not


def test_a_step_that_is_slow_is_asked_of_few_rows(flights, late, monkeypatch):
    asked = []

    def noted(rows):
        asked.append(len(rows))
        return rows

    numbers = flights[["dep_delay", "noise"]]
    model = make_pipeline(FunctionTransformer(noted, feature_names_out="one-to-one"), Ridge())
    model.fit(numbers, late)
    asked.clear()
    assert importances_of(model, numbers).shares["dep_delay"] > 0.5
    assert asked == [importances._FIRST, len(numbers)]
    monkeypatch.setattr(importances, "_BUDGET_S", 0.0)
    asked.clear()
    assert importances_of(model, numbers).shares["dep_delay"] > 0.5
    assert asked == [importances._FIRST]


def test_a_forest_past_the_budget_is_not_looked_at(flights, late, monkeypatch):
    monkeypatch.setattr(importances, "_NODES", 100)
    numbers = flights[["dep_delay", "noise"]]
    found = importances_of(RandomForestRegressor(3).fit(numbers, late), numbers)
    assert "nodes" in found.why_not


def test_steps_are_traced_as_scikit_learn_names_them(flights, late):
    """Each feature's name begins with the column that it was traced to."""
    numbers, words = flights[["dep_delay", "noise"]], flights[["carrier", "origin"]]
    holes = numbers.mask(np.eye(600, 2, dtype=bool))
    classes = late.gt(100).astype(int) + late.gt(150)
    for step, data, target in [
        (SimpleImputer(add_indicator=True), holes, None),
        (KBinsDiscretizer(4, quantile_method="averaged_inverted_cdf"), numbers, None),
        (SplineTransformer(), numbers, None),
        (OrdinalEncoder(), words, None),
        (TargetEncoder(target_type="multiclass"), words, classes),
        (SelectKBest(f_regression, k=1), numbers, late),
        (OneHotEncoder(drop=["A", "JFK"]), words, None),
    ]:
        step.fit(data, target)
        names = [name.removeprefix("missingindicator_") for name in step.get_feature_names_out()]
        found = traced(step, list(data.columns))
        assert len(found) == len(names)
        assert all(map(str.startswith, names, found)), (step, names, found)


@pytest.mark.parametrize(
    "chosen",
    [[0], ["dep_delay"], slice(0, 1), slice("dep_delay", "dep_delay"), [True, False, False, False],
     make_column_selector("dep_delay")],
    ids=["places", "names", "a range of places", "a range of names", "mask", "selector"],
)  # fmt: skip
def test_columns_are_chosen_in_many_ways(flights, late, chosen):
    parts = ColumnTransformer(
        [("a", "passthrough", chosen), ("no", "drop", ["carrier"]), ("none", StandardScaler(), [])],
        remainder=OrdinalEncoder(),
    ).fit(flights, late)
    assert traced(parts, list(flights.columns)) == ["dep_delay", "noise", "origin"]


def test_a_union_takes_each_column_several_times(flights, late):
    union = FeatureUnion([("same", "passthrough"), ("bins", KBinsDiscretizer(3, encode="ordinal",
        quantile_method="averaged_inverted_cdf"))])  # fmt: skip
    numbers = flights[["dep_delay", "noise"]]
    union.fit(numbers)
    assert traced(union, ["dep_delay", "noise"]) == ["dep_delay", "noise"] * 2

"""Optuna is asked and told, and goes on from its file."""

from __future__ import annotations

import pytest

from mlops_jupyter.errors import NotFound
from mlops_jupyter.sweeps.optuna_search import Optuna
from mlops_jupyter.sweeps.space import Choices, Range, Space

SPACE = Space(
    {
        "x": Range(0.0, 1.0),
        "n": Range(1, 9, 2),
        "lr": Range(1e-4, 1e-1, None, log=True),
        "step": Range(0.0, 1.1, 0.25),
        "columns": Choices((["a"], ["a", "b"])),
        "fixed": Choices(("same",)),
    }
)


def opened(path, total=4, **options):
    return Optuna(
        SPACE, path / "o" / "study", total=total, direction="lower", **({"seed": 1} | options)
    )


def test_gives_values_of_the_space_until_there_are_enough(tmp_path):
    study = opened(tmp_path, total=12)
    seen = []
    while (trial := study.ask()) is not None:
        seen.append(trial)
        study.tell(trial.number, "FINISHED", trial.values["x"])
    assert [trial.number for trial in seen] == list(range(1, 13))
    for trial in seen:
        values = trial.values
        assert list(values) == list(SPACE.axes)
        assert 0 <= values["x"] <= 1
        assert values["n"] in (1, 3, 5, 7, 9)
        assert 1e-4 <= values["lr"] <= 1e-1
        assert values["step"] in (0, 0.25, 0.5, 0.75, 1.0)
        assert values["columns"] in (["a"], ["a", "b"])
        assert values["fixed"] == "same"


def test_the_same_seed_begins_with_the_same_points(tmp_path):
    first = [opened(tmp_path / "a").ask().values, opened(tmp_path / "b").ask().values]
    assert first[0] == first[1]
    assert opened(tmp_path / "c", seed=2).ask().values != first[0]


def test_goes_on_with_what_was_going_on_under_the_same_numbers(tmp_path):
    study = opened(tmp_path)
    one, two, three = study.ask(), study.ask(), study.ask()
    study.tell(two.number, "FINISHED", 0.5)
    again = opened(tmp_path, resumed=True)
    asked = [again.ask(), again.ask(), again.ask()]
    assert [trial.number for trial in asked] == [1, 3, 4]
    assert [dict(trial.values) for trial in asked[:2]] == [dict(one.values), dict(three.values)]
    assert asked[2].values not in (one.values, two.values, three.values)
    assert again.ask() is None
    for trial in asked:
        again.tell(trial.number, "FAILED", None)
    assert opened(tmp_path, resumed=True).ask() is None
    assert opened(tmp_path, total=5, resumed=True).ask().number == 5


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_a_trial_without_a_number_has_failed(tmp_path, value):
    study = opened(tmp_path)
    study.tell(study.ask().number, "FINISHED", value)
    states = {trial.state.name for trial in study._study.get_trials()}
    assert states == {"FAIL"}


def test_what_is_worse_than_others_at_the_same_step_is_pruned(tmp_path):
    study = opened(tmp_path, total=9, prune=True)
    for _ in range(5):
        trial = study.ask()
        assert not any(study.report(trial.number, step, 1.0) for step in range(3))
        study.tell(trial.number, "FINISHED", 1.0)
    worse, better = study.ask(), study.ask()
    assert study.report(worse.number, 0, 2.0)
    assert not study.report(better.number, 0, 0.5)
    study.tell(worse.number, "PRUNED", None)


def test_says_what_is_missing_where_it_cannot_go_on(tmp_path):
    with pytest.raises(NotFound, match="what Optuna learned is not here"):
        opened(tmp_path, resumed=True)


def test_keeps_quiet_and_leaves_the_user_s_settings(tmp_path, capsys):
    import optuna

    before = optuna.logging.get_verbosity()
    study = opened(tmp_path)
    study.tell(study.ask().number, "FINISHED", 1.0)
    assert optuna.logging.get_verbosity() == before
    assert capsys.readouterr().err == ""

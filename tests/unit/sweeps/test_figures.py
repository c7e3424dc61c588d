"""Which trial is the best, and what of."""

from __future__ import annotations

import pytest

from mlops_jupyter.sweeps.figures import is_ahead, only_metric, ranked
from mlops_jupyter.sweeps.records import Sweep, SweepTrial


def trial(number, value, status="FINISHED", **more):
    return SweepTrial(number=number, status=status, value=value, **more)


@pytest.mark.parametrize(
    ("logged", "metric"),
    [
        ([{"auc": 1.0}, {"auc": 2.0}], "auc"),
        ([{"auc": 1.0, "system/wall_seconds": 1.0, "drift/share": 0.0}], "auc"),
        ([{"auc": 1.0}, {"loss": 2.0}], None),
        ([{}], None),
        ([], None),
    ],
)
def test_the_only_metric(logged, metric):
    assert only_metric(logged) == metric


def test_only_a_trial_that_finished_with_a_number_is_ahead():
    assert is_ahead(trial(1, 0.5), None, "higher")
    assert not is_ahead(trial(1, 0.5, "FAILED"), None, "higher")
    assert not is_ahead(trial(1, None), None, "higher")
    assert not is_ahead(trial(1, float("nan")), None, "higher")
    assert not is_ahead(trial(1, 0.5), None, None)


@pytest.mark.parametrize(("direction", "best"), [("higher", 3), ("lower", 1)])
def test_the_best_is_first_and_what_has_no_value_last(direction, best):
    trials = [
        trial(4, float("nan")),
        trial(5, 9.0, "FAILED"),
        trial(2, 0.5),
        trial(1, 0.1),
        trial(3, 0.9),
    ]
    found = [each.number for each in ranked(trials, direction)]
    assert found[0] == best
    assert found[1] == 2
    assert found[3:] == [4, 5]


def test_a_sweep_is_shown_with_what_a_store_holds_escaped():
    hostile = "<script>alert(1)</script>\x1b[2J"
    sweep = Sweep(
        run_id="0" * 32,
        uid="u",
        name=hostile,
        experiment=hostile,
        notebook="n.ipynb",
        search="grid",
        space={"a": "1,2"},
        metric=hostile,
        direction="higher",
        trials=[
            trial(2, 0.5, values={"a": hostile}, run_id="1" * 32),
            trial(1, None, "FAILED", values={"a": 1}, error=hostile),
        ],
        total=2,
        best=2,
        duration_s=1.0,
        notes=[hostile],
    )
    assert "<script>" not in sweep.to_html()
    assert "&lt;script&gt;" in sweep.to_html()
    assert "\x1b" not in sweep.to_text()
    assert "2 ★" in sweep.to_text()
    assert [each.number for each in sweep.failed] == [1]
    assert Sweep.from_dict(sweep.to_dict()) == sweep

"""The verdict on a model from two sides: what is read, and what is assumed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlops_jupyter.drift.pairs import Both
from mlops_jupyter.drift.performance.sides import of_sides
from mlops_jupyter.drift.sides import read
from mlops_jupyter.errors import BadInput, NotFound

NAMED = {"target": "y", "prediction": "guess"}


@pytest.fixture
def sides(workspace):
    def made(before, after=None):
        frames = (before, before if after is None else after)
        return Both(*(read(workspace, frame, "current") for frame in frames))

    return made


def frame(**more):
    y = np.arange(100.0) % 37
    return pd.DataFrame({"y": y, "guess": y + 1, "part": ["a", "b"] * 50, **more})


def test_only_what_is_named_is_read_and_judged(sides):
    performance, findings = of_sides(sides(frame(other=object())), **NAMED, segments=["part"])
    assert performance.metrics[0].current == 1.0
    assert performance.segments_tested == 2
    assert (performance.sampled, findings) == ([], [])


def test_columns_called_target_and_prediction_need_not_be_named(sides):
    named = frame().rename(columns={"y": "target", "guess": "prediction"})
    assert of_sides(sides(named))[0].verdict == "no change"
    assert of_sides(sides(frame())) == (None, [])


def test_columns_that_only_happen_to_have_these_names_are_a_finding(sides):
    """Plain `drift` of such data must not fail: nobody asked about a model."""
    both = frame(target=[0, 1] * 50, prediction=np.linspace(0.1, 0.9, 100))
    performance, (finding,) = of_sides(sides(both))
    assert performance is None
    assert (finding.kind, finding.column) == ("not_compared", "prediction")
    assert "--probability prediction" in finding.message
    dates = frame(target=pd.Timestamp("2026-01-01"), prediction=1.0)
    assert "holds dates" in of_sides(sides(dates))[1][0].message
    with pytest.raises(BadInput, match="holds dates"):
        of_sides(sides(dates), prediction="prediction")


@pytest.mark.parametrize(
    "wanted",
    [
        {**NAMED, "segments": ["parts"]},
        {"target": "y", "prediction": "parts"},
        {"target": "parts", "prediction": "guess"},
        {"target": "y", "probabilities": {"a": "parts"}},
    ],
)
def test_a_column_that_is_nowhere_is_an_error_that_knows_all_columns(sides, wanted):
    with pytest.raises(NotFound, match="no column 'parts'") as caught:
        of_sides(sides(frame()), **wanted)
    assert caught.value.hint == "did you mean 'part'?"


def test_current_without_the_target_is_a_finding(sides):
    performance, findings = of_sides(sides(frame(), frame().drop(columns="y")), **NAMED)
    assert performance.verdict == "unknown"
    assert [finding.kind for finding in findings] == ["no_labels"]

"""Whatever frames hold, there is a verdict or an error that says what is wrong: never a crash."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_jupyter.drift.performance import judged
from mlops_jupyter.drift.performance_record import Performance
from mlops_jupyter.drift.view.performance import performance_html, performance_text
from mlops_jupyter.errors import MlopsError

VALUES = [
    st.floats(),
    st.integers(-3, 3),
    st.sampled_from([1e300, -1e300, 0.0, 1.0, float("nan"), float("inf")]),
    st.sampled_from(["a", "b", "<script>", "", None]),
    st.booleans(),
    st.sampled_from([True, False, None]),
    st.sampled_from([0, 1, None]),
    st.sampled_from([pd.Timestamp("2026-01-01"), pd.NaT]),
    st.none(),
    st.one_of(st.integers(0, 2), st.text(max_size=2), st.floats(0, 1)),
]
CHANCES = [st.floats(0, 1), st.just(0.5), st.sampled_from([0.25, None]), st.floats(-1, 2)]


@st.composite
def frames(draw):
    """Two frames of the same columns, whose values need not be of one kind."""
    kinds = {name: draw(st.sampled_from(VALUES)) for name in ("y", "guess", "part")}
    kinds["p"] = draw(st.sampled_from(CHANCES))
    made = []
    for _ in range(2):
        size = draw(st.sampled_from([0, 1, 2, 5, 120]))
        values = {
            name: draw(st.lists(kind, min_size=min(size, 5), max_size=min(size, 5)))
            for name, kind in kinds.items()
        }
        # Long columns repeat a few values: drawing each would be slow.
        made.append(
            pd.DataFrame({name: (some * size)[:size] for name, some in values.items()})
            if size
            else pd.DataFrame(columns=list(kinds))
        )
    return made


def as_json(performance):
    return json.loads(performance.model_dump_json())


@pytest.mark.parametrize(
    "wanted",
    [
        {"prediction": "guess"},
        {"probabilities": "p"},
        {"prediction": "guess", "probabilities": "p"},
        {"probabilities": {"a": "p"}},
        {"prediction": "guess", "task": "regression"},
    ],
    ids=str,
)
@settings(max_examples=60, deadline=None)
@given(sides=frames())
def test_a_verdict_or_an_error_in_words(wanted, sides):
    try:
        performance, findings = judged(*sides, target="y", segments=["part"], **wanted)
    except MlopsError as error:
        assert error.message
        return
    assert all(finding.message for finding in findings)
    if performance is None:
        assert findings
        return
    content = as_json(performance)
    assert as_json(Performance.model_validate(content)) == content
    assert "<script>" not in performance_html(performance, findings)
    assert performance_text(performance, findings)

"""Corrections for many columns, held to statsmodels."""

from __future__ import annotations

import gc
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from mlops_jupyter.drift.engines.correction import CORRECTIONS, adjust, corrected
from mlops_jupyter.drift.engines.verdicts import Verdict
from mlops_jupyter.errors import BadInput

THEIRS = {
    "holm": "holm",
    "bonferroni": "bonferroni",
    "benjamini-hochberg": "fdr_bh",
    "benjamini-yekutieli": "fdr_by",
}


def verdict(score, column="x", *, low=True):
    return Verdict(column, "numeric", "m", score, 0.05, drifted=True, low_is_drift=low)


@pytest.mark.parametrize("name", CORRECTIONS)
@given(values=st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_as_statsmodels(name, values):
    # It collects garbage each time, which takes seconds in a process that holds much.
    with mock.patch.object(gc, "collect"):
        theirs = multipletests(values, method=THEIRS[name])[1]
    assert adjust(values, name) == pytest.approx(list(theirs), rel=1e-9, abs=1e-300)


def test_distances_and_what_has_no_score_are_left_alone():
    verdicts = [verdict(0.04), verdict(0.3, low=False), verdict(None), verdict(0.03)]
    found = corrected(verdicts, "holm")
    assert found[1:3] == verdicts[1:3]
    assert [v.score for v in found] == [pytest.approx(0.06), 0.3, None, pytest.approx(0.06)]
    assert not found[0].drifted


def test_a_single_p_value_stays():
    assert corrected([verdict(0.04)], "bonferroni") == [verdict(0.04)]
    assert corrected([], "holm") == []


def test_an_unknown_correction_is_said():
    with pytest.raises(BadInput, match="no correction 'bonferoni'") as raised:
        corrected([], "bonferoni")
    assert "benjamini-hochberg" in raised.value.hint

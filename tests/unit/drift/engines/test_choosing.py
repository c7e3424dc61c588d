"""What the user chooses, and which engine it takes."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from mlops_jupyter.drift.engines import evidently
from mlops_jupyter.drift.engines.choices import Choices, types_of
from mlops_jupyter.drift.engines.choosing import chosen, engine_for, label
from mlops_jupyter.drift.engines.methods import METHODS
from mlops_jupyter.drift.engines.verdicts import Choice, Verdict
from mlops_jupyter.drift.memory.columns import MemoryPair
from mlops_jupyter.drift.report import Finding
from mlops_jupyter.errors import BadInput, NotFound

NUMBERS = MemoryPair("late", pd.Series(np.arange(50.0)), pd.Series(np.arange(50.0) + 3))
CITIES = MemoryPair("city", pd.Series(["a", "b"] * 25), pd.Series(["a", "a", "b"] * 20))
TEXTS = MemoryPair("note", *(pd.Series([f"{s} {i}" for i in range(40)]) for s in "ab"))
DATES = MemoryPair("when", *(pd.Series(pd.date_range("2013", periods=40)) for _ in range(2)))


def test_a_method_for_all_is_for_all_of_a_fitting_type():
    choices = Choices.parse(["ks", "city=psi"], ["0.2", "note=0.6"])
    assert choices.of(NUMBERS) == Choice("ks", 0.2)
    assert choices.of(CITIES) == Choice("psi", None)
    assert choices.of(TEXTS) == Choice(None, 0.6)
    assert Choices.parse([], ["0.2"]).of(CITIES) == Choice(None, 0.2)
    assert Choices.parse().of(DATES) == Choice()


def test_names_of_columns_may_have_an_equals_sign():
    assert Choices.parse(["a=b=psi"]).methods == {"a=b": "psi"}


@pytest.mark.parametrize(
    ("methods", "thresholds", "message", "hint"),
    [
        (["jensenshanon"], [], "no method 'jensenshanon'", "did you mean 'jensenshannon'?"),
        (["x=xyzzy"], [], "no method 'xyzzy'", "there are TVD, abs_text_content_drift"),
        (["psi", "ks"], [], "two methods for all columns: psi and ks", "one of them"),
        (["x=psi", "x=ks"], [], "two methods for x", "one of them"),
        (["x="], [], "says nothing", "COLUMN=method"),
        (["=psi"], [], "says nothing", "COLUMN=method"),
        ([], ["much"], "'much' is no number", "0.1"),
        ([], ["x=nan"], "'nan' is no number", "0.1"),
        ([], ["-1"], "'-1' is no number", "0.1"),
    ],
)
def test_what_cannot_be_meant_is_said(methods, thresholds, message, hint):
    with pytest.raises(BadInput, match=message) as raised:
        Choices.parse(methods, thresholds)
    assert hint in raised.value.hint


def test_a_choice_for_no_column_is_said():
    choices = Choices.parse(["dep_dela=psi"], ["late=0.1"])
    with pytest.raises(NotFound, match="'dep_dela', which is no column") as raised:
        choices.check(["dep_delay", "late"])
    assert raised.value.hint == "did you mean 'dep_delay'?"
    Choices.parse(["late=psi"]).check(["late"])


@pytest.mark.parametrize("engine", ["auto", "columnar", "evidently"])
def test_a_method_of_another_type_is_a_finding(engine):
    outcome = chosen(CITIES, engine, Choice("ks"))
    assert isinstance(outcome, Finding)
    assert outcome.kind == "not_compared"
    assert "ks is for numeric columns, this is categorical" in outcome.message


@pytest.mark.parametrize(
    ("pair", "choice", "engine"),
    [
        (NUMBERS, Choice(), "columnar"),
        (NUMBERS, Choice("mannw"), "evidently"),
        (CITIES, Choice("psi"), "columnar"),
        (TEXTS, Choice(), "evidently"),
        (DATES, Choice(), "columnar"),  # neither has a method: nothing is imported to say so
    ],
)
def test_columnar_where_it_has_the_method(pair, choice, engine):
    assert engine_for(pair, "auto", choice) == engine
    assert engine_for(pair, "evidently", choice) == "evidently"


def test_either_engine_by_name():
    sides = [chosen(NUMBERS, name, Choice("psi", 0.3)) for name in ("columnar", "evidently")]
    assert all(isinstance(side, Verdict) for side in sides)
    assert sides[0].score == pytest.approx(sides[1].score, rel=1e-6)
    assert {side.threshold for side in sides} == {0.3}
    forced = chosen(TEXTS, "columnar", Choice())
    assert isinstance(forced, Finding)
    assert "needs the engine evidently" in forced.message


def test_types_are_evidentlys():
    known = evidently.methods()
    assert {name: set(METHODS[name].types) for name in METHODS} == {
        name: set(known[name]) for name in METHODS
    }
    assert types_of("mannw") == {"numeric"}
    assert len(known) >= 20


@pytest.mark.parametrize("name", sorted(evidently.methods()))
def test_which_methods_give_p_values(name):
    """Below a threshold of 1e9 is all; a distance is no drift there."""
    kind = evidently.methods()[name][0]
    if kind == "text":
        assert name not in evidently.P_VALUES
        return
    values = {"numeric": np.arange(1000) * 1.0, "categorical": np.arange(1000) % 2 == 0}[kind]
    pair = MemoryPair("x", pd.Series(values[:40]), pd.Series(values[1:41]))
    outcome = evidently.compare(pair, Choice(name, 1e9))
    assert isinstance(outcome, Verdict), outcome
    assert outcome.low_is_drift == outcome.drifted == (name in evidently.P_VALUES)


def test_the_label_says_whose_numbers_they_are():
    assert label(["evidently"]) == evidently.version()
    assert label(["columnar"]).startswith("columnar (Evidently 0.")
    assert label(["columnar", "evidently"]).endswith(f"and {evidently.version()}")


def test_no_engine_is_imported_to_choose_a_method_of_ours():
    code = (
        "import sys; from mlops_jupyter.drift.engines.choices import Choices;"
        "Choices.parse(['psi', 'x=ks'], ['0.1']); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pandas", "numpy", "evidently", "scipy"} & set(done.stdout.split())

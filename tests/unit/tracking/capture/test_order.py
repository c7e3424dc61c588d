"""Whether what ran is what the notebook says."""

import pytest

from mlops_jupyter.tracking.capture.journal import Journal
from mlops_jupyter.tracking.capture.order import Saved, judge, saved_cells

CELLS = [("a", "x = 1"), ("b", "x += 1"), ("c", "fit(x)")]


def entries(*ran):
    journal = Journal()
    for number, (cell_id, source) in enumerate(ran):
        entry = journal.begin(source, cell_id=cell_id, count=number + 1)
        entry.started = 100.0 + number
        journal.end(entry, None, [])
    return journal.entries


A, B, C = CELLS


@pytest.mark.parametrize(
    ("ran", "found"),
    [
        ([A, B, C], "in order"),
        ([A, C], "in order"),  # a cell was left out: what ran is in order
        ([A, B, B, C, C], "in order"),
        ([A, B, C, B, C], "out of order"),
        ([B, A, C], "out of order"),
        ([(None, "x = 1"), (None, "fit(x)"), (None, "x += 1")], "out of order"),
        ([A, (None, "%mlops runs"), B], "in order"),
        ([A, ("z", "gone = 1"), B], "edited since"),
        ([A, ("b", "x += 2"), C], "edited since"),
    ],
)
def test_order(ran, found):
    assert judge(entries(*ran), Saved(CELLS, mtime=1000.0))[0] == found


def test_what_was_saved_before_it_ran_is_not_called_edited():
    assert judge(entries(A, ("b", "x += 2"), C), Saved(CELLS, mtime=50.0)) == ("in order", "")


def test_without_a_notebook_only_going_back_tells():
    assert judge(entries(A, B, C), None)[0] == "in order"
    assert judge(entries(A, B, A), None) == ("out of order", "cell [3] ran after cell [2]")


@pytest.mark.parametrize("content", [None, [], {}, {"cells": [None, 1, {"cell_type": "code"}]}])
def test_what_is_no_notebook_has_no_cells_to_compare(content):
    assert all(source == "" for _, source in saved_cells(content))

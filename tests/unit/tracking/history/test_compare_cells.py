"""Which cell became which."""

import time

import pytest

from mlops_jupyter.tracking.history.compare_cells import (
    Ran,
    RanCell,
    differences,
    last_of_each,
)


def ran(*sources, own=None):
    return Ran([RanCell(s) for s in sources], RanCell(own) if own else None, whole=True)


def told(changes):
    return [(each.change, each.own, each.diff) for each in changes]


READ = "import pandas as pd\nflights = pd.read_csv('flights.csv')\nlate = flights.late > 15"


def test_an_edited_cell_among_others_is_one_change():
    edited = READ.replace("15", "30")
    changes, thorough = differences(ran("a = 1", READ, "z = 1"), ran("a = 1", edited, "z = 1"))
    ((change, own, diff),) = told(changes)
    assert (change, own, thorough) == ("changed", False, True)
    assert "-late = flights.late > 15" in diff.splitlines()
    assert "+late = flights.late > 30" in diff.splitlines()
    assert " import pandas as pd" in diff.splitlines()


def test_cells_that_came_and_went():
    changes, _ = differences(ran("a = 1", "plot(a)"), ran("a = 1", READ))
    assert sorted(change for change, _, _ in told(changes)) == ["added", "removed"]


def test_an_inserted_cell_does_not_shift_what_became_what():
    before = ran(READ, "model = fit(5)\nprint(model)")
    after = ran("seed = 0", READ.replace("15", "30"), "model = fit(9)\nprint(model)")
    changes, _ = differences(before, after)
    assert [each.change for each in changes].count("added") == 1
    changed = {each.diff for each in changes if each.change == "changed"}
    assert any("-model = fit(5)\n+model = fit(9)" in diff for diff in changed)
    assert any("+late = flights.late > 30" in diff for diff in changed)


def test_the_runs_own_cells_are_held_against_each_other_first():
    changes, _ = differences(ran("a = 1", own="fit(5)"), ran("b = 1", own="score()\nplot()"))
    assert changes[0].own
    assert changes[0].change == "changed"


def test_equal_cells_are_no_difference_whatever_the_spaces_at_the_ends_of_lines():
    assert differences(ran("a = 1  \n", own="x"), ran("a = 1", own="x\n"))[0] == []


def test_each_cell_counts_as_it_ran_last():
    executions = [RanCell("n = 1", 1, "a"), RanCell("fit(n)", 2, "b"), RanCell("n = 2", 3, "a"),
                  RanCell("fit(n)", 4, "b")]  # fmt: skip
    found = last_of_each(executions, "fit(n)")
    assert [cell.count for cell in found.cells] == [3]
    assert found.own.count == 4


def test_cells_without_an_id_are_all_kept():
    assert len(last_of_each([RanCell("n = 1"), RanCell("n = 1")], None).cells) == 2


def test_what_is_not_known_is_not_compared():
    alone = Ran(own=RanCell("fit(5)"))
    assert differences(alone, ran("a = 1", own="fit(5)"))[0] == []


def test_many_cells_that_have_nothing_in_common_take_no_minutes():
    before = ran(*(f"a{i} = {i}\nb{i} = foo({i})" for i in range(300)))
    after = ran(*(f"print('{i}')\nfor x{i} in range({i * 7}): pass" for i in range(300)))
    start = time.monotonic()
    changes, thorough = differences(before, after)
    assert time.monotonic() - start < 60, "nbdime would take minutes"
    assert not thorough
    assert len(changes) == 600


@pytest.mark.parametrize("source", ["", "\n\n", "<script>", "@@ -1 +1 @@\n--- a\n+++ b", "\x1b[2J"])
def test_odd_sources(source):
    changes, _ = differences(ran(own="x = 1"), ran(own=source or " "))
    assert [each.change for each in changes] in (["changed"], ["removed"])

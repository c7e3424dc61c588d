"""Parts of the data: what they are, how many rows are in them, and that both backends agree."""

import math

import numpy as np
import pandas as pd
import pytest

from mlops_jupyter.drift import parts
from mlops_jupyter.drift.judging import How, about_texts
from mlops_jupyter.drift.sides import read, sizes, tables_of
from mlops_jupyter.errors import BadInput, Conflict, NotFound

N = 400


def frame(shift=0):
    rows = range(N)
    return pd.DataFrame(
        {
            "wide": [None if n % 10 == 0 else float(n + shift) for n in rows],
            "few": [n % 3 for n in rows],
            "carrier": [None if n % 8 == 7 else "ABCD"[n % 4] for n in rows],
            "flag": [n % 2 == 0 for n in rows],
            "at": pd.date_range("2013-01-01", periods=N),
        }
    )


@pytest.fixture(params=["frames", "database"])
def sides(request, workspace):
    """The same rows, in memory and asked of a database."""
    import ibis

    made = []
    for side, shift in (("reference", 0), ("current", 100)):
        table = frame(shift)
        made.append(
            read(workspace, ibis.memtable(table) if request.param == "database" else table, side)
        )
    return made


def listed(sides, column):
    return {part.label: [*part.rows] for part in parts.parts_of(*sides, column).listed}


def test_few_values_are_a_part_each_and_missing_ones_too(sides):
    assert listed(sides, "few") == {"0": [134, 134], "1": [133, 133], "2": [133, 133]}
    found = listed(sides, "carrier")
    assert list(found) == ["A", "B", "C", "D", "missing"]
    assert found["D"] == [50, 50]
    assert found["missing"] == [50, 50]
    assert sorted(rows[0] for rows in listed(sides, "flag").values()) == [200, 200]


def test_numbers_are_cut_at_the_quarters_of_the_reference(sides):
    found = parts.parts_of(*sides, "wide").listed
    *quarters, missing = found
    assert [part.rows.reference for part in quarters] == [90, 90, 90, 90]
    assert (missing.label, [*missing.rows]) == ("missing", [40, 40])
    assert quarters[0].rows.current == 0, "all of current is 100 higher"
    assert sum(part.rows.current for part in quarters) == 360
    assert quarters[0].label.startswith("below ")
    assert quarters[-1].label.endswith(" and more")


@pytest.mark.parametrize("column", ["wide", "few", "carrier", "flag"])
def test_a_side_with_only_a_part_has_the_rows_it_says(sides, column):
    for part in parts.parts_of(*sides, column).listed:
        taken = [parts.only(side, [part]) for side in sides]
        assert [side.rows for side in taken] == [*part.rows], part.label


def test_parts_of_two_columns_are_rows_in_both(sides):
    before, _ = sides
    few = parts.parts_of(*sides, "few").listed[0]
    carrier = parts.parts_of(*sides, "carrier").listed[0]
    expected = sum(n % 3 == 0 and n % 4 == 0 for n in range(N))
    assert parts.only(before, [few, carrier]).rows == expected
    assert parts.only(before, []) is before


def test_a_part_alone_is_judged_by_its_own_rows(sides):
    before, after = sides
    first, *_ = parts.parts_of(*sides, "few").listed
    seen = parts.look(parts.only(before, [first]), parts.only(after, [first]), "wide")
    assert [*seen.rows] == [134, 134]
    values = [n for n in range(N) if n % 3 == 0 and n % 10]
    assert seen.drift.reference.count == len(values)
    assert math.isclose(seen.drift.reference.mean, sum(values) / len(values))
    assert seen.drift.drifted


def test_an_empty_or_tiny_part_says_so_instead_of_a_verdict(sides):
    before, after = sides
    low, *_ = parts.parts_of(*sides, "wide").listed
    seen = parts.look(parts.only(before, [low]), parts.only(after, [low]), "wide")
    assert seen.drift is None
    assert {finding.kind for finding in seen.findings} == {"few_rows", "all_missing"}
    assert "current has 0 rows" in seen.findings[0].message


def test_what_makes_no_parts_is_refused(sides):
    with pytest.raises(BadInput, match="at makes no parts"):
        parts.parts_of(*sides, "at")
    with pytest.raises(NotFound, match="carier"):
        parts.parts_of(*sides, "carier")


def test_of_many_values_the_largest_are_listed(workspace):
    codes = [f"t{n}" for n in range(150)] + ["t140"] * 50
    sides = [read(workspace, pd.DataFrame({"tail": codes}), side) for side in ("a", "b")]
    found = parts.parts_of(*sides, "tail")
    assert (len(found.listed), found.others) == (100, 50)
    assert max(found.listed, key=lambda part: part.rows.reference).label == "t140"


def test_infinities_are_missing_values_here_too(workspace):
    values = pd.DataFrame({"x": [float("inf"), *map(float, range(60)), None]})
    sides = [read(workspace, values, side) for side in ("a", "b")]
    *_, missing = parts.parts_of(*sides, "x").listed
    assert (missing.missing, [*missing.rows]) == (True, [2, 2])
    assert parts.only(sides[0], [missing]).rows == 2


def test_a_frame_that_was_changed_meanwhile_is_not_cut_by_places_of_then(workspace):
    table = pd.DataFrame({"x": range(5)})
    side = parts.at(read(workspace, table, "current"), (table.x > 2).to_numpy())
    table.drop(index=0, inplace=True)  # noqa: PD002 - it is what happens
    with pytest.raises(Conflict, match="it had 5 rows, and has 4 now"):
        side.frame(["x"])


def test_what_is_measured_of_texts_is_looked_at_in_a_part_too(workspace):
    table = pd.DataFrame(
        {"note": ["x" * (n % 50 + 1) + f" {n}" for n in range(N)], "few": [0, 1] * (N // 2)}
    )
    longer = table.assign(note=table.note + " and some words more")
    sides = [read(workspace, frame, side) for frame, side in ((table, "a"), (longer, "b"))]
    measures = [each.column for each in about_texts(tables_of(*sides).pair("note"), How())]
    assert len(measures) >= 2
    for measure in measures:
        seen = parts.look(*sides, measure, "note").drift
        assert (seen.column, seen.of) == (measure, "note")
        assert seen.current.mean != seen.reference.mean
    first, *_ = parts.parts_of(*sides, "few").listed
    half = [parts.only(side, [first]) for side in sides]
    assert parts.look(*half, measures[0], "note").drift.reference.count == N // 2


def test_a_part_is_a_part_where_files_do_not_fit_into_memory_too(workspace, monkeypatch):
    names = []
    for side, shift in (("june", 0), ("july", 100)):
        names.append(str(workspace.root / f"{side}.parquet"))
        frame(shift).to_parquet(names[-1])
    monkeypatch.setattr(sizes, "free", lambda: 0)
    sides = [read(workspace, name, side) for name, side in zip(names, "ab", strict=True)]
    assert tables_of(*sides).backend == "DuckDB"
    first, *_ = parts.parts_of(*sides, "few").listed
    quarter, *_ = parts.parts_of(*sides, "wide").listed
    assert [*quarter.rows] == [90, 0]
    taken = [parts.only(side, [first]) for side in sides]
    assert [*tables_of(*taken).rows] == [134, 134]
    assert [*parts.look(*taken, "wide").rows] == [134, 134]
    kept = [parts.at(side, np.arange(N) < 50) for side in sides]
    assert [*tables_of(*kept).rows] == [50, 50]
    assert [*tables_of(kept[0], sides[1]).rows] == [50, N]


def test_missing_numbers_in_parquet_are_missing_in_a_database_of_the_user(workspace):
    """Bounds in Parquet leave NaN out, and DuckDB would conclude that there is none."""
    import ibis
    import pyarrow as pa
    from pyarrow import parquet

    file = workspace.root / "gaps.parquet"
    values = [*range(40), float("nan"), float("inf"), None]
    parquet.write_table(pa.table({"x": pa.array(values, pa.float64())}), file)
    backend = ibis.duckdb.connect()
    backend.con.execute(f"CREATE VIEW v AS SELECT * FROM '{file}'")
    sides = [read(workspace, backend.table("v"), side) for side in "ab"]
    found = parts.parts_of(*sides, "x").listed
    assert [part.label for part in found[:2]] == ["below 9.75", "9.75 to below 19.5"]
    assert [part.rows.reference for part in found] == [10, 10, 10, 10, 3]
    for part in found:
        assert parts.only(sides[0], [part]).rows == part.rows.reference, part.label

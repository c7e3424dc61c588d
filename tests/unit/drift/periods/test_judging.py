"""A period's verdicts are those of comparing its rows alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_jupyter.drift.columns import pairs
from mlops_jupyter.drift.engines.choices import Choices
from mlops_jupyter.drift.engines.choosing import chosen
from mlops_jupyter.drift.judging import How
from mlops_jupyter.drift.memory.tables import FrameColumns, MemoryTables
from mlops_jupyter.drift.pairs import Both
from mlops_jupyter.drift.periods import Cut, Sliced, over_time, slicing
from mlops_jupyter.drift.report import Finding
from mlops_jupyter.drift.sides import read
from mlops_jupyter.drift.sides.live import of_object
from mlops_jupyter.errors import BadInput, Conflict, NotFound
from mlops_jupyter.settings import Settings
from mlops_jupyter.workspace import Workspace

MONTHS = Cut("month", ("at",))


def weather(rows=400, months=4, seed=0, warmer=0.0):
    """Days of some months in no order, each month warmer than the one before."""
    rng = np.random.default_rng(seed)
    month = rng.integers(0, months, rows)
    temp = rng.normal(60 + warmer * month, 10, rows)
    temp[rng.random(rows) < 0.05] = np.nan
    return pd.DataFrame(
        {
            "at": pd.Timestamp("2013-01-15") + month * pd.Timedelta(days=31),
            "temp": temp,
            "carrier": rng.choice(["UA", "B6", None], rows),
            "gate": rng.integers(0, 4, rows),
            "late": rng.random(rows) < 0.3,
        }
    )


def over(before, after, cut=MONTHS, **options):
    sides = [
        of_object(side, name)
        for side, name in zip((before, after), ("reference", "current"), strict=True)
    ]
    sliced = Sliced(*sides, cut, options.pop("columns", None))
    theirs = {name: options.pop(name) for name in ("against", "events") if name in options}
    how = How(correction=options.pop("correct", None), **options)
    return over_time(sliced, how, **theirs)


def in_a_database(frame):
    import ibis

    database = ibis.duckdb.connect()
    database.con.register("days", frame)
    return database.table("days")


def alone(before, after, engine="auto", choices=None):
    """What the engine says of each column of two frames."""
    tables = MemoryTables(Both(FrameColumns(before), FrameColumns(after)))
    found = {}
    for item in pairs(tables):
        if not isinstance(item, Finding):
            verdict = chosen(item, engine, (choices or Choices()).of(item))
            if not isinstance(verdict, Finding):
                found[verdict.column] = verdict
    return found


def assert_each_is_as_alone(found, before, parts, **how):
    for place, part in enumerate(parts):
        if part is None or part.empty:
            assert all(column.severities[place] is None for column in found.columns)
            assert found.periods[place].rows == 0
            assert found.periods[place].share is None
            continue
        wanted = alone(before, part, **how)
        for column in found.columns:
            verdict = wanted.get(column.column)
            assert column.drifted(place) == (verdict.drifted if verdict else None)
            assert column.scores[place] == (verdict.score if verdict else None)
        share = sum(verdict.drifted for verdict in wanted.values()) / max(len(wanted), 1)
        assert found.periods[place].share == (share if wanted else None)
        assert found.periods[place].drifted == (share >= 0.5 if wanted else None)
        assert found.periods[place].rows == len(part)


@pytest.mark.parametrize("engine", ["auto", "evidently"])
def test_each_month_is_as_if_it_were_compared_alone(engine):
    before, after = weather(seed=1), weather(seed=2, warmer=6)
    found = over(before, after, engine=engine)
    assert [period.label for period in found.periods] == [f"2013-0{m}" for m in (1, 2, 3, 4)]
    parts = [after[after["at"].dt.month == month] for month in (1, 2, 3, 4)]
    assert_each_is_as_alone(found, before.drop(columns="at"), parts, engine=engine)
    temp = found.columns[0]
    assert (temp.column, temp.drifted(0), temp.drifted(3)) == ("temp", False, True)
    assert sum(period.rows for period in found.periods) == len(after)


def test_against_the_period_before_gaps_passed_over():
    before, after = weather(seed=1), weather(seed=2, warmer=6, months=5)
    after = after[after["at"].dt.month != 3]
    found = over(before, after, against="previous")
    assert found.against == "previous"
    parts = [after[after["at"].dt.month == month] for month in (1, 2, 3, 4, 5)]
    references = [before, parts[0], None, parts[1], parts[3]]
    for place, (reference, part) in enumerate(zip(references, parts, strict=True)):
        if reference is None:
            assert found.periods[place].rows == 0
            continue
        wanted = alone(reference, part)
        assert [column.scores[place] for column in found.columns] == [
            wanted[column.column].score for column in found.columns
        ]


VALUES = {
    "numbers": st.none() | st.floats(-5, 5) | st.sampled_from([np.inf, 0.0]),
    "whole": st.integers(0, 30),
    "names": st.none() | st.sampled_from(["a", "b", "c"]),
}


@settings(deadline=None, max_examples=25)
@given(data=st.data(), rows=st.integers(1, 40))
def test_any_rows_in_any_order(data, rows):
    columns = {
        name: data.draw(st.lists(values, min_size=rows, max_size=rows))
        for name, values in VALUES.items()
    }
    when = data.draw(st.lists(st.none() | st.integers(1, 5), min_size=rows, max_size=rows))
    after = pd.DataFrame(columns, columns=list(columns)).assign(
        names=pd.Series(columns["names"], dtype=object), year=2013, month=pd.Series(when)
    )
    before = pd.DataFrame(
        {"numbers": np.arange(30) / 7, "whole": range(30), "names": ["a", "b"] * 15}
    )
    cut = Cut("month", ("year", "month"))
    if after["month"].isna().all():
        with pytest.raises(BadInput, match="no row says when"):
            over(before, after, cut)
        return
    found = over(before, after, cut)
    if isinstance(found, Finding):
        assert "in any period" in found.message  # not one can be compared
        return
    assert sum(period.rows for period in found.periods) + found.without_time == rows
    assert found.without_time == after["month"].isna().sum()
    first = int(after["month"].min())
    parts = [after[after["month"] == first + place] for place in range(len(found.periods))]
    assert_each_is_as_alone(found, before, [part[[*VALUES]] for part in parts])
    for column in found.columns:
        for place, severity in enumerate(column.severities):
            noted = place in {note.place for note in column.notes}
            assert severity is not None or noted or not found.periods[place].rows


def test_values_of_a_column_as_periods():
    before, after = weather(seed=1), weather(seed=2)
    found = over(before, after, Cut(None, ("carrier",)))
    assert (found.by, found.time) == ("column", "carrier")
    assert [period.label for period in found.periods] == ["B6", "UA"]
    assert found.without_time == after["carrier"].isna().sum()
    columns = ["temp", "gate", "late"]
    parts = [after[after["carrier"] == name][columns] for name in ("B6", "UA")]
    assert_each_is_as_alone(found, before[columns], parts)


def test_what_the_periods_are_made_of_is_not_compared_unless_asked():
    frame = weather().assign(year=2013, month=lambda f: f["at"].dt.month).drop(columns="at")
    cut = Cut("month", ("year", "month"))
    found = over(frame, frame, cut)
    assert {column.column for column in found.columns} == {"temp", "carrier", "gate", "late"}
    assert "not in the strip, as the periods are made of them: year, month" in found.notes
    asked = over(frame, frame, cut, columns=["month", "temp"])
    assert [column.column for column in asked.columns] == ["temp", "month"]
    assert all(asked.columns[1].drifted(place) for place in range(4))


def test_few_rows_are_marked():
    after = weather().sort_values("at").iloc[:110]
    found = over(weather(), after)
    assert [(period.rows, period.few) for period in found.periods] == [
        (count, count < 30) for count in after["at"].dt.month.value_counts().sort_index()
    ]
    assert found.periods[-1].few
    assert not found.periods[0].few


def test_a_cell_says_why_it_has_no_verdict_or_was_judged_otherwise():
    before = weather()
    after = weather(seed=3)
    month = after["at"].dt.month
    after.loc[month == 2, "temp"] = np.nan
    after["gate"] = np.where(month == 3, np.arange(len(after)), after["gate"])
    found = {column.column: column for column in over(before, after).columns}
    assert found["temp"].severities[1] is None
    (note,) = found["temp"].notes
    assert (note.place, note.reason) == (1, "temp has no value in current: not compared")
    assert found["gate"].type == "categorical"
    (note,) = found["gate"].notes
    assert (note.place, note.reason) == (2, "as numeric, by K-S p_value, threshold 0.05")


def test_a_column_without_any_verdict_is_named_with_the_reason():
    frame = weather().assign(empty=np.nan)
    found = over(frame, frame)
    assert "empty" not in {column.column for column in found.columns}
    (note,) = [note for note in found.notes if "empty" in note]
    assert note.startswith("in each period: empty has no value in the reference and current")


def test_a_column_whose_type_changed_is_named_too():
    before = weather()
    after = weather().assign(gate="A1")
    assert any("gate was numbers, is now text" in note for note in over(before, after).notes)


def test_severity_is_one_or_more_exactly_where_it_drifts():
    before, after = weather(seed=1), weather(seed=2, warmer=6)
    for threshold in (0.0, 1e-9, 0.3, 1.0):
        found = over(before, after, choices=Choices(threshold=threshold))
        for place in range(4):
            part = after[after["at"].dt.month == place + 1]
            wanted = alone(before, part, choices=Choices(threshold=threshold))
            for column in found.columns:
                drifted = wanted[column.column].drifted
                assert (column.severities[place] >= 1) == drifted == column.drifted(place)
                assert 0 <= column.severities[place] <= 1000


def test_methods_and_thresholds_by_choice():
    frame = weather(2000)
    found = over(frame, frame, choices=Choices(methods={"temp": "psi"}, thresholds={"temp": 0.4}))
    temp = found.columns[0]
    assert (temp.method, temp.threshold, temp.low_is_drift) == ("PSI", 0.4, False)


def test_p_values_are_corrected_period_by_period():
    before, after = weather(seed=1), weather(seed=2, warmer=2)
    found = over(before, after, correct="bonferroni")
    plain = over(before, after)
    count = len(found.columns)
    for column, other in zip(found.columns, plain.columns, strict=True):
        assert column.low_is_drift
        assert column.scores == [min(score * count, 1.0) for score in other.scores]
    assert found.periods != plain.periods
    assert "p-values of each period are corrected by bonferroni" in found.notes
    with pytest.raises(BadInput, match="no correction 'bonferoni'"):
        over(before, after, correct="bonferoni")


def texts(rows):
    rng = np.random.default_rng(0)
    return [f"word{a} word{b} {n}" for n, (a, b) in enumerate(rng.integers(0, 9, (rows, 2)))]


def test_texts_that_would_take_minutes_are_compared_where_they_are_named(monkeypatch):
    from mlops_jupyter.drift.periods import judging

    monkeypatch.setattr(judging, "_MOST_GUESSED", 0)
    frame = weather(60, months=1).assign(said=texts(60))
    found = over(frame, frame)
    assert "said" not in {column.column for column in found.columns}
    (note,) = [note for note in found.notes if "said" in note]
    assert "seconds for each period; name the column to have it compared" in note
    named = over(frame, frame, columns=["said"])  # the one guess of this file
    assert all(severity is not None for severity in named.columns[0].severities)


def test_texts_are_drawn_where_they_are_many_and_that_is_said(monkeypatch):
    from mlops_jupyter.drift.periods import judging

    monkeypatch.setattr(judging, "_ALL_TEXTS", 0)
    monkeypatch.setattr(judging, "_LEAST_TEXTS", 1100)
    frame = weather(3000, months=2).assign(said=texts(3000))
    found = over(frame, frame, columns=["said"], seed=7)
    assert found.columns[0].type == "text"
    (note,) = [note for note in found.notes if "said" in note]
    assert "at most 1,100 values of either side are looked at per period, drawn by seed 7" in note
    assert over(frame, frame, columns=["said"], seed=7) == found


@pytest.mark.parametrize("form", ["csv", "parquet", "table"])
def test_files_and_tables_of_a_database_give_the_same(form, tmp_path):
    import ibis

    before, after = weather(seed=1), weather(seed=2, warmer=6)
    after = after[after["at"].dt.month != 2]
    workspace = Workspace(tmp_path, Settings())
    sides = []
    for name, frame in (("reference", before), ("current", after)):
        given_: object = tmp_path / f"{name}.{form}"
        if form == "csv":
            frame.to_csv(given_, index=False)
        elif form == "parquet":
            frame.to_parquet(given_, index=False)
        else:
            given_ = ibis.memtable(frame)
        sides.append(read(workspace, given_, name))
    found = over_time(Sliced(*sides, MONTHS), How())
    wanted = over(before, after)
    assert found.periods == wanted.periods
    assert found.columns == wanted.columns
    assert found.without_time == wanted.without_time
    told = [note for note in found.notes if note not in wanted.notes]
    taken = "the values of reference and current were taken out of the database"
    assert [note.startswith(taken) for note in told] == [True] * (form == "table")


def test_rows_of_a_database_in_another_order_each_time(monkeypatch):
    import ibis

    monkeypatch.setattr(slicing, "_AT_ONCE", 1)  # a query for each column
    before, after = weather(seed=1), weather(seed=2, warmer=6)
    found = over(before, in_a_database(after).order_by(ibis.random()))
    wanted = over(before, after)
    for column, other in zip(found.columns, wanted.columns, strict=True):
        assert column.scores == pytest.approx(other.scores, rel=1e-12)


def test_a_table_that_changes_while_it_is_read():
    import ibis

    some = in_a_database(weather(1000)).filter(ibis.random() < 0.5)
    with pytest.raises(Conflict, match="has changed while it was read"):
        over(weather(), some)


def test_a_database_with_too_many_rows(monkeypatch):
    import ibis

    monkeypatch.setattr(slicing, "MOST_ROWS", 300)
    with pytest.raises(BadInput, match=r"the current, .* has 400 rows: at most 300"):
        over(weather(), ibis.memtable(weather()))


@pytest.mark.parametrize(
    ("columns", "error", "said"),
    [
        (["tmep"], NotFound, "did you mean 'temp'?"),
        (["temp", "temp"], BadInput, "asked for twice"),
        ([], BadInput, "no column is asked for"),
        (["only"], BadInput, "no column to compare over time"),
    ],
)
def test_columns_that_cannot_be_compared(columns, error, said):
    with pytest.raises(error) as caught:
        over(weather(), weather().assign(only=1), columns=columns)
    assert said in f"{caught.value} {caught.value.hint}"


def test_no_column_at_all():
    frame = weather()[["at"]]
    with pytest.raises(BadInput, match="no column to compare over time beside at"):
        over(frame, frame)


def test_it_goes_through_json_and_keeps_frames_as_they_are():
    before, after = weather(seed=1), weather(seed=2)
    kept = before.copy(), after.copy()
    found = over(before, after)
    assert type(found).model_validate_json(found.model_dump_json()) == found
    pd.testing.assert_frame_equal(before, kept[0])
    pd.testing.assert_frame_equal(after, kept[1])


def test_progress_names_each_column():
    told = []
    over(weather(), weather(), events=told.append)
    assert [event.message for event in told] == [
        f"{name} over 4 periods" for name in ("temp", "carrier", "gate", "late")
    ]
    assert [event.done for event in told] == [0, 1, 2, 3]

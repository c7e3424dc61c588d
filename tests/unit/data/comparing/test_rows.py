"""Rows against a plain model: dictionaries and counters."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import re
from collections import Counter

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from mlops_jupyter import data

DAY = dt.datetime(2020, 1, 1)  # noqa: DTZ001 - what has no zone is meant
UTC_DAY = DAY.replace(tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
FEW = st.integers(0, 3) | st.none()
NUMBERS = st.sampled_from([0.0, -0.0, 1.5, math.nan, math.inf, None])
TEXTS = st.sampled_from(["", "a", "A", "'", "NULL", None])
ROWS = st.lists(st.tuples(FEW, FEW, NUMBERS, TEXTS), max_size=12)
SCHEMA = pa.schema([("k", pa.int64()), ("l", pa.int64()), ("n", pa.float64()), ("t", pa.string())])


def limited(count):
    return settings(
        max_examples=count,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )


def write(path, rows, schema=SCHEMA):
    columns = [pa.array([row[i] for row in rows], kind) for i, kind in enumerate(schema.types)]
    parquet.write_table(pa.Table.from_arrays(columns, schema=schema), path)
    return path


def plain(row):
    """A row as it is compared: NaN is a missing value, and there is one zero."""
    return tuple(
        None if isinstance(each, float) and math.isnan(each) else each + 0 if each == 0 else each
        for each in row
    )


def is_key(rows, width):
    keys = [row[:width] for row in rows]
    return len({*keys}) == len(keys) and not any(None in key for key in keys)


@pytest.mark.parametrize("width", [1, 2])
@limited(25)
@given(old=ROWS, new=ROWS, unique=st.booleans())
def test_rows_agree_with_the_model(ws, width, old, new, unique):
    check_against_the_model(ws, width, old, new, unique=unique)


@pytest.mark.slow
@pytest.mark.parametrize("width", [1, 2])
@limited(500)
@given(old=ROWS, new=ROWS, unique=st.booleans())
def test_many_rows_agree_with_the_model(ws, width, old, new, unique):
    check_against_the_model(ws, width, old, new, unique=unique)


def check_against_the_model(ws, width, old, new, *, unique):
    old, new = [plain(row) for row in old], [plain(row) for row in new]
    if unique:  # else there would hardly ever be a key
        old, new = (
            list({row[:width]: row for row in rows if None not in row[:width]}.values())
            for rows in (old, new)
        )
    files = [write(ws.root / "old.parquet", old), write(ws.root / "new.parquet", new)]
    found = data.compare(ws, files, key=["k", "l"][:width])
    if files[0].read_bytes() == files[1].read_bytes():
        assert found.identical
        return
    if not (is_key(old, width) and is_key(new, width)):
        assert found.by == "rows"
        assert "is no key" in found.notes[0]
        before, after = Counter(old), Counter(new)
        assert found.rows.added == (after - before).total()
        assert found.rows.removed == (before - after).total()
        assert found.rows.changed is None
        return
    assert found.by == "key"
    before = {row[:width]: row for row in old}
    after = {row[:width]: row for row in new}
    both = before.keys() & after.keys()
    changed = {key for key in both if before[key] != after[key]}
    assert found.rows.added == len(after.keys() - before.keys())
    assert found.rows.removed == len(before.keys() - after.keys())
    assert (found.rows.changed, found.rows.unchanged) == (len(changed), len(both) - len(changed))
    told = {each.column: each.rows_changed for each in found.columns}
    for place, name in enumerate(SCHEMA.names):
        assert told[name] == sum(before[key][place] != after[key][place] for key in changed)


def compared(ws, old, new, **options):
    for name, frame in (("old", old), ("new", new)):
        table = frame if isinstance(frame, pa.Table) else pa.table(frame)
        parquet.write_table(table, ws.root / f"{name}.parquet")
    return data.compare(ws, [ws.root / "old.parquet", ws.root / "new.parquet"], **options)


def test_examples_are_the_rows_with_the_lowest_keys(ws):
    old = {"id": [5, 3, 1, 9], "x": ["a", "b", None, "d"], "y": [1, 2, 3, 4]}
    new = {"id": [1, 3, 5, 7], "x": ["new", "b", "z", "q"], "y": [3, 2, 1, 0]}
    found = compared(ws, old, new, key="id")
    told = [(each.change, each.key) for each in found.examples]
    assert told == [("changed", "1"), ("changed", "5"), ("added", "7"), ("removed", "9")]
    (value,) = found.examples[0].values  # noqa: PD011 - no frame
    assert (value.column, value.before, value.after) == ("x", None, "new")
    x = next(each for each in found.columns if each.column == "x")
    assert (x.example_key, x.example.after) == ("1", "new")
    assert found.headline == "1 row added, 2 changed (x), 1 removed"


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ([1, 2], [1.0, 2.5], 1),
        ([1, 2], ["1", "3"], 1),
        ([1.5, None], [1.5, math.nan], 0),
        ([-0.0, 1.0], [0.0, 1.0], 0),
        ([decimal.Decimal("1.10"), decimal.Decimal(2)], [1.1, 2.5], 1),
        ([[1, None], []], [[1, None], [0]], 1),
        ([{"a": 1}, {"a": None}], [{"a": 1}, {"a": 2}], 1),
        ([b"\x00", b"\xff"], [b"\x00", b"\xfe"], 1),
        ([True, False], [True, True], 1),
        ([dt.date(2020, 1, 1)] * 2, [DAY, DAY + HOUR], 1),
        ([UTC_DAY.astimezone(dt.timezone(HOUR))] * 2, [UTC_DAY, UTC_DAY + HOUR], 1),
        ([DAY, None], [UTC_DAY, None], 0),
        ([10**18, 2**53], [10**18, 2**53 + 1], 1),
        ([math.inf, -math.inf], [math.inf, math.inf], 1),
    ],
)
def test_values_of_all_types(ws, old, new, changed):
    found = compared(ws, {"id": [1, 2], "v": old}, {"id": [1, 2], "v": new}, key="id")
    assert found.rows.changed == changed
    assert found.to_text()
    assert found.to_html()
    assert data.DataComparison.from_dict(found.to_dict()) == found


def test_repeated_rows_are_counted(ws):
    found = compared(ws, {"a": [1, 1, 1, 2]}, {"a": [1, 2, 2, 2, 3]})
    assert (found.rows.added, found.rows.removed, found.rows.unchanged) == (3, 2, 2)
    assert found.rows.changed is None


def test_no_key_is_said_with_counts_and_an_example(ws):
    old, new = {"a": [7, 7, None], "b": [1, 2, 3]}, {"a": [7, 8, 9], "b": [1, 2, 3]}
    found = compared(ws, old, new, key="a")
    assert found.by == "rows"
    assert found.notes[0].startswith(
        "a is no key: missing in 1 old row; 1 key stands for several old rows, such as 7 for 2"
    )


def test_a_possible_key_is_mentioned_not_taken(ws):
    old = pd.DataFrame({"id": range(50), "x": [1, 2] * 25})
    found = compared(ws, old.to_dict("list"), old.assign(x=3).to_dict("list"))
    assert (found.by, found.possible_keys) == ("rows", ("id",))
    assert "id could be one: --key id" in found.to_text()


def test_a_possible_key_of_several_columns_is_mentioned_not_taken(ws):
    old = pd.DataFrame(
        {
            "delay": [float(n % 7) for n in range(240)],
            "late": [n % 3 == 0 for n in range(240)],
            "carrier": ["UA", "B6"] * 120,
            "flight": [n // 2 % 12 for n in range(240)],
            "hour": [n // 24 for n in range(240)],
            "note": [None, *("x" * n for n in range(239))],
        }
    )
    new = old.assign(delay=old["delay"] + (old["hour"] == 3))
    found = compared(ws, old.to_dict("list"), new.to_dict("list"))
    assert (found.by, found.possible_keys) == ("rows", ("carrier,flight,hour",))
    assert "--key carrier,flight,hour" in found.to_text()
    by_key = compared(ws, old.to_dict("list"), new.to_dict("list"), key=found.possible_keys)
    assert (by_key.by, by_key.rows.changed) == ("key", 24)


def test_what_is_a_key_on_one_side_alone_is_not_mentioned(ws):
    old = pd.DataFrame({"a": [n // 10 for n in range(100)], "b": [*range(10)] * 10})
    new = old.assign(b=old["b"].replace(9, 8))
    for pair in ((old, new), (new, old)):
        found = compared(ws, *(each.to_dict("list") for each in pair))
        assert found.possible_keys == ()
        assert "could be one" not in found.to_text()


def test_examples_begin_with_what_differs(ws):
    old = pd.DataFrame({name: [1, 2] * 30 for name in "abcdefghijklmnopqr"})
    new = old.assign(r=[5] + [1, 2] * 29 + [2])
    found = compared(ws, old.to_dict("list"), new.to_dict("list"))
    assert {each.values[0].column for each in found.examples} == {"r"}  # noqa: PD011 - no frame
    assert all(len(each.values) <= 12 for each in found.examples)
    assert "added   r 5, " in found.to_text()


def test_a_key_is_shown_whole(ws):
    key = "2013-03-01 11:00:00+00 and a long name, to the last sign"
    old, new = {"k": [key, "b"], "v": [1, 2]}, {"k": [key, "b"], "v": [3, 2]}
    found = compared(ws, old, new, key="k")
    for shown in (found.to_text(), found.to_html()):
        assert shown.count(key) == 2


def test_long_names_wrap_and_notes_are_a_list(ws):
    found = compared(ws, {"a": [1, 2], "b" * 90: [1, 2]}, {"a": [1, 3], "c" * 90: [5, 7]})
    card = found.to_html()
    assert "overflow-wrap:anywhere" in card.partition(">")[0]
    lists = re.findall(r"<ul.*?</ul>", card)
    assert all("compared without a key" not in part for part in lists[:-1])
    assert "<li>compared without a key" in lists[-1]
    assert "<li>distance: " in lists[-1]


def test_order_alone_is_said(ws):
    found = compared(ws, {"a": [1, 2, 3]}, {"a": [3, 2, 1]})
    assert found.headline == "the same 3 rows"
    assert "the order of rows" in found.notes[-1]
    assert not found.identical


@pytest.mark.parametrize("key", [(), ("id",)])
@pytest.mark.parametrize("sizes", [(0, 2), (2, 0)])
def test_no_rows(ws, key, sizes):
    old, new = ({"id": pa.array(range(n), pa.int64()), "t": pa.array(["x"] * n)} for n in sizes)
    found = compared(ws, old, new, key=key)
    assert (found.rows.removed, found.rows.added) == sizes
    assert found.to_html()


def test_no_column_in_common(ws):
    found = compared(ws, {"a": [1, 2]}, {"b": [5]})
    assert found.rows is None
    assert found.headline == "2 rows became 1; 1 column new, 1 gone"
    assert "no column in common" in found.to_text()


def test_values_stay_out_where_settings_say_so(ws):
    with (ws.root / "mlops.toml").open("a") as file:
        file.write('[privacy]\ninput_examples = "never"\ntop_values = "never"\n')
    strict = type(ws).find(ws.root)
    old, new = {"id": [1, 1, 2], "x": ["secret"] * 3}, {"id": [1, 1, 2], "x": ["hidden"] * 3}
    for key in ((), ("id",)):
        found = compared(strict, old, new, key=key)
        shown = found.to_text() + found.to_html() + str(found.to_dict())
        assert "secret" not in shown
        assert "hidden" not in shown
        assert "such as" not in shown

"""The heat strip: what it says without colour, without styles, and of hostile names."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from mlops_jupyter.drift.periods_record import CellNote, ColumnOverTime, Period, Periods
from mlops_jupyter.drift.view.strip import strip_html, strip_text
from mlops_jupyter.drift.view.strip_words import HEAT

HOSTILE = "<img src=x onerror=alert(1)>\x1b[2J"


def column(name="late", severities=(0.2, 1.0, 3.5), **fields):
    scores = [None if each is None else each / 10 for each in severities]
    given = {
        "column": name,
        "type": "numeric",
        "method": "Wasserstein distance (normed)",
        "threshold": 0.1,
        "scores": scores,
        "severities": list(severities),
    }
    return ColumnOverTime(**{**given, **fields})


def month(number, rows=900, **fields):
    share = None if not rows else 0.5
    drifted = None if not rows else True
    given = {"label": f"2013-{number:02}", "rows": rows, "share": share, "drifted": drifted}
    return Period(**{**given, **fields})


def periods(columns=None, rows=(900, 900, 900), **fields):
    listed = [month(place + 1, count, few=0 < count < 30) for place, count in enumerate(rows)]
    given = {"by": "month", "time": "at", "periods": listed}
    return Periods(**{**given, "columns": columns or [column()], **fields})


class Cells(HTMLParser):
    """The cells of a table, with the attributes that are on them."""

    def __init__(self, source):
        super().__init__()
        self.rows, self.inside, self.tags = [], False, set()
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        self.inside = tag in ("td", "th") or (self.inside and tag == "strong")
        if tag in ("td", "th"):
            self.rows[-1].append({"tag": tag, "text": "", "bold": False, **dict(attrs)})
        elif tag == "strong" and self.inside:
            self.rows[-1][-1]["bold"] = True

    def handle_endtag(self, tag):
        self.inside = self.inside and tag not in ("td", "th")

    def handle_data(self, data):
        if self.inside:
            self.rows[-1][-1]["text"] += data

    def texts(self):
        return [[cell["text"] for cell in row] for row in self.rows]


def test_a_row_for_each_column_a_cell_for_each_period():
    cells = Cells(str(strip_html(periods())))
    assert cells.texts() == [
        ["", "2013"],
        ["Jan", "Feb", "Mar"],
        ["late", "0.2", "1.0", "3.5"],
        ["columns that drift", "50\xa0%", "50\xa0%", "50\xa0%"],
        ["rows", "900", "900", "900"],
    ]
    years, months, late, share, rows = cells.rows
    assert years[0]["rowspan"] == "2"
    assert (years[1]["scope"], years[1]["colspan"]) == ("colgroup", "3")
    assert [(cell["scope"], cell["title"]) for cell in months] == [
        ("col", f"2013-0{number}") for number in (1, 2, 3)
    ]
    assert {row[0]["scope"] for row in (late, share, rows)} == {"row"}
    assert late[0]["title"] == "numeric, by Wasserstein distance, drift from 0.1"
    assert [cell["title"] for cell in late[1:]] == [
        "late 2013-01: 0.02, no drift",
        "late 2013-02: 0.1, drift",
        "late 2013-03: 0.35, drift",
    ]


def test_drift_is_bold_and_coloured_with_ink_that_reads_on_it():
    severities = (0.99, 1.0, 1.99, 2.0, 3.99, 4.0, 1000.0)
    source = str(strip_html(periods([column(severities=severities)], rows=(900,) * 7)))
    (row,) = [row for row in Cells(source).rows if row[0]["text"] == "late"]
    assert [cell["text"] for cell in row[1:]] == [
        *("0.9", "1.0", "2.0", "2.0", "4.0", "4.0", "1000"),
    ]
    assert [cell["bold"] for cell in row[1:]] == [False] + [True] * 6
    found = [re.search(r"background-color:(#\w+);color:(#\w+)", cell["style"]) for cell in row[1:]]
    assert found[0] is None
    strong, middle, light = [(ground, ink) for _, ground, ink, _ in HEAT]
    assert [each.groups() for each in found[1:]] == [light, light, middle, middle, strong, strong]
    for _, ground, ink, _ in HEAT:
        assert contrast(ground, ink) >= 5


def contrast(*colours):
    dark, light = sorted(map(luminance, colours))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_gaps_few_rows_and_missing_verdicts_look_different():
    odd = column(
        severities=(None, 2.5, None, 1.5),
        notes=[
            CellNote(place=2, reason="late has no value in current: not compared"),
            CellNote(place=3, reason="as categorical, by PSI, threshold 0.1"),
        ],
    )
    shown = periods([odd], rows=(0, 12, 900, 900))
    (row,) = [row for row in Cells(str(strip_html(shown))).rows if row[0]["text"] == "late"]
    gap, few, unknown, otherwise = row[1:]
    assert (gap["text"], gap.get("title")) == ("", None)
    assert (few["text"], few["bold"]) == ("(2.5)", True)
    assert "background" not in few["style"]
    assert few["title"].endswith("drift, only 12 rows")
    assert unknown["text"] == "?"
    assert unknown["title"] == "late 2013-03: late has no value in current: not compared"
    assert otherwise["text"] == "1.5*"
    assert otherwise["title"].endswith("as categorical, by PSI, threshold 0.1")
    for words in (str(strip_html(shown)), strip_text(shown)):
        assert "(in brackets): few rows" in words
        assert "no number: no rows" in words
        assert "?: no verdict" in words
        assert "*: judged in another way" in words
        assert "late in 2013-03: has no value in current: not compared" in words


def test_what_is_not_there_is_not_explained():
    words = str(strip_html(periods()))
    assert not any(sign in words for sign in ("brackets", "no number", "?:", "*:"))


def test_the_worst_comes_first_few_rows_last():
    shown = periods(
        [
            column("quiet", (0.1, 0.2, 0.3)),
            column("once", (0.1, 0.2, 3.0)),
            column("always", (3.0, 2.0, 3.0)),
            column("by chance", (9.0, 0.2, 0.1)),
        ],
        rows=(8, 900, 900),
    )
    names = [row[0] for row in Cells(str(strip_html(shown))).texts()[2:-2]]
    assert names == ["always", "once", "quiet", "by chance"]


def test_without_styles_everything_is_still_said():
    source = re.sub(r' style="[^"]*"', "", str(strip_html(periods())))
    assert Cells(source).texts() == Cells(str(strip_html(periods()))).texts()
    assert "1 is where drift begins: " in re.sub("<[^>]*>", "", source)
    assert "drift, from 2 on, from 4 on" in re.sub("<[^>]*>", "", source)


def test_names_from_data_are_harmless():
    shown = periods(
        [column(HOSTILE, notes=[CellNote(place=0, reason=HOSTILE)], method=HOSTILE)],
        time=HOSTILE,
        zone=HOSTILE,
        notes=[HOSTILE],
        periods=[month(number, label=HOSTILE) for number in (1, 2, 3)],
    )
    for by in ("month", "column", "hour"):
        source = str(strip_html(shown.model_copy(update={"by": by})))
        assert "\x1b" not in source
        known = {"div", "strong", "span", "table", "thead", "tbody", "tr", "th", "td", "ul", "li"}
        assert Cells(source).tags == known
    assert "\x1b" not in strip_text(shown)


@pytest.mark.parametrize(
    ("by", "labels", "heads"),
    [
        ("hour", ["2013-07-01 10:00", "2013-07-01 11:00"], [["2013-07-01"], ["10", "11"]]),
        ("day", ["2013-07-31", "2013-08-01"], [["2013-07", "2013-08"], ["31", "01"]]),
        ("week", ["2013-W01", "2013-W02"], [["2013"], ["W01", "W02"]]),
        ("quarter", ["2013-Q4", "2014-Q1"], [["2013", "2014"], ["Q4", "Q1"]]),
        ("year", ["2013", "2014"], [["2013", "2014"]]),
        ("column", ["EWR-1", ""], [["EWR-1", "(empty)"]]),
    ],
)
def test_what_stands_over_the_cells(by, labels, heads):
    listed = [Period(label=label, rows=90, share=0.0, drifted=False) for label in labels]
    shown = periods([column(severities=(0.1, 0.2))], by=by, periods=listed)
    found = [[text for text in row if text] for row in Cells(str(strip_html(shown))).texts()]
    assert found[: len(heads)] == heads


def test_what_it_is_about():
    assert "by month (at), each against the reference" in str(strip_html(periods()))
    shown = periods(
        against="previous", zone="Europe/Berlin", without_time=1200, notes=["said of it"]
    )
    words = strip_text(shown)
    assert "by month (at) in Europe/Berlin, each against the one before it" in words
    assert "1,200 rows without a time: in no period" in words
    assert "said of it" in words
    by_value = periods(by="column", time="carrier")
    assert "each value of carrier" in strip_text(by_value)
    tests = periods([column(low_is_drift=True)])
    assert "of p-values the logarithms" in str(strip_html(tests))


def year_of(count, columns):
    """Days; of the last one only `peak` is far from the rest."""
    listed = [
        Period(label=f"2013-{1 + n // 28:02}-{1 + n % 28:02}", rows=50, share=0.1, drifted=False)
        for n in range(count)
    ]
    quiet = [column(f"column {n}", [0.5 + n / 1000] * count) for n in range(columns - 1)]
    peak = column("peak", [0.1] * (count - 1) + [5.0])
    return periods([*quiet, peak], by="day", periods=listed)


def test_many_periods_share_cells_by_the_worst_of_them():
    shown = year_of(360, 3)
    cells = Cells(str(strip_html(shown)))
    peak = cells.rows[2]
    assert (peak[0]["text"], len(peak) - 1) == ("peak", 60)
    assert [cell["text"] for cell in peak[1:]] == ["0.1"] * 59 + ["5.0"]
    assert peak[-1]["title"] == "peak 2013-13-24: 0.5, drift"
    assert {cell["text"] for cell in cells.rows[-1][1:]} == {"300"}
    assert "a cell is the worst of up to 6 days: there are 360" in str(strip_html(shown))


def test_many_columns_are_cut_and_that_is_said():
    source = str(strip_html(year_of(360, 50)))
    cells = Cells(source)
    assert len(cells.rows) == 2 + 10 + 2
    assert cells.rows[2][0]["text"] == "peak"
    assert "40 columns less far towards drift not shown: none of them drifts" in source
    assert "50 columns" not in str(strip_html(periods([column(f"c{n}") for n in range(50)])))


@pytest.mark.parametrize(
    ("columns", "count", "limit"), [(9, 12, 30_000), (50, 12, 100_000), (50, 52, 90_000)]
)
def test_bytes(columns, count, limit):
    listed = [month(1 + n % 12, label=f"2013-W{n + 1:02}") for n in range(count)]
    rows = [column(f"a column's name {n}", [0.5 + n % 5] * count) for n in range(columns)]
    assert len(str(strip_html(periods(rows, by="week", periods=listed))).encode()) <= limit


def test_a_terminal_has_shades_where_numbers_have_no_room():
    shown = periods(
        [column("late", [0.5, 1.5, 2.5, 4.5, None] * 8)],
        rows=[900, 900, 900, 900, 0] * 8,
        periods=[month(1, 0 if n % 5 == 4 else 900, label=f"2013-W{n + 1:02}") for n in range(40)],
        by="week",
    )
    lines = strip_text(shown).split("\n")
    assert lines[1].strip() == "2013-W01 … 2013-W40"
    assert lines[2] == "late  " + ("·░▒▓ " * 8).rstrip()
    assert lines[3] == "thresholds: ░ from 1, ▒ from 2, ▓ from 4; · no drift"
    assert lines[4] == "at most 50 % of columns drift: 2013-W01"


def test_a_record_that_holds_nothing_is_shown_all_the_same():
    empty = Periods(by="month", time="at", periods=[], columns=[])
    assert "Over time" in str(strip_html(empty))
    assert strip_text(empty).startswith("over time: by month (at)")

"""The card."""

from __future__ import annotations

import pytest

from mlops_jupyter.drift.report import ColumnDrift, Finding, Histogram, Sample, Side
from tests.unit.drift.view.reports import HOSTILE, Page, categorical, cells, column, numbers, report

EVIDENTLY = 4_800_000  # bytes of its page, measured


def test_the_headline():
    text = Page(report(column("late", drifted=True), column("b")).to_html()).text
    assert text.startswith(
        "Dataset drift · 1 of 2 columns drifted (share 0.50 ≥ 0.5)"
        "Drifted: late: mean up 1.4 sd, 3 % more missing"
    )
    text = Page(report(column()).to_html()).text
    assert text.startswith("No dataset drift · 0 of 1 column drifted (share 0.00 < 0.5)▇ reference")


def test_the_three_most_telling_of_many_are_named():
    columns = [column(f"c{place}", drifted=True, score=place) for place in range(1, 6)]
    text = Page(report(*columns).to_html()).text
    assert "Mostly: c5: mean up 1.4 sd, 3 % more missing; c4: " in text
    assert "; c2: " not in text


def test_where_nothing_drifted_the_nearest_is_named():
    text = Page(report(column("far"), column("near", score=0.09)).to_html()).text
    assert "Nearest to drift: near: mean up 1.4 sd" in text


def test_columns_without_a_verdict_are_named_at_the_top():
    findings = [
        Finding(kind="type_changed", column="age", message="age was numbers, is now text"),
        Finding(kind="constant", column="delay", message="delay is constant"),
        *(Finding(kind="all_missing", column=f"c{i}", message="empty") for i in range(6)),
    ]
    text = Page(report(column(), findings=findings).to_html()).text
    assert "Not compared: age, c0, c1, c2, c3 and 2 more" in text
    assert "Not compared" not in Page(report(column()).to_html()).text


def test_what_was_compared_and_how():
    shown = report(
        column(importance=0.5),
        backend="DuckDB",
        correction="benjamini-hochberg",
        model="model:late@2",
        sample=Sample(reference=100, current=1, seed=7),
        full_report="full.html",
        kept_as="drift:abc@1",
    )
    text = Page(shown.to_html()).text
    for said in (
        "reference: june.csv (1,000 rows)",
        "current: july.csv (1 row)",
        "engine: Evidently 0, DuckDB",
        "p-values: corrected for their number by Benjamini and Hochberg",
        "sample: 100 of 1,000 rows of the reference (10 %)",
        "drawn by seed 7",
        "order: by drift and importance in model:late@2",
        "Evidently's full report: full.html",
        "Kept as drift:abc@1",
        "Wasserstein distance: how far values moved",
    ):
        assert said in text
    assert "memory" not in Page(report(column()).to_html()).text


def test_columns_are_in_order_of_importance_only_where_one_is_known():
    shown = report(column(), column("b"), model="model:late@2")
    assert "importance in" not in Page(shown.to_html()).text
    assert "importance in" not in shown.to_text()
    known = report(column(), column("b", importance=0.0), model="model:late@2")
    assert "order: by drift and importance in model:late@2" in Page(known.to_html()).text


def test_a_row_says_name_verdict_change_in_words():
    html = report(column("late", drifted=True, role="target", importance=0.4)).to_html()
    assert cells(html, 0) == ["late target, numeric, 40 % of the model"]
    assert cells(html, 1) == [
        (
            "drift · mean up 1.4 sd (12.3 → 15.1); 3 % more missing (2 % → 5 %) "
            "0.3 by Wasserstein distance, drift from 0.1"
        )
    ]
    unanswered = cells(report(column(score=None)).to_html(), 1)[0]
    assert unanswered.startswith("no score · mean up")
    assert "– by Wasserstein distance" in unanswered


def test_findings_of_one_kind_are_one_line_to_be_opened():
    findings = [
        Finding(kind="constant", column=f"c{place}", message=f"c{place} is constant")
        for place in range(100)
    ]
    few = [Finding(kind="few_rows", message="reference has 2 rows")]
    html = report(column(), findings=few + findings).to_html()
    text = Page(html).text
    assert "few rows · reference has 2 rows" in text
    assert "constant · 100 columns: c0, c1, c2 and 97 more" in text
    assert text.count("is constant") == 40
    assert "and 60 more" in text
    assert html.count("<details>") == 1


def test_of_many_columns_the_drifted_are_seen_and_the_others_are_opened():
    columns = [column(f"c{place}", drifted=place < 5) for place in range(50)]
    html = report(*columns).to_html()
    seen, closed = html.split("<details>")
    assert len(cells(seen, 0)) == 5
    assert "45 columns that did not drift" in closed
    assert len(cells(closed, 0)) == 45
    assert "<details>" not in report(*columns[:12]).to_html()


def test_of_very_many_the_first_are_seen_and_the_least_drifted_have_no_picture():
    html = report(*(column(f"c{place}", drifted=place < 100) for place in range(200))).to_html()
    seen, more, rest = html.split("<details>")
    assert [len(cells(part, 0)) for part in (seen, more, rest)] == [30, 70, 100]
    assert "70 more columns that drifted" in more
    assert [part.count("<img") for part in (seen, more, rest)] == [30, 30, 0]


def test_everything_hostile_is_escaped():
    shown = report(
        categorical(HOSTILE, [HOSTILE, "b"], [1, 0], [0, 1], of=HOSTILE, drifted=True),
        column(HOSTILE * 20, method=HOSTILE),
        findings=[Finding(kind="constant", column=HOSTILE, message=HOSTILE)] * 9,
        reference=Side(label=HOSTILE, rows=1, columns=1),
        engine=HOSTILE,
        backend=HOSTILE,
        correction=HOSTILE,
        model=HOSTILE,
        full_report=HOSTILE,
        kept_as=HOSTILE,
    ).to_html()
    page = Page(shown)
    assert page.tags.count("img") == 2
    assert not {name for name in page.attributes if name.startswith("on")}
    assert not set("\x1b\x00\u202e\u2066\u2028") & set(shown)


def test_a_name_from_right_to_left_moves_nothing_beside_it():
    html = report(column("שלום", drifted=True), column("b")).to_html()
    assert html.count('<strong dir="auto">שלום</strong>') == 2


def test_only_what_untrusted_outputs_may_hold():
    columns = [column(f"c{place}", drifted=place < 5) for place in range(50)]
    findings = [Finding(kind="few_rows", message="2")] * 9
    page = Page(report(*columns, findings=findings).to_html())
    assert set(page.tags) <= {
        *("div", "strong", "span", "br", "img", "ul", "li", "details", "summary"),
        *("table", "thead", "tbody", "tr", "th", "td"),
    }
    assert set(page.attributes) <= {
        *("class", "style", "scope", "src", "alt", "title", "width", "height", "dir")
    }


def test_rows_columns_and_pictures_are_named_for_screen_readers():
    kinds = categorical("kind", ["UA", "AA", "others"], [0.5, 0.2, 0.3], [0.1, 0.6, 0.3], others=4)
    html = report(column(), kinds).to_html()
    assert html.count('scope="col"') == 3
    assert html.count('scope="row"') == 2
    assert Page(html).alts == [
        "Distribution of delay, reference and current: values from 0 to 9",
        (
            "Distribution of kind, reference and current: UA 50 % → 10 %, AA 20 % → 60 %; "
            "4 others not shown"
        ),
    ]


def largest(name: str, place: int) -> ColumnDrift:
    """A column that needs as many bytes as one can."""
    fields = {"drifted": True, "importance": 0.123, "role": "target"}
    if place % 2:
        shares = [0.1111 + place % 3 / 1000] * 8
        labels = [f"<{each}{name}" for each in range(8)]
        return categorical(
            name, labels, shares, shares, gone=(0.3, 9), new=(0.4, 9), others=9, **fields
        )
    shares = [0.0123 + each / 7000 for each in range(32)]
    bins = Histogram(
        kind="numbers", edges=[each / 7 for each in range(33)], reference=shares, current=shares
    )
    after = numbers(mean=15.123, std=5.1, missing=0.5)
    return column(name, histogram=bins, current=after, **fields)


def everything(count: int, name: str):
    columns = [largest(f"{place}{name}", place) for place in range(count)]
    findings = [
        Finding(kind=kind, column=each.column, message=f"{each.column} is constant, or has others")
        for kind in ("constant", "new_categories")
        for each in columns
    ]
    return report(*columns, findings=findings)


@pytest.mark.parametrize(
    ("count", "most"), [(1, 6_000), (9, 60_000), (50, 150_000), (200, 350_000)]
)
def test_bytes(count, most):
    assert len(everything(count, "_departure").to_html().encode()) <= most


def test_bytes_where_each_sign_of_a_name_takes_five():
    assert len(everything(9, "&" * 90).to_html().encode()) <= 60_000
    assert len(everything(200, "&" * 90).to_html().encode()) <= 500_000


def test_a_card_of_nine_columns_is_an_eightieth_of_evidentlys_page():
    assert len(everything(9, "_departure").to_html().encode()) <= EVIDENTLY / 80

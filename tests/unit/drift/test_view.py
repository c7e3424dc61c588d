"""The card and the terminal's table."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from mlops_jupyter.drift.report import ColumnDrift, DriftReport, Finding, Histogram, Side, Summary

HOSTILE = "<img src=x onerror=alert(1)>\x1b[2J"


def column(name="delay", *, drifted=False, **changes):
    fields = {
        "column": name,
        "type": "numeric",
        "method": "Wasserstein distance (normed)",
        "score": 0.3 if drifted else 0.02,
        "threshold": 0.1,
        "drifted": drifted,
        "reference": Summary(count=10, missing=0.02, unique=5, mean=12.3, std=2.0, min=0, max=9),
        "current": Summary(count=10, missing=0.05, unique=5, mean=15.1, std=2.0, min=0, max=9),
        "histogram": Histogram(kind="numbers", edges=[0, 5, 9], reference=[1, 0], current=[0, 1]),
    }
    return ColumnDrift(**fields | changes)


def categorical(name, labels, before, after, *, unseen=0.0, others=0):
    return column(
        name,
        type="categorical",
        method="Jensen-Shannon distance",
        reference=Summary(count=10, missing=0, unique=2),
        current=Summary(count=10, missing=0, unique=2, unseen=unseen),
        histogram=Histogram(
            kind="categories", labels=labels, reference=before, current=after, others=others
        ),
    )


def report(*columns, findings=()):
    share = sum(c.drifted for c in columns) / len(columns)
    return DriftReport(
        drifted=share >= 0.5,
        share=share,
        columns=list(columns),
        findings=list(findings),
        reference=Side(label="june.csv", rows=1000, columns=3),
        current=Side(label="july.csv", rows=1, columns=3),
        engine="Evidently 0",
    )


class Tags(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]


def cells(html, place):
    rows = re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)[1:]
    return [re.sub("<[^>]+>", " ", re.findall(r"<t[hd].*?</t[hd]>", row)[place]) for row in rows]


def test_the_headline():
    html = report(column(drifted=True), column("b")).to_html()
    assert re.search(r"Dataset drift</span> 1 of 2 columns drifted \(share 0\.50 ≥ 0\.5\)", html)
    html = report(column()).to_html()
    assert re.search(r"No dataset drift</span> 0 of 1 column drifted \(share 0\.00 &lt; 0", html)


def test_drifted_columns_come_first_then_the_nearest_to_it():
    columns = [
        column("far", score=0.01),
        column("p-near", score=0.06, threshold=0.05, low_is_drift=True),
        column("p-zero", score=0.0, threshold=0.05, low_is_drift=True, drifted=True),
        column("no answer", score=None),
        column("drifted", drifted=True),
    ]
    shown = report(*columns)
    order = ["p-zero", "drifted", "p-near", "far", "no answer"]
    assert [cell.split("numeric")[0].strip() for cell in cells(shown.to_html(), 0)] == order
    lines = shown.to_text().splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("column"))
    assert [line.split("  ")[0] for line in lines[start + 1 :]] == order


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (column(), "mean 12.3 → 15.1 (+1.40 sd); missing 2 % → 5 %"),
        (
            column(current=Summary(count=1, missing=0.02, unique=1, mean=12.3, std=3.0)),
            "same mean, 12.3; spread 2 → 3",
        ),
        (column(type="text"), "mean length 12.3 → 15.1 (+1.40 sd); missing 2 % → 5 %"),
        (column(current=Summary(count=1, missing=0.02, unique=1)), ""),
        (categorical("c", ["UA", "AA"], [0.6, 0.4], [0.3, 0.4]), "UA: 60 % → 30 %"),
        (categorical("c", ["UA", "AA"], [0.6, 0.4], [0.6, 0.4]), "about the same shares"),
        (
            categorical("c", ["UA", "others"], [0.01, 0.99], [0.0, 1.0], unseen=0.3, others=9),
            "30 % in values not seen before; UA: 1 % → 0 %",
        ),
    ],
)
def test_changes_in_plain_words(shown, words):
    assert report(shown).to_text().splitlines()[-1].endswith(words)
    assert words.replace(" %", "\xa0%") in report(shown).to_html()


def test_methods_in_plain_words():
    shown = report(
        column(),
        column("p", method="K-S p_value", score=0.2, threshold=0.05, low_is_drift=True),
        column("t", method="Percentile text content drift", score=0.5, threshold=0.95),
    )
    texts = " ".join(cells(shown.to_html(), 4))
    assert "Wasserstein distance, drift from 0.1" in texts
    assert "Kolmogorov-Smirnov p, drift below 0.05" in texts
    assert "drift if better than 95% of random guesses" in texts


def test_everything_hostile_is_escaped():
    shown = report(
        categorical(HOSTILE, [HOSTILE, "b"], [1, 0], [0, 1], unseen=1.0),
        findings=[Finding(kind="constant", column=HOSTILE, message=HOSTILE)],
    ).model_copy(update={"reference": Side(label=HOSTILE, rows=1, columns=1)})
    page = Tags(shown.to_html())
    assert page.tags.count("img") == 1
    assert "onerror" not in page.attributes
    assert "\x1b" not in shown.to_text()
    assert "\x1b" not in shown.to_html()


def test_only_what_untrusted_outputs_may_hold():
    page = Tags(report(column(), findings=[Finding(kind="few_rows", message="2")]).to_html())
    assert set(page.tags) <= {
        *("div", "strong", "span", "br", "img", "ul", "li"),
        *("table", "thead", "tbody", "tr", "th", "td"),
    }
    assert set(page.attributes) <= {
        *("class", "style", "scope", "src", "alt", "title", "width", "height")
    }


def test_rows_and_columns_are_named_for_screen_readers():
    html = report(column()).to_html()
    assert html.count('scope="col"') == 5
    assert html.count('scope="row"') == 1
    assert 'alt="Distribution of delay, reference and current: value from 0 to 9"' in html


def test_bytes():
    columns = [column(f"column_{i}", drifted=i % 2 == 0) for i in range(9)]
    assert len(report(*columns).to_html().encode()) < 25_000


def test_of_very_many_columns_the_least_drifted_have_no_picture():
    html = report(*(column(f"c{i}") for i in range(200))).to_html()
    assert html.count("<img") == 60
    assert html.count('scope="row"') == 200
    assert len(html.encode()) < 250_000

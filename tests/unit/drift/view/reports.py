"""Reports as the engines could have made them."""

from __future__ import annotations

from html.parser import HTMLParser

from mlops_jupyter.drift.report import ColumnDrift, DriftReport, Histogram, Side, Summary

HOSTILE = "<img src=x onerror=alert(1)>\x1b[2J\u202eevil\u2066\u2028'\"&\x00"


def column(name="delay", *, drifted=False, **changes):
    fields = {
        "column": name,
        "type": "numeric",
        "method": "Wasserstein distance (normed)",
        "score": 0.3 if drifted else 0.02,
        "threshold": 0.1,
        "drifted": drifted,
        "reference": numbers(mean=12.3),
        "current": numbers(mean=15.1, missing=0.05),
        "histogram": Histogram(kind="numbers", edges=[0, 5, 9], reference=[1, 0], current=[0, 1]),
    }
    return ColumnDrift(**fields | changes)


def numbers(*, mean=12.3, std=2.0, missing=0.02, unique=5):
    return Summary(
        count=10, missing=missing, unique=unique, mean=mean, std=std, min=0, median=4, max=9
    )


def p_value(name, score, **changes):
    fields = {"method": "K-S p_value", "score": score, "threshold": 0.05, "low_is_drift": True}
    return column(name, **fields | {"drifted": score <= 0.05} | changes)


def categorical(name, labels, before, after, *, gone=(0.0, 0), new=(0.0, 0), others=0, **changes):
    def summary(unseen):
        return Summary(count=10, missing=0, unique=2, unseen=unseen[0], unseen_values=unseen[1])

    fields = {
        "type": "categorical",
        "method": "Jensen-Shannon distance",
        "reference": summary(gone),
        "current": summary(new),
        "histogram": Histogram(
            kind="categories", labels=labels, reference=before, current=after, others=others
        ),
    }
    return column(name, **fields | changes)


def report(*columns, **changes):
    counted = [each.drifted for each in columns if each.of is None]
    share = sum(counted) / max(len(counted), 1)
    fields = {
        "drifted": share >= 0.5,
        "share": share,
        "columns": list(columns),
        "reference": Side(label="june.csv", rows=1000, columns=3),
        "current": Side(label="july.csv", rows=1, columns=3),
        "engine": "Evidently 0",
    }
    return DriftReport(**fields | changes)


class Page(HTMLParser):
    """What a browser would make of a card."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.words, self.alts = [], [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.alts += [value for name, value in attrs if name == "alt"]

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join("".join(self.words).replace("\xa0", " ").split())


def cells(html, place):
    """The words of one column of the card's table."""
    import re

    rows = re.findall(r"<tr.*?</tr>", html, re.DOTALL)
    found = [re.findall(r"<t[hd].*?</t[hd]>", row) for row in rows]
    return [Page(row[place].replace("<br/>", " ")).text for row in found if "row" in row[0]]

"""Reports as tests want them, without a comparison."""

from __future__ import annotations

from mlops_jupyter.drift.report import ColumnDrift, DriftReport, Histogram, Side, Summary


def column(name="temp", score=0.3, **more):
    summary = Summary(count=99, missing=0.0, unique=90, mean=70.0, std=5.0, min=50.0, max=90.0)
    bins = Histogram(kind="numbers", edges=[50, 70, 90], reference=[0.5, 0.5], current=[0.3, 0.7])
    return ColumnDrift(
        **{
            "column": name,
            "type": "numeric",
            "method": "Wasserstein distance (normed)",
            "score": score,
            "threshold": 0.1,
            "drifted": score is not None and score >= 0.1,
            "reference": summary,
            "current": summary,
            "histogram": bins,
            **more,
        }
    )


def of(*columns, before="june", after="july", **more):
    """Return the report on columns."""
    share = sum(each.drifted for each in columns) / max(len(columns), 1)
    return DriftReport(
        **{
            "drifted": share >= 0.5,
            "share": share,
            "columns": list(columns),
            "reference": Side(label=before, rows=99, columns=3),
            "current": Side(label=after, rows=99, columns=3),
            "engine": "evidently 0.7",
            **more,
        }
    )


def made(*scores, **more):
    """Return the report on columns c0, c1, … with scores; drift begins at 0.1."""
    columns = [column(f"c{at}", score) for at, score in enumerate(scores or (0.3, 0.01))]
    return of(*columns, **more)

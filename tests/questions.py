"""What is asked of databases, counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.drift.expressions.asking import Database

if TYPE_CHECKING:
    import pytest


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that takes how many rows each question to a database brings back."""
    counts: list[int] = []
    real = Database.arrow

    def counting(database, expression):
        found = real(database, expression)
        counts.append(found.num_rows)
        return found

    monkeypatch.setattr(Database, "arrow", counting)
    return counts

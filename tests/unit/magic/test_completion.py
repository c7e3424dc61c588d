"""Completion of a magic's line."""

from pathlib import Path

import pytest

from mlops_jupyter.magic.completion import complete


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("%mlops tra", ["track"]),
        ("%%mlops tra", ["track"]),
        ("%mlops data ", ["snapshot", "versions"]),
        ("%mlops runs --lim", ["--limit"]),
        ("%mlops drift $fir", ["first_half"]),
        ("%mlops nothing --x", []),
    ],
)
def test_verbs_options_and_live_names(line: str, found: list[str]):
    assert complete(line, {"first_half": 1, "second": 2, "_private": 3}) == found


def test_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "flights.parquet").touch()
    (tmp_path / "other.csv").touch()
    assert complete("%mlops data snapshot da", {}) == ["data/"]
    assert complete("%mlops data snapshot data/fl", {}) == ["data/flights.parquet"]
    assert complete("%mlops data snapshot missing/", {}) == []

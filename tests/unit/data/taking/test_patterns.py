"""Patterns where no shell has filled them in."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_jupyter.data.taking.patterns import filled_in
from mlops_jupyter.errors import BadInput, NotFound


@pytest.fixture
def files(ws):
    names = [
        "data/a.csv", "data/b c.csv", "data/.hidden.csv", "data/x.csv.dvc", "data/sub/d.csv",
        "data/sub/deep/e.csv", "data/sub/f.txt", "data/[odd].csv", ".cache/g.csv", "top.csv",
    ]  # fmt: skip
    for name in names:
        (ws.root / name).parent.mkdir(parents=True, exist_ok=True)
        (ws.root / name).write_text("x")
    (ws.root / "data" / "loop").symlink_to(ws.root / "data")
    return ws


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("top.csv", ["top.csv"]),
        ("none.csv", ["none.csv"]),  # said where it is taken
        ("data/[odd].csv", ["data/[odd].csv"]),
        ("s3://bucket/*.csv", ["s3://bucket/*.csv"]),
        ("*.csv", ["top.csv"]),
        ("data/*.csv", ["data/[odd].csv", "data/a.csv", "data/b c.csv", "data/x.csv"]),
        ("data/[ab]*.csv", ["data/a.csv", "data/b c.csv"]),
        ("data/.h*", ["data/.hidden.csv"]),
        ("data/s*", ["data/sub"]),
        ("data/sub/**/*.csv", ["data/sub/d.csv", "data/sub/deep/e.csv"]),
        ("data/sub/**", ["data/sub/d.csv", "data/sub/deep/e.csv", "data/sub/f.txt"]),
        ("d?ta/sub/d.csv", ["data/sub/d.csv"]),
        ("./data/a*.csv", ["data/a.csv"]),
    ],
)
def test_a_word_stands_for(files, word, found):
    assert filled_in(files, word) == found


def test_links_to_folders_are_no_way_round_in_circles(files):
    assert len(filled_in(files, "**/*.csv")) < 20


def test_paths_count_from_the_current_folder(files, monkeypatch):
    monkeypatch.chdir(files.root / "data" / "sub")
    assert filled_in(files, "*.csv") == ["d.csv"]
    assert filled_in(files, "../a*.csv") == ["../a.csv"]
    everywhere = str(files.root / "data" / "a*.csv")
    assert filled_in(files, everywhere) == [str(files.root / "data" / "a.csv")]


def test_what_matches_nothing_is_said(files):
    with pytest.raises(NotFound, match=r"nothing matches data/\*\.parquet") as error:
        filled_in(files, "data/*.parquet")
    assert "ls data" in error.value.hint


@pytest.mark.parametrize("word", ["../*", "/etc/*.conf", "/**", "~/*"])
def test_nothing_outside_of_the_workspace_is_looked_at(files, word):
    with pytest.raises((BadInput, NotFound)):
        filled_in(files, word)
    assert Path("/etc").is_dir()

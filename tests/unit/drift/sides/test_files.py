"""Folders and patterns as sides: which files are read, and what is said of the others."""

from __future__ import annotations

import os

import pandas as pd
import pytest

from mlops_jupyter.drift.sides import read
from mlops_jupyter.errors import BadInput, NotFound


def write(path, **columns):
    path.parent.mkdir(parents=True, exist_ok=True)
    frame = pd.DataFrame(columns)
    if path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
    elif path.suffix == ".jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_csv(path, index=False)


def told(source):
    return [(note.kind, note.message) for note in source.notes]


def values(source, name):
    return source.frame([name])[name].tolist()


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
@pytest.mark.parametrize("named", ["logs", "logs/*", "logs/**", "l*", "logs/a.*", "logs/[ab]*"])
def test_a_folder_and_patterns_are_one_table(folder, ending, named):
    write(folder.root / "logs" / f"a.{ending}", x=[1, 2])
    write(folder.root / "logs" / f"b.{ending}", x=[3])
    source = read(folder, named, "current")
    both = "a.*" not in named
    assert values(source, "x") == ([1, 2, 3] if both else [1, 2])
    assert source.label == (f"{named} (2 files)" if both else named)
    assert source.reference == named
    assert not source.notes


def test_two_stars_go_through_folders_and_hidden_ones_are_passed_over(folder):
    for place in ("logs/a.csv", "logs/x/y/b.csv", "logs/.hidden/c.csv", "logs/.d.csv"):
        write(folder.root / place, x=[1])
    assert read(folder, "logs/**/*.csv", "current").rows == 2
    assert read(folder, "logs", "current").rows == 2
    assert read(folder, "logs/.hidden/*.csv", "current").rows == 1


def test_a_pattern_that_nothing_fits(folder):
    with pytest.raises(NotFound, match=r"no file fits logs/\*\.csv \(the current\)"):
        read(folder, "logs/*.csv", "current")


def test_a_file_whose_name_looks_like_a_pattern(folder):
    write(folder.root / "june[1].csv", x=[1, 2])
    assert read(folder, "june[1].csv", "current").rows == 2


def test_links_that_go_in_circles_are_not_followed(folder):
    write(folder.root / "logs" / "a.csv", x=[1])
    for name in ("one", "two"):
        (folder.root / "logs" / name).symlink_to(folder.root / "logs", target_is_directory=True)
    assert read(folder, "logs", "current").rows == 1
    assert read(folder, "logs/**/*.csv", "current").rows == 1


def test_a_link_to_a_file_is_read(folder):
    write(folder.root / "kept" / "a.csv", x=[1, 2])
    (folder.root / "logs").mkdir()
    (folder.root / "logs" / "june.csv").symlink_to(folder.root / "kept" / "a.csv")
    assert read(folder, "logs", "current").rows == 2


def test_pipes_and_links_to_nothing_are_left_out_and_said(folder):
    write(folder.root / "logs" / "a.csv", x=[1])
    os.mkfifo(folder.root / "logs" / "pipe.csv")
    (folder.root / "logs" / "gone.csv").symlink_to(folder.root / "nowhere.csv")
    for named in ("logs", "logs/*.csv"):
        source = read(folder, named, "current")
        assert source.rows == 1
        message = f"{named}: gone.csv, pipe.csv left out: no plain files"
        assert told(source) == [("left_out", message)]


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("nowhere.csv")])
def test_a_pipe_or_a_link_to_nothing_alone_is_refused(folder, make):
    make(folder.root / "a.csv")
    with pytest.raises(BadInput, match=r"the current, a\.csv, is no plain file"):
        read(folder, "a.csv", "current")


def test_files_of_another_format_are_left_out_and_said(folder):
    write(folder.root / "logs" / "a.parquet", x=[1])
    write(folder.root / "logs" / "b.parquet", x=[2])
    write(folder.root / "logs" / "c.csv", x=[3])
    (folder.root / "logs" / "notes.md").write_text("what this is")
    source = read(folder, "logs", "current")
    assert source.rows == 2
    message = "logs (2 files): c.csv, notes.md left out: the others are .parquet"
    assert told(source) == [("left_out", message)]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("b.csv", b"", "0 bytes"),
        ("b.csv", b"\x00\x01\x02", "it is no text"),
        ("b.csv", b"PAR1....", "it begins like Parquet"),
    ],
)
def test_a_spoiled_file_among_others_is_left_out_and_said(folder, name, content, why):
    write(folder.root / "logs" / "a.csv", x=[1])
    (folder.root / "logs" / name).write_bytes(content)
    source = read(folder, "logs", "current")
    assert source.rows == 1
    ((kind, message),) = told(source)
    assert kind == "left_out"
    assert name in message
    assert why in message


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_columns_that_come_and_go_are_said(folder, ending):
    write(folder.root / "logs" / f"a.{ending}", x=[1], y=[1])
    write(folder.root / "logs" / f"b.{ending}", x=[2], y=[2])
    write(folder.root / "logs" / f"c.{ending}", x=[3], z=[3])
    source = read(folder, "logs", "current")
    assert sorted(source.names) == ["x", "y", "z"]
    assert source.frame(["y"])["y"].isna().tolist() == [False, False, True]
    assert told(source) == [
        ("files_differ", f"logs (3 files): c.{ending} has no y and has z, which others have not")
    ]


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_types_that_differ_between_files_are_said(folder, ending):
    write(folder.root / "logs" / f"a.{ending}", x=[1, 2])
    write(folder.root / "logs" / f"b.{ending}", x=["a", "b"])
    source = read(folder, "logs", "current")
    assert values(source, "x") == [1, 2, "a", "b"]
    ((kind, message),) = told(source)
    assert kind == "files_differ"
    assert f"in a.{ending}" in message
    assert f"in b.{ending}" in message


def test_whole_numbers_in_one_file_and_fractions_in_another_are_numbers(folder):
    write(folder.root / "logs" / "a.parquet", x=[1, 2])
    write(folder.root / "logs" / "b.parquet", x=[0.5, None])
    source = read(folder, "logs", "current")
    assert not source.notes
    assert source.frame(["x"])["x"].tolist()[:3] == [1.0, 2.0, 0.5]


def test_a_table_of_another_kind_among_others_is_left_out(folder):
    for name in ("a", "b"):
        write(folder.root / "logs" / f"{name}.csv", x=[1], y=[2])
    write(folder.root / "logs" / "stations.csv", station=["JFK"], city=["New York"])
    source = read(folder, "logs", "current")
    assert source.names == ["x", "y"]
    assert told(source)[0] == (
        "left_out",
        "logs (3 files): stations.csv left out: no column of the other files",
    )


def test_folders_named_like_columns_are_columns(folder):
    write(folder.root / "flights" / "year=2013" / "month=1" / "a.parquet", late=[1.5])
    write(folder.root / "flights" / "year=2013" / "month=2" / "a.parquet", late=[2.5, 3.5])
    source = read(folder, "flights", "current")
    assert values(source, "month") == [1, 2, 2]
    assert values(source, "late") == [1.5, 2.5, 3.5]


def test_a_page_that_is_spoiled_is_said_when_it_is_read(folder):
    path = folder.root / "a.parquet"
    write(path, x=list(range(1000)), y=list(range(1000)))
    content = bytearray(path.read_bytes())
    content[4:40] = bytes(36)
    path.write_bytes(content)
    source = read(folder, "a.parquet", "current")
    assert values(source, "y") == list(range(1000))
    with pytest.raises(BadInput, match=r"x of a\.parquet cannot be read"):
        source.frame(["x"])

"""The data that a run read, brought back: beside what is there now, or in its place."""

from __future__ import annotations

import time
from pathlib import Path

import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

import mlops_jupyter as mlops
from mlops_jupyter.data.catalog import automatic
from mlops_jupyter.errors import Conflict, NotFound

WEEK = pd.DataFrame({"day": range(7), "late": [3.0, 5.0, 2.0, 9.0, 4.0, 1.0, 7.0]})
WIND = pd.DataFrame({"day": range(7), "wind": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]})


def wait_for(found, seconds=120):
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end
        time.sleep(0.05)


def train(**more):
    with mlops.track("flights"):
        frame = pd.read_csv("week.csv").merge(pd.read_csv("wind.csv"))
        for path in more.values():
            frame = frame.merge(pd.read_csv(path))
        LinearRegression().fit(frame[["wind"]], frame["late"])


@pytest.fixture
def trained(workspace):
    """Two files, one of which has a version; both are overwritten since."""
    WEEK.to_csv("week.csv", index=False)
    WIND.to_csv("wind.csv", index=False)
    mlops.data.snapshot(workspace, "week.csv")
    train()
    wait_for(lambda: automatic.read(workspace))
    for name in ("week.csv", "wind.csv"):
        Path(name).write_text("gone\n")


@pytest.mark.usefixtures("trained")
def test_into_a_folder(workspace):
    done = mlops.checkout(workspace, "run:last", to="then")
    assert {each.path for each in done.restored} == {"then/week.csv", "then/wind.csv"}
    assert pd.read_csv("then/week.csv").equals(WEEK)
    assert pd.read_csv("then/wind.csv").equals(WIND)
    assert Path("week.csv").read_text() == "gone\n"
    assert "then/wind.csv" in done.to_text()
    assert "then/wind.csv" in done.to_html()
    again = mlops.checkout(workspace, "run:last", to="then")
    assert all(each.unchanged for each in again.restored)
    assert "nothing was written" in again.to_text()


@pytest.mark.usefixtures("trained")
def test_in_place_never_over_what_no_version_has(workspace):
    with pytest.raises(Conflict, match="2 of the 2"):
        mlops.checkout(workspace, "run:last")
    assert Path("wind.csv").read_text() == "gone\n"
    done = mlops.checkout(workspace, "run:last", force=True)
    assert pd.read_csv("wind.csv").equals(WIND)
    assert [Path(each.replaced).read_text() for each in done.restored] == ["gone\n"] * 2


def test_what_was_read_outside_is_said_not_to_be_kept(workspace, tmp_path):
    for name, frame in (("week", WEEK), ("wind", WIND)):
        frame.to_csv(f"{name}.csv", index=False)
        mlops.data.snapshot(workspace, f"{name}.csv")
    outside = tmp_path / "outside.csv"
    WEEK.assign(x=1)[["day", "x"]].to_csv(outside, index=False)
    train(more=outside)
    done = mlops.checkout(workspace, "run:last")
    assert [Path(each).name for each in done.not_kept] == ["outside.csv"]
    assert "not kept" in done.to_text()


def test_a_run_without_data(workspace):
    with mlops.track("flights"):
        mlops.log({"x": 1.0})
    with pytest.raises(NotFound, match="nothing that run:"):
        mlops.checkout(workspace, "run:last")


def test_two_files_of_one_name_do_not_meet_in_the_folder(workspace):
    for place, frame in (("first", WEEK), ("second", WIND)):
        Path(place).mkdir()
        frame.to_csv(f"{place}/days.csv", index=False)
        mlops.data.snapshot(workspace, f"{place}/days.csv", name=place)
    with mlops.track("flights"):
        frame = pd.read_csv("first/days.csv").merge(pd.read_csv("second/days.csv"))
        LinearRegression().fit(frame[["wind"]], frame["late"])
    done = mlops.checkout(workspace, "run:last", to="then")
    assert {each.path for each in done.restored} == {"then/first/days.csv", "then/second/days.csv"}
    assert pd.read_csv("then/first/days.csv").equals(WEEK)
    assert pd.read_csv("then/second/days.csv").equals(WIND)


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize("free", ["week.csv", "wind.csv"])
def test_what_stands_in_the_way_of_one_does_not_hold_up_the_other(workspace, free):
    Path(free).unlink()
    with pytest.raises(Conflict, match="1 of the 2"):
        mlops.checkout(workspace, "run:last")
    assert pd.read_csv(free).equals({"week.csv": WEEK, "wind.csv": WIND}[free])
    (held,) = {"week.csv", "wind.csv"} - {free}
    assert Path(held).read_text() == "gone\n"

"""What becomes of an object that is logged."""

from __future__ import annotations

import datetime as dt
import io
import json
import math
from pathlib import Path

import altair as alt
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from matplotlib.figure import Figure
from PIL import Image
from sklearn.linear_model import LogisticRegression

from mlops_jupyter.errors import BadInput
from mlops_jupyter.mime import MIME_TYPE
from mlops_jupyter.tracking.log.contents import contents_of, kind_of
from mlops_jupyter.tracking.run_parts import Artifact
from mlops_jupyter.workspace import Workspace

PNG = b"\x89PNG"


@pytest.fixture
def figure():
    made = Figure()
    made.add_subplot().plot([1, 2])
    return made


def test_a_figure_is_a_picture(figure):
    assert contents_of(figure)[".png"].startswith(PNG)
    assert contents_of(figure.axes[0])[".png"].startswith(PNG)
    assert b"<svg" in contents_of(figure, ".svg")[".svg"]
    assert list(contents_of(figure, ".xyz")) == [".png"]


def test_a_figure_is_named_after_its_title(figure):
    assert kind_of(figure) == "figure"
    figure.axes[0].set_title("ROC of\n the/forest")
    assert kind_of(figure.axes[0]) == "ROC of the-forest"
    figure.suptitle("All curves")
    assert kind_of(figure) == "All curves"


def test_a_plotly_figure_is_a_page_and_its_json():
    made = contents_of(go.Figure(go.Scatter(y=[1, 3])))
    assert json.loads(made[".json"])["data"][0]["y"] == [1, 3]
    assert b"<html" in made[".html"]
    assert len(made[".html"]) < 100_000


def test_an_altair_chart_is_a_page_and_its_vega_lite():
    chart = alt.Chart(pd.DataFrame({"a": [1, 2]})).mark_line().encode(y="a")
    made = contents_of(chart)
    assert json.loads(made[".vl.json"])["encoding"]["y"]["field"] == "a"
    assert b"<html" in made[".html"] or b"<!DOCTYPE html" in made[".html"]
    assert kind_of(chart) == "chart"


def test_an_image_comes_back():
    made = contents_of(Image.new("RGB", (3, 2), "red"))
    back = Image.open(io.BytesIO(made[".png"]))
    assert (back.size, back.getpixel((0, 0))) == ((3, 2), (255, 0, 0))


def test_a_pandas_frame_comes_back_with_a_head_to_read():
    frame = pd.DataFrame({"a": range(100), "b": ["x, y"] * 100}, index=range(5, 105))
    made = contents_of(frame)
    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(made[".parquet"])), frame)
    head = pd.read_csv(io.BytesIO(made[".head.csv"]), index_col=0)
    assert list(head["a"]) == list(range(20))
    assert list(contents_of(frame, ".csv")) == [".csv"]


def test_what_parquet_has_no_form_for_is_kept_as_csv():
    mixed = pd.DataFrame({"a": [1, "x", {1, 2}]})
    assert list(contents_of(mixed)) == [".csv"]
    twice = pd.DataFrame([[1, 2]], columns=["a", "a"])
    assert list(contents_of(twice)) == [".csv"]


def test_series_and_columns_without_names():
    made = contents_of(pd.Series([1.5, 2.5]))
    assert pd.read_parquet(io.BytesIO(made[".parquet"])).to_numpy().tolist() == [[1.5], [2.5]]
    assert ".parquet" in contents_of(pd.DataFrame(np.eye(2)))


def test_a_frame_is_left_as_it_was():
    frame = pd.DataFrame(np.eye(2))
    contents_of(frame)
    assert list(frame.columns) == [0, 1]


def test_polars_and_arrow_come_back():
    frame = pl.DataFrame({"a": [1, 2]})
    assert pl.read_parquet(contents_of(frame)[".parquet"]).equals(frame)
    assert contents_of(frame)[".head.csv"] == b"a\n1\n2\n"
    assert list(contents_of(pl.DataFrame({"a": [[1], [2]]}))) == [".parquet"]
    assert ".parquet" in contents_of(pl.Series("a", [1, 2]))
    table = pa.table({"a": [1, 2]})
    assert pq.read_table(io.BytesIO(contents_of(table)[".parquet"])).equals(table)


def test_an_array_comes_back_and_is_never_pickled():
    made = contents_of(np.arange(6).reshape(2, 3))
    assert np.load(io.BytesIO(made[".npy"])).tolist() == [[0, 1, 2], [3, 4, 5]]
    with pytest.raises(BadInput, match="array of objects"):
        contents_of(np.array([object()]))


def test_json_data_with_what_json_has_no_word_for():
    value = {
        "depth": np.int64(3),
        "weights": np.array([1.0, 2.0]),
        "day": dt.date(2026, 1, 2),
        "names": {"b", "a"},
        "path": Path("a/b"),
        "ü": None,
    }
    assert json.loads(contents_of(value)[".json"]) == {
        "depth": 3,
        "weights": [1.0, 2.0],
        "day": "2026-01-02",
        "names": ["a", "b"],
        "path": "a/b",
        "ü": None,
    }
    assert math.isnan(json.loads(contents_of([math.nan])[".json"])[0])


@pytest.mark.parametrize("value", [{"a": object()}, [object()], {("a", "b"): 1}])
def test_what_is_no_json_data_is_refused(value):
    with pytest.raises(BadInput, match="no JSON data"):
        contents_of(value)


def test_text_is_written_as_it_is():
    assert contents_of("größe\n") == {".txt": "größe\n".encode()}
    assert contents_of("# title", ".md") == {".md": b"# title"}
    assert contents_of("half \ud800") == {".txt": b"half ?"}


def test_what_shows_itself_in_a_notebook_is_kept_as_it_shows_itself():
    class Shown:
        def _repr_mimebundle_(self, **_kwargs):
            return {"text/plain": "x", "text/html": "<b>x</b>", MIME_TYPE: {"x": 1}}, {}

        def _repr_png_(self):
            return b"not this one"

    assert contents_of(Shown()) == {".html": b"<b>x</b>", ".json": b'{\n  "x": 1\n}\n'}

    class Drawn:
        def _repr_html_(self):
            return None

        def _repr_png_(self):
            return PNG, {"width": 3}

    assert contents_of(Drawn()) == {".png": PNG}
    assert ".html" in contents_of(pd.DataFrame({"a": [1]}).style)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (object(), "nothing to show"),
        (Workspace, "nothing to show"),
        (Artifact(path="x"), "nothing to show"),
        (LogisticRegression(), "is a model"),
    ],
)
def test_what_nothing_can_be_made_of_is_refused(value, told):
    with pytest.raises(BadInput, match=told):
        contents_of(value)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("text", "text"),
        ({"a": 1}, "data"),
        (pd.DataFrame({"get_title": [1]}), "table"),
        (np.eye(2), "array"),
        (Image.new("L", (1, 1)), "image"),
        (go.Figure(), "figure"),
        (object(), "object"),
    ],
)
def test_an_object_without_a_name_is_named_after_its_kind(value, name):
    assert kind_of(value) == name


def test_credentials_in_text_and_data_are_masked():
    key = "AKIA" + "IOSFODNN7" + "ABCDEFG"
    (text,) = contents_of(f"aws key {key}").values()
    (data,) = contents_of({"notes": [f"the key is {key}"], "password": "hunter2-long"}).values()
    assert key.encode() not in text + data
    assert b"hunter2" not in data
    assert b"aws key" in text

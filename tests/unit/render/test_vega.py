"""Static pictures of charts."""

import base64
import io
import re
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from mlops_jupyter.render import vega

SPEC = {
    "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
    "data": {"values": [{"x": i, "y": (i * 7) % 5, "n": "<b>&"} for i in range(60)]},
    "mark": "line",
    "encoding": {
        "x": {"field": "x", "type": "quantitative"},
        "y": {"field": "y", "type": "quantitative"},
        "color": {"field": "n", "type": "nominal"},
    },
}


def test_a_picture_carries_its_content_and_says_what_it_shows():
    shown = str(vega.picture(SPEC, alt='"a" <b>'))
    source = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', shown)
    svg = base64.b64decode(source[1]).decode()
    assert ET.fromstring(svg).tag.endswith("svg")
    assert "&lt;b&gt;&amp;" in svg
    assert 'alt="&#34;a&#34; &lt;b&gt;"' in shown
    assert "http" not in re.sub(r'xmlns(:xlink)?="[^"]+"', "", svg)


def test_a_picture_has_no_paper_of_its_own():
    bitmap = Image.open(io.BytesIO(vega.png(SPEC)))
    bitmap.load()
    assert bitmap.mode == "RGBA"
    assert bitmap.getpixel((0, 0))[3] == 0
    assert len(vega.png(SPEC)) < 60_000


def test_an_output_has_a_form_for_every_viewer_and_no_way_out():
    data, metadata = vega.output(SPEC, alt="what it shows")
    assert list(data) == [vega.VEGALITE, "image/png", "text/plain"]
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert data["text/plain"] == "what it shows"
    actions = metadata[vega.VEGALITE]["embed_options"]["actions"]
    assert actions["editor"] is False


@pytest.mark.parametrize(
    "part",
    [
        {"data": {"url": "https://example.org/x.json"}},
        {"data": {"url": "file:///etc/passwd"}},
        {"layer": [{"data": {"url": "x.csv"}, "mark": "bar"}]},
        {"encoding": {"href": {"field": "n"}}},
    ],
)
def test_a_specification_that_names_a_url_is_refused(part):
    with pytest.raises(ValueError, match="inside"):
        vega.svg(SPEC | part)


def test_data_may_hold_the_word_url():
    assert vega.svg(SPEC | {"data": {"values": [{"x": 1, "y": 1, "url": "x"}]}})


@pytest.mark.parametrize("character", ["\x1b", "\x00", "\ufffe", "\ud800", "\x0b"])
def test_a_name_with_characters_that_no_picture_may_hold_is_drawn(character):
    name = f"run {character}[2J"
    spec = {
        "title": name,
        "data": {"values": [{"x": 1, "name": name}, {"x": 2, "name": name}]},
        "mark": "bar",
        "encoding": {
            "x": {"field": "x", "type": "quantitative"},
            "y": {"field": "name", "type": "nominal", "sort": [name]},
        },
    }
    drawn = vega.svg(spec)
    assert character not in drawn
    assert "run �[2J" in drawn
    assert vega.png(spec).startswith(b"\x89PNG")

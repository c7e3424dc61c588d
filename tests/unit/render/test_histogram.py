"""The picture in the card."""

from __future__ import annotations

import base64
import re
import xml.etree.ElementTree as ET

from mlops_jupyter.render.histogram import HEIGHT, histogram

HOSTILE = "<img src=x onerror=alert(1)>\"'&\x00\x1b[2J\ud800\u202e"


def svg_of(picture):
    encoded = re.search(r"base64,([^\"]+)", str(picture))[1]
    return ET.fromstring(base64.b64decode(encoded))


def words(picture):
    return [el.text for el in svg_of(picture).iter() if el.tag.endswith("}text")]


def test_it_is_an_image_that_needs_no_style_sheet():
    picture = str(histogram([0.5, 0.5], [1, 0], alt="two bins"))
    assert picture.startswith('<img src="data:image/svg+xml;base64,')
    assert 'alt="two bins"' in picture
    assert "<svg" not in picture


def test_both_are_scaled_to_the_highest():
    paths = [el.get("d") for el in svg_of(histogram([0.2, 0.4], [0.8, 0.2], alt=""))[:2]]
    assert paths == [
        f"M0 {HEIGHT}V33H90V22H180V{HEIGHT}",
        f"M0 {HEIGHT}V0H90V33H180V{HEIGHT}",
    ]


def test_bars_with_names_stand_apart():
    svg = svg_of(histogram([1, 1], [1, 1], alt="", labels=["EWR", "JFK"]))
    assert words(histogram([1, 1], [1, 1], alt="", labels=["EWR", "JFK"])) == ["EWR", "JFK"]
    assert svg[0].get("d").count("M") == 2


def test_names_that_would_be_cut_to_the_same_are_left_out():
    names = [f"2013-01-{day:02}" for day in range(1, 8)]
    assert words(histogram([1] * 7, [1] * 7, alt="", labels=names)) == []


def test_hostile_names_are_text():
    picture = histogram([1], [1], alt=HOSTILE, labels=[HOSTILE])
    assert "<img src=x" not in str(picture)
    assert words(picture)[0].startswith("<img src=x")
    ends = histogram([1], [1], alt="", ends=(HOSTILE, HOSTILE))
    assert len(words(ends)) == 2


def test_nothing_to_draw():
    assert svg_of(histogram([], [], alt="")) is not None
    assert svg_of(histogram([0, 0], [0, 0], alt="")) is not None

"""Charts as static pictures and as outputs of a notebook, from one Vega-Lite specification.

Pictures are drawn by vl-convert inside this process, without a browser and without network: a
specification that names anything outside itself is refused before it is drawn.
"""

from __future__ import annotations

import base64
import re
import struct
import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlops_jupyter.render import html

if TYPE_CHECKING:
    from mlops_jupyter.render.html import Markup

VEGALITE = "application/vnd.vegalite.v5+json"
# The newest 5.x that vl-convert brings; JupyterLab's own is a 5 as well.
_VERSION = "5.21"
_INK = "#7b7b7b"
_GRID = "rgba(128,128,128,0.25)"
# A picture sees no style sheet: ink that reads on light and on dark, on no paper of its own.
_CONFIG: dict[str, Any] = {
    "background": "transparent",
    "font": "sans-serif",
    "title": {"color": _INK, "subtitleColor": _INK},
    "axis": {
        "labelColor": _INK,
        "titleColor": _INK,
        "domainColor": _INK,
        "tickColor": _INK,
        "gridColor": _GRID,
    },
    "legend": {"labelColor": _INK, "titleColor": _INK},
    "text": {"fill": _INK},
}
_NO_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
# Data stays in the notebook: no "open in the Vega editor", which sends it to a web site.
_EMBEDDING = {
    "renderer": "svg",
    "actions": {"export": True, "source": False, "compiled": False, "editor": False},
}


def svg(spec: Mapping[str, Any]) -> str:
    """Draw a specification.

    Examples
    --------
    >>> svg({"data": {"values": [{"x": 1}]}, "mark": "point"})[:5]
    '<svg '
    """
    import vl_convert

    return str(
        vl_convert.vegalite_to_svg(
            _alone(spec), vl_version=_VERSION, config=_CONFIG, allowed_base_urls=[]
        )
    )


def png(spec: Mapping[str, Any], *, scale: float = 1.5) -> bytes:
    """Draw a specification as a bitmap, for viewers that take nothing else."""
    import vl_convert

    return _packed(
        vl_convert.vegalite_to_png(
            _alone(spec), vl_version=_VERSION, config=_CONFIG, scale=scale, allowed_base_urls=[]
        )
    )


def picture(spec: Mapping[str, Any], *, alt: str) -> Markup:
    """Return a static picture as an ``<img>`` that carries its content.

    Inline ``<svg>`` would be dropped from outputs that are not trusted.
    """
    encoded = base64.b64encode(svg(spec).encode("utf-8", "replace")).decode("ascii")
    return html.element(
        "img",
        src=f"data:image/svg+xml;base64,{encoded}",
        alt=alt,
        title=alt,
        style="max-width:100%",
    )


def output(spec: Mapping[str, Any], *, alt: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return data and metadata of a notebook output: interactive, a bitmap, and words.

    JupyterLab takes the first; VS Code, GitHub and nbconvert what they know.
    """
    data = {
        VEGALITE: dict(spec),
        "image/png": base64.b64encode(png(spec)).decode("ascii"),
        "text/plain": alt,
    }
    return data, {VEGALITE: {"embed_options": _EMBEDDING}}


def _packed(drawn: bytes) -> bytes:
    """Return the same bitmap in a quarter of the bytes: it was packed for speed."""
    kept, content, place = [drawn[:8]], b"", 8
    while place < len(drawn):
        length, kind = struct.unpack(">I4s", drawn[place : place + 8])
        if kind == b"IDAT":
            content += drawn[place + 8 : place + 8 + length]
        elif kind != b"IEND":
            kept.append(drawn[place : place + 12 + length])
        place += 12 + length
    for kind, body in ((b"IDAT", zlib.compress(zlib.decompress(content), 9)), (b"IEND", b"")):
        kept += [struct.pack(">I", len(body)), kind, body]
        kept.append(struct.pack(">I", zlib.crc32(kind + body)))
    return b"".join(kept)


def _alone(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a specification that needs nothing from elsewhere.

    Raises
    ------
    ValueError
        It names a URL to load.
    """
    pending: list[Any] = [spec]
    while pending:
        part = pending.pop()
        if isinstance(part, Mapping):
            if "url" in part or "href" in part:
                raise ValueError("a chart must have its data inside, and names a URL")
            pending += [value for key, value in part.items() if key != "values"]
        elif isinstance(part, (list, tuple)):
            pending += part
    return {key: _drawable(value) for key, value in spec.items()}


def _drawable(part: Any) -> Any:
    """Return the same without characters that no XML may hold: the drawer ends the process."""
    if isinstance(part, str):
        return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", part)
    if isinstance(part, Mapping):
        return {_drawable(key): _drawable(value) for key, value in part.items()}
    if isinstance(part, (list, tuple)):
        return [_drawable(each) for each in part]
    return part

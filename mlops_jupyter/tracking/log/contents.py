"""What becomes of a live object that is logged: files, as bytes, made at once.

Libraries are told by the module of an object's class: what is logged was imported by the user,
and nothing is imported to find out.
"""

from __future__ import annotations

import datetime as dt
import io
import json
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from mlops_jupyter.errors import BadInput
from mlops_jupyter.tracking.capture.masking import Masker, of_this_process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Ending of a file -> its content.
Contents = dict[str, bytes]

_PREVIEW_ROWS = 20
_FIGURE_FORMATS = (".png", ".svg", ".pdf", ".jpg")
# What an object says of itself, the richest first.
_RICH = {
    "text/html": ".html",
    "image/svg+xml": ".svg",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "text/markdown": ".md",
    "text/latex": ".tex",
}
_REPR_METHODS = {
    "_repr_html_": "text/html",
    "_repr_svg_": "image/svg+xml",
    "_repr_png_": "image/png",
    "_repr_jpeg_": "image/jpeg",
    "_repr_markdown_": "text/markdown",
    "_repr_latex_": "text/latex",
    "_repr_json_": "application/json",
}


def contents_of(value: Any, ending: str = "") -> Contents:
    r"""Return the files that stand for an object.

    Parameters
    ----------
    value : object
        A figure, frame, array, image, text, JSON data, or whatever shows itself in a notebook.
    ending : str
        The ending that was asked for, such as ``".csv"`` for a frame, where there is a choice.

    Raises
    ------
    BadInput
        Nothing readable could be made of it.

    Examples
    --------
    >>> contents_of({"depth": 3})
    {'.json': b'{\n  "depth": 3\n}\n'}
    >>> list(contents_of("free text", ".md"))
    ['.md']
    """
    if isinstance(value, str):
        return {ending or ".txt": of_this_process().text(value).encode("utf-8", "replace")}
    if isinstance(value, (dict, list, tuple)):
        plain = json.loads(_json(value))
        return {".json": _json(_masked(plain, of_this_process()))}
    for library, kind, make in _KINDS:
        if _is_a(value, library, kind):
            return make(value, ending)
    if hasattr(value, "fit") or hasattr(value, "predict"):
        raise BadInput(
            f"a {type(value).__name__} is a model",
            "a tracked cell keeps the model when it is fitted; otherwise: mlflow.*.log_model",
        )
    found = _rich(value)
    if not found:
        raise BadInput(
            f"nothing to show is known of a {type(value).__name__}",
            "log a figure, a frame, text, JSON data, or a file: --file PATH",
        )
    return found


def kind_of(value: Any) -> str:
    """Return a name for an object that was given none.

    Examples
    --------
    >>> kind_of("free text"), kind_of([1, 2])
    ('text', 'data')
    """
    if isinstance(value, str):
        return "text"
    for library, kind, _ in _KINDS:
        if _is_a(value, library, kind):
            return (library == "matplotlib" and _title(value)) or _NOUNS.get(kind, "table")
    return "data" if isinstance(value, (dict, list, tuple)) else type(value).__name__.lower()


def _is_a(value: Any, library: str, kind: str) -> bool:
    return any(
        base.__name__ == kind and base.__module__.partition(".")[0] == library
        for base in type(value).__mro__
    )


def _title(value: Any) -> str:
    """Return the title of a figure of matplotlib's, as far as it can be a name."""
    title = getattr(value, "get_suptitle", str)() or getattr(value, "get_title", str)()
    return " ".join(str(title).split()).replace("/", "-")[:60]


def _matplotlib(value: Any, ending: str) -> Contents:
    figure = getattr(value, "figure", None) or value
    chosen = ending if ending in _FIGURE_FORMATS else ".png"
    buffer = io.BytesIO()
    figure.savefig(buffer, format=chosen[1:], bbox_inches="tight")
    return {chosen: buffer.getvalue()}


def _plotly(value: Any, _ending: str) -> Contents:
    # The library stays out of the page: it is 4.5 MB, the same in each.
    page = value.to_html(include_plotlyjs="cdn")
    return {".html": page.encode(), ".json": value.to_json().encode()}


def _altair(value: Any, _ending: str) -> Contents:
    return {".html": value.to_html().encode(), ".vl.json": value.to_json().encode()}


def _image(value: Any, ending: str) -> Contents:
    chosen = ".jpg" if ending in (".jpg", ".jpeg") else ".png"
    buffer = io.BytesIO()
    value.save(buffer, format="JPEG" if chosen == ".jpg" else "PNG")
    return {ending or chosen: buffer.getvalue()}


def _array(value: Any, _ending: str) -> Contents:
    import numpy as np

    buffer = io.BytesIO()
    try:
        np.save(buffer, value, allow_pickle=False)
    except ValueError:
        raise BadInput(
            "an array of objects cannot be kept as one", "make it a list, or a frame"
        ) from None
    return {".npy": buffer.getvalue()}


def _pandas(value: Any, ending: str) -> Contents:
    frame = value.to_frame() if not hasattr(value, "columns") else value
    if ending == ".csv":
        return {".csv": frame.to_csv().encode()}
    buffer = io.BytesIO()
    try:
        # Parquet takes text alone for names of columns.
        frame.rename(columns=str).to_parquet(buffer)
    except (ValueError, TypeError, OverflowError):  # pyarrow's errors are of these kinds
        return {".csv": frame.to_csv().encode()}
    preview = frame.head(_PREVIEW_ROWS).to_csv().encode()
    return {".parquet": buffer.getvalue(), ".head.csv": preview}


def _polars(value: Any, ending: str) -> Contents:
    frame = value if hasattr(value, "columns") else value.to_frame()
    if ending == ".csv":
        return {".csv": frame.write_csv().encode()}
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    preview = frame.head(_PREVIEW_ROWS)
    try:
        return {".parquet": buffer.getvalue(), ".head.csv": preview.write_csv().encode()}
    except Exception as error:
        if type(error).__module__.partition(".")[0] != "polars":
            raise
        return {".parquet": buffer.getvalue()}  # lists and structs have no form in CSV


def _arrow(value: Any, _ending: str) -> Contents:
    import pyarrow.parquet

    buffer = io.BytesIO()
    pyarrow.parquet.write_table(value, buffer)
    return {".parquet": buffer.getvalue()}


# Library, class -> what makes files of it; subclasses count.
_KINDS: list[tuple[str, str, Callable[[Any, str], Contents]]] = [
    ("matplotlib", "FigureBase", _matplotlib),
    ("matplotlib", "Axes", _matplotlib),
    ("seaborn", "Grid", _matplotlib),
    ("plotly", "BaseFigure", _plotly),
    ("altair", "TopLevelMixin", _altair),
    ("PIL", "Image", _image),
    ("numpy", "ndarray", _array),
    ("pandas", "DataFrame", _pandas),
    ("pandas", "Series", _pandas),
    ("polars", "DataFrame", _polars),
    ("polars", "Series", _polars),
    ("pyarrow", "Table", _arrow),
]
_NOUNS = {
    "FigureBase": "figure",
    "Axes": "figure",
    "Grid": "figure",
    "BaseFigure": "figure",
    "TopLevelMixin": "chart",
    "Image": "image",
    "ndarray": "array",
}


def _masked(value: Any, masker: Masker) -> Any:
    """Mask what looks like a credential in text, at any depth, judged by its key as well."""
    if isinstance(value, str):
        return masker.text(value)
    if isinstance(value, dict):
        return {
            key: masker.value(str(key), each) if isinstance(each, str) else _masked(each, masker)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [_masked(each, masker) for each in value]
    return value


def _json(value: Any) -> bytes:
    try:
        text = json.dumps(value, indent=2, ensure_ascii=False, default=_plain)
    except (TypeError, ValueError) as error:
        raise BadInput(f"this is no JSON data: {error}", "log text, or a frame") from None
    return (text + "\n").encode("utf-8", "replace")


def _plain(value: Any) -> Any:
    """Return what JSON has no word for as what it has: numbers of NumPy, dates, paths, sets."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=str)
    if isinstance(value, PurePath):
        return str(value)
    raise TypeError(f"it holds a {type(value).__name__}")


def _rich(value: Any) -> Contents:
    """Return the richest form an object shows itself in, and its JSON where it has one."""
    found: Contents = {}
    for kind, content in _shown(value):
        if kind in _RICH and not any(ending != ".json" for ending in found):
            found[_RICH[kind]] = content if isinstance(content, bytes) else str(content).encode()
        elif kind.endswith("json") and ".json" not in found and not isinstance(content, bytes):
            found[".json"] = content.encode() if isinstance(content, str) else _json(content)
    return found


def _shown(value: Any) -> Iterator[tuple[str, Any]]:
    bundle = _call(value, "_repr_mimebundle_")
    if isinstance(bundle, tuple):
        bundle = bundle[0]
    shown = dict(bundle) if isinstance(bundle, dict) else {}
    for method, kind in _REPR_METHODS.items():
        if kind not in shown:
            content = _call(value, method)
            shown[kind] = content[0] if isinstance(content, tuple) else content
    order = [*_RICH, *(kind for kind in shown if kind not in _RICH)]
    return ((kind, shown[kind]) for kind in order if shown.get(kind) is not None)


def _call(value: Any, method: str) -> Any:
    found = getattr(value, method, None)
    # A class shows itself through its instances only.
    return found() if callable(found) and not isinstance(value, type) else None

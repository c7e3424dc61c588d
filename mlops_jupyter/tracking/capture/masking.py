"""Masking: no credential leaves the kernel in code, outputs, parameters or errors.

In code a literal becomes ``mlops.secret("NAME")``, so that the code still runs with the value in
the environment; elsewhere it becomes ``***``.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, NamedTuple

from mlops_jupyter import credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlops_jupyter.credentials import Span

STARS = "***"
# Pictures and the like hold no text; what they look like by chance is no credential.
_NO_TEXT = ("image/", "audio/", "video/", "font/", "application/pdf", "application/octet-stream")
_CACHED = 2000


class Masked(NamedTuple):
    """A source without credentials.

    Attributes
    ----------
    text : str
        The source.
    secrets : tuple of str
        Names that it asks the environment for.
    blind : bool
        Whether something was masked where no code can fetch it.
    touched : bool
        Whether anything was masked, be it in a comment.
    """

    text: str
    secrets: tuple[str, ...] = ()
    blind: bool = False
    touched: bool = False


class Masker:
    """Masks, and remembers the credentials it has seen: outputs may repeat them."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._sources: OrderedDict[bytes, tuple[int, Masked]] = OrderedDict()
        self._known: re.Pattern[str] | None = None
        self._lock = threading.RLock()

    @property
    def generation(self) -> int:
        """Grows with every new credential: what was masked before may hold it."""
        return len(self._names)

    def source(self, source: str) -> Masked:
        """Mask the source of a cell or a module.

        Parameters
        ----------
        source : str
            Python, IPython's lines and cell magics included.
        """
        from mlops_jupyter.tracking.capture.source_masking import mask

        key = hashlib.sha256(source.encode(errors="surrogatepass")).digest()
        with self._lock:
            known = self._sources.get(key)
            if known is not None:
                since = list(self._names)[known[0] :]
                if not any(value in source for value in since):
                    self._sources[key] = (self.generation, known[1])
                    return known[1]
            masked = mask(source, self)
            self._sources[key] = (self.generation, masked)
            if len(self._sources) > _CACHED:
                self._sources.popitem(last=False)
            return masked

    def text(self, text: str) -> str:
        """Mask running text: an error, a line of output."""
        for span in reversed(self.spans(text)):
            text = text[: span.start] + STARS + text[span.end :]
        return text

    def value(self, name: str, value: str) -> str:
        """Mask a parameter's value, judged by its name too."""
        return STARS if credentials.named_secret(name, value) else self.text(value)

    def output(self, output: Mapping[str, Any]) -> dict[str, Any]:
        """Mask an output of a cell, as nbformat has it."""
        return {
            key: self._bundle(value) if key == "data" and isinstance(value, dict)
            else value if key in ("output_type", "metadata", "name", "execution_count")
            else self._inside(value)
            for key, value in output.items()
        }  # fmt: skip

    def spans(self, text: str) -> list[Span]:
        """Find what is to be masked in running text."""
        found = credentials.in_text(text)
        if self._known is not None:
            found += [credentials.Span(*match.span()) for match in self._known.finditer(text)]
            found = credentials.apart(found)
        return found

    def knows(self, value: str) -> bool:
        """Whether a literal is a credential seen elsewhere."""
        return value in self._names

    def name_for(self, value: str, hint: str) -> str:
        """Return the name of a credential, the same for the same value.

        Parameters
        ----------
        value : str
            The credential.
        hint : str
            What the code calls it.
        """
        with self._lock:
            if value not in self._names:
                self._names[value] = self._free_name(hint)
                self._known = _pattern(self._names)
            return self._names[value]

    def _free_name(self, hint: str) -> str:
        parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", hint)
        name = re.sub(r"[^A-Za-z0-9]+", "_", parted).strip("_").upper()
        if not credentials.telling(name):
            # Never the name of something else in the environment: USER, HOST, DATABASE_URL.
            name = f"{name}_SECRET" if name else "SECRET"
        if name[0].isdigit():
            name = f"SECRET_{name}"
        taken = set(self._names.values())
        number = 2
        free = name
        while free in taken:
            free = f"{name}_{number}"
            number += 1
        return free

    def _bundle(self, data: Mapping[str, Any]) -> dict[str, Any]:
        return {
            mime: content if mime.startswith(_NO_TEXT) and not mime.startswith("image/svg")
            else self._inside(content) if self._suspicious(content) else content
            for mime, content in data.items()
        }  # fmt: skip

    def _suspicious(self, content: Any) -> bool:
        """Whether to look at each part: a chart's data has a hundred thousand of them."""
        if isinstance(content, str):
            return True
        return bool(self.spans(json.dumps(content, default=str)))

    def _inside(self, value: Any, name: str = "") -> Any:
        if isinstance(value, str):
            return self.value(name, value) if name else self.text(value)
        if isinstance(value, list):
            return [self._inside(entry) for entry in value]
        if isinstance(value, dict):
            return {key: self._inside(entry, str(key)) for key, entry in value.items()}
        return value


@functools.cache
def of_this_process() -> Masker:
    """Return the masker that all captures of this process share."""
    return Masker()


def _pattern(values: Mapping[str, str]) -> re.Pattern[str] | None:
    """Match the known values, where they stand alone: a short one may be part of a word."""
    wanted = sorted((v for v in values if len(v) >= 5), key=len, reverse=True)
    if not wanted:
        return None
    return re.compile("|".join(rf"(?<!\w){re.escape(v)}(?!\w)" for v in wanted))

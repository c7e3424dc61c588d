"""Results: what every verb returns, and the events of long ones.

A Result is a frozen pydantic model. It knows its JSON (``to_dict``), and asks its room's view for
HTML and text; notebooks show it through ``_repr_mimebundle_``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field

from mlops_jupyter.errors import BadInput
from mlops_jupyter.mime import MIME_TYPE


class Record(BaseModel):
    """A frozen part of a Result.

    Numbers that JSON has no word for (NaN, infinities) become ``null``.
    """

    # Built when one is first made: a command that starts pays for those it uses.
    model_config = ConfigDict(frozen=True, ser_json_inf_nan="null", defer_build=True)


class Result(Record):
    """What a verb returns.

    Subclasses set ``kind`` and ``schema_version`` and define `to_text` and `to_html`.
    A field may be added without a new version; one that is taken away or means something else
    needs one.
    """

    kind: ClassVar[str]
    schema_version: ClassVar[int] = 1

    def to_dict(self) -> dict[str, Any]:
        """Return the Result as strict JSON data, with ``kind`` and ``schema_version``."""
        content = json.loads(self.model_dump_json())
        return {"kind": self.kind, "schema_version": self.schema_version, **content}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Self:
        """Read a Result back, also one written by an earlier version.

        Raises
        ------
        BadInput
            It is of another kind, or was written by a later version.
        """
        kind, version = content.get("kind"), content.get("schema_version", 1)
        if kind != cls.kind:
            raise BadInput(f"this is a {kind!r}, not a {cls.kind!r}")
        if not isinstance(version, int) or version > cls.schema_version:
            raise BadInput(
                f"{kind} has schema version {version}; this version reads up to "
                f"{cls.schema_version}",
                "upgrade mlops-jupyter",
            )
        return cls.model_validate(
            {key: value for key, value in content.items() if key in cls.model_fields}
        )

    def to_text(self) -> str:
        """Return the Result for a terminal, without a final newline."""
        raise NotImplementedError

    def to_html(self) -> str:
        """Return the Result for a notebook: static, no script, everything escaped."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **_kwargs: object) -> dict[str, Any]:
        return {
            "text/plain": self.to_text(),
            "text/html": self.to_html(),
            MIME_TYPE: self.to_dict(),
        }

    def __str__(self) -> str:
        return self.to_text()


class Chart(Record):
    """Numbers as a picture.

    Attributes
    ----------
    title : str
        What is shown.
    alt : str
        The same in words, for those who do not see it.
    spec : dict
        A Vega-Lite 5 specification that has its data inside.
    """

    title: str
    alt: str
    spec: dict[str, Any]


class Charted(Record):
    """What a Result with charts has in addition: a notebook shows each as an output of its own.

    Its `to_html` has a static picture of each; see docs/decisions/024-charts.md.
    """

    charts: list[Chart] = Field(default_factory=list)

    def chart_outputs(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Return data and metadata of one notebook output for each chart."""
        raise NotImplementedError


@dataclass(frozen=True)
class Event:
    """A step of a long verb: what is being done, and how far it is.

    Attributes
    ----------
    message : str
        What is being done.
    done, total : float, optional
        How far, in any unit.
    elapsed : float, optional
        Seconds since it began; given again and again while a step takes long.
    memory : int, optional
        Bytes in use by what the step runs.
    said : str
        The last line of its output.
    stays : bool
        Whether it is still to be read when the verb is over; others give way to what follows.
    """

    message: str
    done: float | None = None
    total: float | None = None
    elapsed: float | None = None
    memory: int | None = None
    said: str = ""
    stays: bool = False


Events = Callable[[Event], None]


def ignore_events(_event: Event) -> None:
    """Take an event and do nothing: the default of every verb."""

"""What the explorer's page asks of the kernel: checked before anything is done with it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

Place = Annotated[int, Field(ge=0)]


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    id: Annotated[int, Field(ge=0)]
    view: Annotated[str, Field(max_length=40)]


class PartsRequest(_Request):
    """Asks which parts a column makes."""

    kind: Literal["parts"]
    column: Place


class Chosen(BaseModel):
    """A part, by the place of its column and its own place among that column's parts."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    column: Place
    part: Place


class LookRequest(_Request):
    """Asks what is seen of a column, in a part of the data and in a period of current."""

    kind: Literal["look"]
    column: Place
    part: Chosen | None = None
    period: Place | None = None


Request = Annotated[PartsRequest | LookRequest, Field(discriminator="kind")]
REQUESTS: TypeAdapter[PartsRequest | LookRequest] = TypeAdapter(Request)

"""Live objects as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops_jupyter.drift.memory.tables import FrameColumns
from mlops_jupyter.errors import BadInput

if TYPE_CHECKING:
    from mlops_jupyter.drift.memory.tables import Columns


def columns_of(source: Any, side: str) -> Columns:
    """Return the columns of a live object.

    Raises
    ------
    BadInput
        It is no table.
    """
    import pandas as pd

    frame = source
    if not isinstance(source, pd.DataFrame) and callable(getattr(source, "to_pandas", None)):
        frame = source.to_pandas()
    if not isinstance(frame, pd.DataFrame):
        raise BadInput(
            f"the {side} is a {type(source).__name__}, not a table",
            "give a data frame (pandas, or anything with to_pandas()), a path or a data: version",
        )
    return FrameColumns(frame)

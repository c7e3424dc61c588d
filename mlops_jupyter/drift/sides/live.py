"""Live objects as sides: frames of any library, and tables of a database."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from mlops_jupyter.drift.memory.tables import FrameColumns
from mlops_jupyter.drift.sides.arrow_parts import PolarsPart, TablePart
from mlops_jupyter.drift.sides.parts import ArrowColumns
from mlops_jupyter.drift.sides.sources import Source, is_expression
from mlops_jupyter.drift.sides.zones import in_frame
from mlops_jupyter.errors import BadInput

if TYPE_CHECKING:
    import ibis

    from mlops_jupyter.drift.memory.tables import Columns


def of_object(source: Any, side: str) -> Source:
    """Return a live object as a side.

    Raises
    ------
    BadInput
        It is no table.
    """
    import pandas as pd

    label = type(source).__name__
    if is_expression(source):
        return Source(side, label, _table(source, side))
    if _is_of(source, "pyspark") and hasattr(source, "sparkSession"):
        return Source(side, label, _of_spark(source))
    if isinstance(source, pd.DataFrame):
        return Source(side, label, FrameColumns(source), notes=tuple(in_frame(source, label)))
    return Source(side, label, _columns(source, side))


def _columns(source: Any, side: str) -> Columns:
    import pandas as pd
    import pyarrow as pa

    # One column at a time: not all of the frame is converted at once.
    if _is_of(source, "polars") and hasattr(source, "lazy"):
        return ArrowColumns([PolarsPart(source)])
    if hasattr(source, "__arrow_c_stream__"):
        try:
            return ArrowColumns([TablePart(pa.table(source))])
        except (pa.ArrowException, TypeError, ValueError):
            pass  # a single column has it too
    frame = source.to_pandas() if callable(getattr(source, "to_pandas", None)) else None
    if not isinstance(frame, pd.DataFrame):
        raise _no_table(source, side)
    return FrameColumns(frame)


def _table(source: Any, side: str) -> ibis.Table:
    import ibis

    if not isinstance(source, ibis.expr.types.Table):
        raise _no_table(source, side)
    return source


def _of_spark(source: Any) -> ibis.Table:
    """Return a frame of Spark as a table: it stays where it is."""
    import uuid

    import ibis

    name = f"drift_{uuid.uuid4().hex}"
    source.createOrReplaceTempView(name)
    return ibis.pyspark.connect(source.sparkSession).table(name)


def _no_table(source: Any, side: str) -> BadInput:
    return BadInput(
        f"the {side} is a {type(source).__name__}, not a table",
        "give a data frame (pandas, polars, Arrow, or anything with to_pandas()), "
        "a table of Ibis, a path or a data: version",
    )


def _is_of(source: Any, library: str) -> bool:
    return library in sys.modules and type(source).__module__.partition(".")[0] == library

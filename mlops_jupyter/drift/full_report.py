"""Evidently's own full report, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter.drift.engines import evidently
from mlops_jupyter.drift.engines.sampling import MOST_TEXTS, MOST_VALUES
from mlops_jupyter.drift.memory.plain import plain, without_infinities
from mlops_jupyter.errors import Conflict, NotFound

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    import pandas as pd

    from mlops_jupyter.drift.pairs import Both
    from mlops_jupyter.drift.report import ColumnDrift
    from mlops_jupyter.drift.sides import Source


def free_place(html: str | os.PathLike[str]) -> Path:
    """Check before anything is computed that the report can be written.

    Raises
    ------
    NotFound
        No such folder.
    Conflict
        It is a folder, or an existing file of another kind.
    """
    path = Path(html).expanduser()
    if not path.parent.is_dir():
        raise NotFound(f"no folder {path.parent} to write {path.name} into", "make it first")
    if path.is_dir():
        raise Conflict(f"{path} is a folder", "name a file in it, such as drift.html")
    if path.exists() and path.suffix.lower() not in (".html", ".htm"):
        raise Conflict(
            f"{path} exists and is not an HTML file: not overwritten",
            "choose a name that ends in .html",
        )
    return path


def write(
    sides: Both[Source], columns: Sequence[ColumnDrift], path: Path, seed: int = 0
) -> str | None:
    """Write the report on these columns; of a side with very many rows, on a sample of them.

    It is by Evidently's defaults, whatever methods were chosen.

    Parameters
    ----------
    sides : Both of Source
        The reference and current.
    columns : sequence of ColumnDrift
        The columns that have a verdict.
    path : Path
        The file.
    seed : int
        Draws the sample.

    Returns
    -------
    str or None
        Why Evidently has none of these values; None where it is written.
    """
    compared = [column for column in columns if column.of is None]
    names = [column.column for column in compared]
    if not names:
        return "no column was compared"
    # A model is trained on texts, several times.
    most = MOST_TEXTS if any(column.type == "text" for column in compared) else MOST_VALUES

    def whole(side: Source) -> pd.DataFrame:
        import pandas as pd

        frame = side.frame(names, limit=most, seed=seed)
        return pd.DataFrame({name: without_infinities(plain(frame[name]))[0] for name in names})

    frames = sides.map(whole)
    try:
        evidently.save_report(frames.reference, frames.current, path)
    except (ValueError, TypeError, OverflowError) as error:
        return (str(error).strip().splitlines() or [type(error).__name__])[0]
    return None

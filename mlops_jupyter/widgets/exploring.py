"""The way in: two sides, and an explorer over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops_jupyter.widgets.explorer import Explorer


def explore(
    reference: object,
    current: object,
    *,
    columns: Sequence[str] | None = None,
    by: str | None = None,
    time: str | None = None,
    labels: Sequence[str] = ("", ""),
    workspace: Workspace | None = None,
) -> Explorer:
    """Compare two sides as `drift` does, and choose what to look at: for a notebook.

    The card is shown first, as by ``%mlops drift``, and an explorer below it: a column, a part of
    the data (the rows with a value, or a quarter of a column's range) and a period of current
    give the verdict, the numbers and both distributions of that selection. It is computed in the
    kernel from the data as it then is; frames are not copied.

    Parameters
    ----------
    reference, current : str, path, frame …
        What is compared: all that `mlops_jupyter.drift.detect` takes.
    columns : sequence of str, optional
        The columns to compare; by default all that both sides have.
    by : str, optional
        What current is cut into: a unit of time such as ``month``, or a column whose values are
        the periods.
    time : str, optional
        The column that says when; found where it is the only one.
    labels : two str
        What to call the sides; where empty, by file, version or kind of object.
    workspace : Workspace, optional
        Where versions of data are looked up; by default that of the current folder.

    Returns
    -------
    Explorer
        A widget; `report` has the comparison as a whole.

    Examples
    --------
    >>> explorer = mlops.explore("data/june.parquet", "data/july.parquet")
    >>> [column.column for column in explorer.report.columns if column.drifted]
    ['temp', 'humid']
    """
    from mlops_jupyter.drift.detection import detect
    from mlops_jupyter.drift.sides import read
    from mlops_jupyter.widgets.comparison import Comparison
    from mlops_jupyter.widgets.explorer import Explorer
    from mlops_jupyter.widgets.periods import periods_of

    workspace = workspace or Workspace.find()
    report = detect(workspace, reference, current, columns=columns, labels=labels)
    before, after = read(workspace, reference, "reference"), read(workspace, current, "current")
    # Where nothing was compared there is nothing to choose from: the card says why.
    periods = [] if by is None or not report.columns else periods_of(after, by, time)
    return Explorer(Comparison(report, before, after, periods))

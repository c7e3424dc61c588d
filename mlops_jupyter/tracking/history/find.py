"""Finding the run that a reference means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.errors import NotFound, UsageError
from mlops_jupyter.tracking import tags

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun


def run(opened: MlflowClient, reference: str) -> MlflowRun:
    """Find the run that a reference means; see `show`."""
    from mlflow.exceptions import MlflowException

    wanted = reference.removeprefix("run:").strip()
    everywhere = [e.experiment_id for e in opened.search_experiments()]
    newest = ["attributes.start_time DESC"]
    if wanted == "last":
        page = opened.search_runs(everywhere, max_results=1, order_by=newest)
        if not page:
            raise NotFound("there are no runs yet", "`%mlops track NAME`, then train something")
        return page[0]
    if len(wanted) == 32:
        try:
            return opened.get_run(wanted)
        except MlflowException:
            pass  # it may be a name of 32 letters
    value = quoted(wanted)
    for attribute in (f"tags.`{tags.UID}`", "run_name") if value else ():
        condition = f"{attribute} = {value}"
        page = opened.search_runs(everywhere, condition, max_results=10, order_by=newest)
        if page:
            return _only(page, wanted)
    if len(wanted) >= 6 and wanted.isalnum():
        recent = opened.search_runs(everywhere, max_results=1000, order_by=newest)
        page = [entry for entry in recent if entry.info.run_id.startswith(wanted)]
        if page:
            return _only(page, wanted)
    raise NotFound(f"no run {wanted!r}", "`mlops runs` lists them; `last` is the newest")


def _only(page: list[MlflowRun], wanted: str) -> MlflowRun:
    if len(page) == 1:
        return page[0]
    listed = ", ".join(f"run:{run.info.run_id}" for run in page[:5])
    raise UsageError(
        f"{wanted!r} may mean any of {len(page)} runs", f"name one by its id: {listed}"
    )


def quoted(text: str) -> str | None:
    r"""Quote a value for MLflow's filter language, which has no escape for its own quotes.

    Examples
    --------
    >>> quoted("it's"), quoted(chr(34) + "'")
    ('"it\'s"', None)
    """
    if "'" in text and '"' in text:
        return None
    return f'"{text}"' if "'" in text else f"'{text}'"

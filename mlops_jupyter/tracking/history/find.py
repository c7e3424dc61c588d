"""Finding the run that a reference means."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from mlops_jupyter.errors import NotFound, UsageError
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.history.client_source import experiments
from mlops_jupyter.tracking.history.pushdown import like

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun

_NEWEST = ("attributes.start_time DESC",)
# The beginning of MLflow's id or of ours.
_BEGINNING = re.compile(r"[0-9a-f][0-9a-f-]{5,35}")
_SHOWN = 5


def run(opened: MlflowClient, reference: str, *, deleted: bool = False) -> MlflowRun:
    """Find the run that a reference means; see `show`.

    Parameters
    ----------
    opened : MlflowClient
        The store.
    reference : str
        An id or the beginning of one, a name, or ``last``.
    deleted : bool
        Look among the deleted runs instead.

    Raises
    ------
    NotFound
        No such run, or it was deleted.
    UsageError
        Several runs match; lists them.
    """
    wanted = reference.removeprefix("run:").strip()
    everywhere = list(experiments(opened))
    if wanted == "last" and not deleted:
        page = opened.search_runs(everywhere, max_results=1, order_by=list(_NEWEST))
        if not page:
            raise NotFound("there are no runs yet", "`%mlops track NAME`, then train something")
        return page[0]
    found = _lookup(opened, everywhere, wanted, deleted=deleted)
    if len(found) == 1:
        return found[0]
    if found:
        raise _several(found, wanted)
    if _lookup(opened, everywhere, wanted, deleted=not deleted):
        raise _elsewhere(wanted, deleted=deleted)
    if deleted:
        raise NotFound(f"no deleted run {wanted!r}", "`mlops restore --list` lists them")
    raise NotFound(f"no run {wanted!r}", "`mlops runs` lists them; `last` is the newest")


def _lookup(
    opened: MlflowClient, everywhere: list[str], wanted: str, *, deleted: bool
) -> list[MlflowRun]:
    """Return the runs that a reference may mean: by whole id, by name, by the beginning of one."""
    from mlflow.entities import ViewType
    from mlflow.exceptions import MlflowException

    if re.fullmatch(r"[\w-]{32}", wanted):
        try:
            exact = opened.get_run(wanted)
        except MlflowException:
            pass  # it may be a name of 32 letters
        else:
            return [exact] if (exact.info.lifecycle_stage == "deleted") is deleted else []

    def search(condition: str, fits: Callable[[MlflowRun], bool]) -> list[MlflowRun]:
        view = ViewType.DELETED_ONLY if deleted else ViewType.ACTIVE_ONLY
        matching = filter(fits, _pages(opened, everywhere, condition, view))
        return list(itertools.islice(matching, 2 * _SHOWN))

    def uid(each: MlflowRun) -> str:
        return str(each.data.tags.get(tags.UID, ""))

    pattern = like(wanted)
    found = search(f"tags.`{tags.UID}` LIKE {pattern}", lambda each: uid(each) == wanted)
    found = found or search(
        f"attributes.run_name LIKE {pattern}", lambda each: each.info.run_name == wanted
    )
    if not found and _BEGINNING.fullmatch(wanted):
        start = f"{pattern[:-1]}%'"
        found = search(
            f"attributes.run_id LIKE {start}", lambda each: each.info.run_id.startswith(wanted)
        ) or search(f"tags.`{tags.UID}` LIKE {start}", lambda each: uid(each).startswith(wanted))
    if not found and _BEGINNING.fullmatch(wanted):  # the id it had where it was made
        found = search(
            f"tags.`{tags.ORIGIN_ID}` LIKE {pattern[:-1]}%'",
            lambda each: str(each.data.tags.get(tags.ORIGIN_ID, "")).startswith(wanted),
        )
    return found


def _pages(
    opened: MlflowClient, everywhere: list[str], condition: str, view: int
) -> Iterator[MlflowRun]:
    token = None
    while everywhere:
        page = opened.search_runs(
            everywhere, condition, view, max_results=100, order_by=list(_NEWEST), page_token=token
        )
        yield from page
        token = page.token
        if not token:
            return


def _several(found: list[MlflowRun], wanted: str) -> UsageError:
    listed = ", ".join(f"run:{each.info.run_id}" for each in found[:_SHOWN])
    count = f"{len(found)} runs" if len(found) < 2 * _SHOWN else "many runs"
    return UsageError(f"{wanted!r} may mean any of {count}", f"name one by its id: {listed}")


def _elsewhere(wanted: str, *, deleted: bool) -> NotFound:
    if deleted:
        return NotFound(f"run {wanted!r} is not deleted", "`mlops restore --list` lists those")
    return NotFound(f"run {wanted!r} was deleted", f"`mlops restore {wanted}` brings it back")


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

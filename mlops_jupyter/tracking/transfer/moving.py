"""Counting what was moved; one run that cannot be moved does not stop the others."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Literal

from mlops_jupyter.errors import MlopsError, StoreUnavailable
from mlops_jupyter.tracking.transfer.records import Moved, NotMoved

if TYPE_CHECKING:
    from collections.abc import Iterator


class Tally:
    """What has been moved so far.

    Parameters
    ----------
    how : {"push", "pull", "export", "import"}
        By which verb.
    place, store : str
        See `Moved`.
    """

    def __init__(
        self, how: Literal["push", "pull", "export", "import"], place: str, store: str
    ) -> None:
        self._how = how
        self._place = place
        self._store = store
        self._runs: dict[str, list[str]] = {"new": [], "updated": [], "unchanged": []}
        self._failed: list[NotMoved] = []

    def add(self, name: str, outcome: str) -> None:
        """Count a run."""
        self._runs[outcome].append(name)

    @contextlib.contextmanager
    def one(self, name: str) -> Iterator[None]:
        """Keep why a run could not be moved, and go on."""
        from mlflow.exceptions import MlflowException

        try:
            yield
        except StoreUnavailable:
            raise
        except MlopsError as error:
            self._failed.append(NotMoved(name=name, reason=error.message))
        except (MlflowException, OSError, ValueError) as error:
            reason = f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')}"
            self._failed.append(NotMoved(name=name, reason=reason[:300]))

    def result(self) -> Moved:
        """Return the whole."""
        return Moved(
            how=self._how,
            place=self._place,
            store=self._store,
            new=self._runs["new"],
            updated=self._runs["updated"],
            unchanged=len(self._runs["unchanged"]),
            failed=self._failed,
        )

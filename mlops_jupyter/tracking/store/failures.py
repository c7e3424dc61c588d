"""What a store that fails in the middle of a verb raises, told as an error of ours."""

from __future__ import annotations

import errno
import sqlite3

from mlops_jupyter.errors import StoreUnavailable
from mlops_jupyter.workspace import without_credentials

_RAISED_BY = {"mlflow", "sqlalchemy"}
_OF_THE_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
# Words of SQLite and of the system -> what to do.
_HINTS = {
    "full": "make room on the disk; runs that are there stay readable",
    "No space left": "make room on the disk; runs that are there stay readable",
    "readonly": "make the store's file and its folder writable, or choose another: --store",
    "Read-only": "make the store's file and its folder writable, or choose another: --store",
    "locked": "another process has been writing for long; try again",
    "malformed": "see `mlops doctor`",
}


def as_error(error: BaseException) -> StoreUnavailable | None:
    """Return what failed in MLflow, its database or on the disk as an error of ours; else None."""
    library = type(error).__module__.partition(".")[0]
    if (
        library not in _RAISED_BY
        and not isinstance(error, sqlite3.Error)
        and getattr(error, "errno", None) not in _OF_THE_DISK
    ):
        return None
    detail = without_credentials(reason_of(error))
    hint = next((hint for words, hint in _HINTS.items() if words in detail), "see `mlops doctor`")
    return StoreUnavailable(f"the tracking store refused: {detail}", hint)


def in_words(error: BaseException) -> str:
    """Return what went wrong in one line, for the line under a cell."""
    told = as_error(error)
    return f"{type(error).__name__}: {reason_of(error)}" if told is None else told.message


def reason_of(error: BaseException) -> str:
    """Return the innermost reason in one line, without the statement that SQLAlchemy adds."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, sqlite3.Error):
            return str(found)
        found = getattr(found, "orig", None) or found.__cause__
    return str(error).strip().partition("\n")[0]

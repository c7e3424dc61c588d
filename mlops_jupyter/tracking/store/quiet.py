"""Keeping what MLflow logs and prints off the user's screen."""

from __future__ import annotations

import contextlib
import logging
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PRINTS_NO_LINKS = "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"
_DRAWS_BARS = "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"
_NOISY_LOGGERS = ("alembic", "mlflow.store.db.utils", "mlflow.store.tracking")
_TELLS_TWICE = "mlflow.store.db.utils"


@contextlib.contextmanager
def quiet_logs(*names: str) -> Iterator[None]:
    """Keep what MLflow logs off the user's screen, errors excepted; migrations by default."""
    loggers = [logging.getLogger(name) for name in names or _NOISY_LOGGERS]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


@contextlib.contextmanager
def quiet_links() -> Iterator[None]:
    """Keep MLflow from printing a server's address under the cell at the end of each run."""
    with _set(_PRINTS_NO_LINKS, "true"):
        yield


@contextlib.contextmanager
def quiet_progress() -> Iterator[None]:
    """Keep MLflow from drawing a bar for each file that it reads from a run."""
    with _set(_DRAWS_BARS, "false"):
        yield


@contextlib.contextmanager
def _set(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = before


def tell_database_errors_once() -> None:
    """Drop the traceback that MLflow logs of each database error, which it raises as well.

    On a full disk each cell would show a dozen.
    """
    logger = logging.getLogger(_TELLS_TWICE)
    if _raised_as_well not in logger.filters:
        logger.addFilter(_raised_as_well)


def _raised_as_well(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith("SQLAlchemy database error")

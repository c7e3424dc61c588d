"""The steps of bringing a run into a store; it may be interrupted after any of them."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class Step(StrEnum):
    """What has just been done."""

    CREATED = "created"
    PARAMS = "params"
    METRICS = "metrics"
    TAGS = "tags"
    INPUTS = "inputs"
    MODEL_CREATED = "model created"
    MODEL_FILE = "model file"
    MODELS = "models"
    FILE = "file"
    FILES = "files"
    ENDED = "ended"
    MERGED = "merged"
    MARKED = "marked"


Steps = Callable[[Step], None]


def ignore_steps(_step: Step) -> None:
    """Take a step and do nothing."""

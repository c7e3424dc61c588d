"""A run as it travels: all that a store knows of it, in no store's terms."""

from __future__ import annotations

import functools
import hashlib
import re
import uuid
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from mlops_jupyter.tracking.records import Status

# Runs and models that others made have no uid of ours: one follows from MLflow's own random id,
# the same whoever derives it.
_NAMESPACE = uuid.UUID("7f0d6d5c-1f5b-5a0e-9d54-0c3b8f1f2a6e")
_UID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
_MAX_PATH = 1000
_MAX_FILES = 100_000

Point = tuple[float, int, int]  # value, timestamp in milliseconds, step


def uid_of(tagged: str | None, mlflow_id: str) -> str:
    """Return an identity: the one that is tagged where it is one, else one that is derived."""
    if tagged and re.fullmatch(_UID, tagged):
        return tagged
    return str(uuid.uuid5(_NAMESPACE, mlflow_id))


def safe_path(path: str) -> str:
    """Return a relative path that stays below where it is put.

    Raises
    ------
    ValueError
        It would leave it, or is none on some platform.
    """
    parts = PurePosixPath(path).parts
    if (
        not parts
        or path != "/".join(parts)
        or len(path) > _MAX_PATH
        or path.startswith("/")
        or ".." in parts
        or any(sign in path for sign in "\\\0\n\r")
        or re.match(r"^[A-Za-z]:", path)
    ):
        raise ValueError(f"{path!r} is no path inside a run")
    return path


class _Part(BaseModel):
    # Unlike in Results, not-a-number has to come back as what it was.
    model_config = ConfigDict(frozen=True, ser_json_inf_nan="strings")


class FileEntry(_Part):
    """A file of the run (``artifacts/…``) or of one of its models (``models/UID/…``)."""

    path: Annotated[str, AfterValidator(safe_path)]
    size: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class InputData(_Part):
    """Data the run read, as MLflow keeps it."""

    name: str
    digest: str
    source_type: str
    source: str
    schema_text: str | None = None
    profile: str | None = None
    tags: dict[str, str] = Field(default_factory=dict)


class ModelMetric(_Part):
    """A metric of a model, on the data it was measured on."""

    key: str
    value: float
    timestamp: int
    step: int
    dataset_name: str | None = None
    dataset_digest: str | None = None


class ModelPart(_Part):
    """A model the run logged; its files are among the run's."""

    uid: str = Field(pattern=_UID)
    name: str
    model_type: str | None = None
    ready: bool = True
    step: int = 0
    params: dict[str, str] = Field(default_factory=dict)
    tags: dict[str, str] = Field(default_factory=dict)
    metrics: list[ModelMetric] = Field(default_factory=list)


class RunDescription(_Part):
    """One run, whole.

    Attributes
    ----------
    uid : str
        Its identity, the same in every store.
    origin_run_id : str
        MLflow's id where it was made.
    started, ended : int
        Milliseconds since 1970, as MLflow keeps them.
    parent_uid : str, optional
        The run it belongs to.
    metrics : dict
        Whole histories.
    described_at : int
        When this was read: the newer of two descriptions is right.
    """

    schema_version: Literal[1] = 1
    uid: str = Field(pattern=_UID)
    origin_run_id: str
    name: str
    experiment: str
    status: Status
    started: int
    ended: int | None = None
    parent_uid: str | None = Field(default=None, pattern=_UID)
    params: dict[str, str] = Field(default_factory=dict)
    metrics: dict[str, list[Point]] = Field(default_factory=dict)
    tags: dict[str, str] = Field(default_factory=dict)
    inputs: list[InputData] = Field(default_factory=list)
    models: list[ModelPart] = Field(default_factory=list)
    files: list[FileEntry] = Field(default_factory=list, max_length=_MAX_FILES)
    described_at: int

    @functools.cached_property
    def digest(self) -> str:
        """What two descriptions of one state of a run share, whatever store they come from."""
        content = self.model_dump_json(exclude={"described_at"})
        return hashlib.sha256(content.encode()).hexdigest()

    @property
    def ongoing(self) -> bool:
        """Whether the run was still being made."""
        return self.status in {"RUNNING", "SCHEDULED"}

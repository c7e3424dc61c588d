"""Settings: ``mlops.toml`` and the environment.

Precedence, documented here alone: a command's flag, then the environment, then ``mlops.toml``,
then the default.

==========================  =========================================================
environment variable        what it sets
==========================  =========================================================
``MLOPS_WORKSPACE``         the workspace folder, instead of looking upward for one
``MLOPS_NOTEBOOK``          path of the running notebook, where it cannot be found out
``MLOPS_RUN_ID``            set by ``mlops run``: the run that a notebook's runs belong to
``MLOPS_STATE``             set by ``mlops reproduce``: the folder that stands for ``.mlops/``
``MLOPS_PROFILES``          ``asked``: no profile of data is made in the background
``MLFLOW_TRACKING_URI``     the tracking store (MLflow's own variable)
==========================  =========================================================
"""

from __future__ import annotations

import difflib
import tomllib
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mlops_jupyter.errors import BadSettings

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "mlops.toml"
ENV_WORKSPACE = "MLOPS_WORKSPACE"
ENV_NOTEBOOK = "MLOPS_NOTEBOOK"
ENV_RUN_ID = "MLOPS_RUN_ID"
ENV_STATE = "MLOPS_STATE"
ENV_PROFILES = "MLOPS_PROFILES"
ENV_TRACKING_URI = "MLFLOW_TRACKING_URI"


Sharing = Literal["local", "always", "never"]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class TrackingSettings(_Section):
    """``[tracking]``: where runs are kept."""

    store: str | None = None
    experiment: str = "default"
    # Metrics of the training data are left out where predicting it takes longer than this.
    training_metrics_limit_s: float = Field(default=2.0, ge=0)


class DataSettings(_Section):
    """``[data]``: how data is versioned."""

    hash_limit_mb: int = Field(default=2048, ge=0)
    # Of what a run read: the largest file or folder that is copied, and of all copies together.
    copy_limit_mb: int = Field(default=200, ge=0)
    keep_total_mb: int = Field(default=2048, ge=0)


class PrivacySettings(_Section):
    """``[privacy]``: what may leave this machine; a notebook cannot loosen it."""

    # local: kept in a store on this machine, left out of one on a server.
    input_examples: Sharing = "local"
    outputs: Sharing = "local"  # of cells, in the journal and the notebook
    source: Sharing = "always"  # notebook, journal, changed files
    top_values: Sharing = "local"  # frequent values, and texts, in profiles of data

    def allows(self, what: Literal["input_examples", "outputs", "source"], *, remote: bool) -> bool:
        """Whether a run may hold such content, in a store here or on a server."""
        chosen: Sharing = getattr(self, what)
        return chosen == "always" or (chosen == "local" and not remote)


class CiSettings(_Section):
    """``[ci]``: what the workflow that ``mlops ci`` writes has to do."""

    python: str = Field(default="3.11", pattern=r"^3\.\d{1,2}$")
    # Installs the project and mlops-jupyter; by what lies in the workspace when left out.
    install: str | None = None
    # Its parameters can be chosen when the workflow is started by hand.
    notebook: str | None = None
    # What pull requests are held against.
    base: str = Field(default="main", pattern=r"^[A-Za-z0-9_][A-Za-z0-9_./-]*$")
    # What `mlops drift` is asked, such as "data:flights@v1 data/july.parquet": fails on drift.
    drift: tuple[str, ...] = ()
    # Further commands that fail the build.
    gates: tuple[str, ...] = ()
    # Names of secrets that become environment variables of what runs.
    secrets: tuple[Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")], ...] = ()
    # When it also runs, as cron says it.
    schedule: str | None = Field(default=None, pattern=r"^[-0-9A-Za-z*,/ ]+$")
    timeout_minutes: int = Field(default=60, ge=1, le=4320)


class Settings(_Section):
    """The typed content of ``mlops.toml``.

    Examples
    --------
    >>> Settings().tracking.experiment
    'default'
    """

    schema_: int = Field(default=1, alias="schema", ge=1, le=1)
    tracking: TrackingSettings = TrackingSettings()
    data: DataSettings = DataSettings()
    privacy: PrivacySettings = PrivacySettings()
    ci: CiSettings = CiSettings()


def load(path: Path) -> Settings:
    """Read ``mlops.toml``.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Settings
        Its content, checked.

    Raises
    ------
    BadSettings
        The file is not TOML, or has an unknown key or a wrong value; says which and where.
    """
    try:
        # -sig: some editors put a byte order mark before the first letter.
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise BadSettings(f"{path} cannot be read: {error.strerror}", "see who owns it") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"{path} is not valid TOML: {error}", "mend the line it names") from None
    try:
        return Settings.model_validate(content)
    except ValidationError as error:
        raise BadSettings(*_explain(path, error)) from None


def _explain(path: Path, error: ValidationError) -> tuple[str, str]:
    """Turn pydantic's first finding into a message and a hint in the file's own words."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = _known_keys(first["loc"][:-1])
        close = difflib.get_close_matches(str(first["loc"][-1]), known, n=1)
        hint = f"did you mean '{close[0]}'?" if close else f"known here: {', '.join(known)}"
        return f"{path}: unknown key '{where}'", hint
    return f"{path}: '{where}': {first['msg']}", "see the comments that `mlops init` writes"


def _known_keys(parents: tuple[int | str, ...]) -> list[str]:
    model: type[BaseModel] = Settings
    for parent in parents:
        annotation = model.model_fields[str(parent)].annotation
        assert isinstance(annotation, type)  # noqa: S101 - every section is a model
        model = annotation
    return [field.alias or name for name, field in model.model_fields.items()]

"""Names of the tags that this package sets on runs: the contract with what reads them."""

from __future__ import annotations

import json

UID = "mlops.uid"
KIND = "mlops.kind"  # cell | notebook | script
DATA = "mlops.data"  # JSON list of data: references
MODEL = "mlops.model"
ERROR = "mlops.error"
CODE = "mlops.code"  # JSON: commit, branch, changed
CELL = "mlops.cell"
ATTEMPT = "mlops.attempt"
ENVIRONMENT = "mlops.environment"  # JSON: python, platform, packages of note
NOTEBOOK = "mlops.notebook"
MAIN_METRIC = "mlops.main_metric"

PARENT = "mlflow.parentRunId"
SOURCE_NAME = "mlflow.source.name"
SOURCE_TYPE = "mlflow.source.type"
GIT_COMMIT = "mlflow.source.git.commit"
GIT_BRANCH = "mlflow.source.git.branch"
NOTE = "mlflow.note.content"


def as_tag(value: object) -> str:
    """Return a value as the JSON text of a tag."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

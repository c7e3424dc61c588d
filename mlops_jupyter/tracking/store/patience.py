"""How long MLflow is to wait for a server: read at each start of the command line, and alone."""

from __future__ import annotations

# MLflow's own patience is seven retries of two minutes each.
PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}

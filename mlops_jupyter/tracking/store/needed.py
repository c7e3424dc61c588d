"""What models of the registry need: no clearing takes it, whatever was deleted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow import MlflowClient

# Ids of runs and of logged models, wherever they stand in a version's source.
_IDS = re.compile(r"(?<![0-9a-z])(?:m-)?[0-9a-f]{32}(?![0-9a-z])")


def by_registry(client: MlflowClient) -> set[str]:
    """Return the ids of runs and logged models that a version of a registered model comes from.

    A logged model needs the run that logged it, and the other way round.
    """
    needed: set[str] = set()
    token = None
    while True:
        page = client.search_model_versions(max_results=1000, page_token=token)
        for version in page:
            told = f"{version.run_id or ''} {version.source or ''} {version.run_link or ''}"
            needed.update(_IDS.findall(f"{told} {getattr(version, 'model_id', '') or ''}"))
        token = page.token
        if not token:
            return needed

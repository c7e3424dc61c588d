"""A folder to read from."""

from __future__ import annotations

import pytest

from mlops_jupyter.settings import Settings
from mlops_jupyter.workspace import Workspace


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A workspace that is the current folder, without stores: reading needs none."""
    monkeypatch.chdir(tmp_path)
    return Workspace(tmp_path, Settings())

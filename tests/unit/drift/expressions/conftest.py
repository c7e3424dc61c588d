from __future__ import annotations

import ibis
import pytest


@pytest.fixture(scope="module")
def duckdb():
    backend = ibis.duckdb.connect()
    yield backend
    backend.disconnect()

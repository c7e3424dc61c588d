"""What tests of captured data share."""

from __future__ import annotations

import pytest

from mlops_jupyter.tracking.capture.reads import Reads


@pytest.fixture
def reads() -> Reads:
    """What this test reads and writes, watched to its end."""
    watched = Reads()
    watched.start()
    yield watched
    watched.stop()
    assert watched.problems == []

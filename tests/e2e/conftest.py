"""Fixtures of the end-to-end tests."""

import pytest

from tests.shells import Cells


@pytest.fixture
def cells(workspace):
    """A shell in a workspace, with the extension loaded."""
    opened = Cells()
    opened.run("%load_ext mlops_jupyter")
    yield opened
    opened.close()

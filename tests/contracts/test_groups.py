"""Tests that share what is dear to make (a kernel, a browser, Spark) share a process too."""

import os

import pytest


@pytest.mark.xdist_group("itself")
@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="there is one process")
def test_groups_are_known_to_those_who_share_tests_out(request):
    assert request.node.nodeid.endswith("@itself")

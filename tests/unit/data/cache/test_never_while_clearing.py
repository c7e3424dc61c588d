"""Whoever takes content in waits while the cache is cleared: else what was found there may go."""

from __future__ import annotations

import threading

import pytest

from mlops_jupyter.data import pull, push, snapshot, verify
from mlops_jupyter.data.cache import sharing
from mlops_jupyter.data.catalog import automatic
from mlops_jupyter.data.catalog.automatic import Sighting
from tests.stock import make_remote

WHILE_S = 0.5


@pytest.fixture
def known(ws, tmp_path):
    """A version, and a remote that has it."""
    make_remote(ws.root, tmp_path / "shelf")
    version = snapshot(ws, "data/x.csv")
    push(ws)
    return version


@pytest.mark.parametrize("verb", ["snapshot", "push", "pull", "verify", "keep"])
def test_it_waits(ws, known, verb):
    file = ws.root / "data" / "x.csv"
    do = {
        "snapshot": lambda: snapshot(ws, file),
        "push": lambda: push(ws),
        "pull": lambda: pull(ws),
        "verify": lambda: verify(ws),
        "keep": lambda: automatic.keep(ws, Sighting(file, known.hash, known.size)),
    }[verb]
    done = []
    working = threading.Thread(target=lambda: done.append(do()))
    with sharing.clearing(ws.root):
        working.start()
        working.join(WHILE_S)
        assert done == []
    working.join(30)
    assert len(done) == 1

"""Pushes and pulls at the same time, and ones that are stopped."""

from __future__ import annotations

import os
import threading

import pytest

from mlops_jupyter.data import pull, push, snapshot, verify
from tests.unit.data.travel.conftest import objects


def test_two_pushes_and_pulls_at_once(versions, shelf, clone):
    big = versions.root / "big.bin"
    big.write_bytes(os.urandom(2_000_000))
    snapshot(versions, "big.bin")
    other = clone()

    def at_once(verb, ws, **more):
        found = []

        def one():
            try:
                found.append(verb(ws, **more).files)
            except Exception as error:  # noqa: BLE001 - the thread's, told below
                found.append(error)

        threads = [threading.Thread(target=one) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return found

    sent = at_once(push, versions)
    assert all(isinstance(count, int) for count in sent), sent
    assert verify(versions, remote="").ok
    fetched = at_once(pull, other, all=True)
    assert all(isinstance(count, int) for count in fetched), fetched
    assert verify(other).ok


def _stop(event):
    if event.done:
        raise KeyboardInterrupt


def test_stopped_by_the_user(versions, shelf, clone):
    with pytest.raises(KeyboardInterrupt):
        push(versions, events=_stop)
    # Whoever finds a list of a folder there may rely on its files: they come first.
    there = [path.name for path in objects(shelf)]
    assert len(there) == 2
    assert not [name for name in there if name.endswith(".dir")]
    assert push(versions).files == 1
    assert verify(versions, remote="").ok
    other = clone()
    with pytest.raises(KeyboardInterrupt):
        pull(other, all=True, events=_stop)
    pull(other, all=True)
    assert verify(other).ok

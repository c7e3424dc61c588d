"""A folder's list comes from remotes that others write to: what it names stays where it belongs."""

from __future__ import annotations

import hashlib
import json

import pytest

from mlops_jupyter.data import checkout, snapshot
from mlops_jupyter.data.cache import dvc_store
from mlops_jupyter.data.records import Trailer
from mlops_jupyter.errors import BadInput, MlopsError, ToolFailed

MD5 = "a304afb96060aad90176268345e10355"


def plant(ws, entries, monkeypatch):
    """Make the newest version of `data` one whose list holds these entries."""
    snapshot(ws, "data")
    listing = json.dumps(entries).encode()
    hash_ = hashlib.md5(listing).hexdigest() + ".dir"
    with dvc_store.opened(ws) as store:
        place = store.cached(hash_)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(listing)
    kept = Trailer.model_validate

    monkeypatch.setattr(
        Trailer,
        "model_validate_json",
        lambda text: kept({**json.loads(text), "hash": hash_}),
    )


@pytest.mark.parametrize("name", ["../out.csv", "a/../../out.csv", "/etc/x", "", "a//b", "."])
def test_names_that_leave_the_folder(ws, monkeypatch, name):
    plant(ws, [{"md5": MD5, "relpath": name}], monkeypatch)
    with pytest.raises(ToolFailed, match="no sound list"):
        checkout(ws, "data", to="there")
    assert not (ws.root / "out.csv").exists()


@pytest.mark.parametrize("md5", ["../../../../etc/passwd", "..", "", "A" * 32, MD5 + "0"])
def test_hashes_that_are_paths(ws, monkeypatch, md5):
    plant(ws, [{"md5": md5, "relpath": "x"}], monkeypatch)
    with pytest.raises(ToolFailed, match="no sound list"):
        checkout(ws, "data", to="there")


@pytest.mark.parametrize("name", [".git/hooks/post-checkout", "sub/.GIT/config", ".dvc/config"])
def test_settings_of_tools(ws, monkeypatch, name):
    version = snapshot(ws, "data/x.csv")
    plant(ws, [{"md5": version.hash, "relpath": name}], monkeypatch)
    with pytest.raises(MlopsError) as caught:
        checkout(ws, "data", to="there")
    assert isinstance(caught.value, BadInput)
    assert not (ws.root / "there").exists()

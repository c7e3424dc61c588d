"""A folder's list comes from remotes that others write to: what it names stays where it belongs."""

from __future__ import annotations

import hashlib
import json

import pytest

from mlops_jupyter import git
from mlops_jupyter.data import checkout, resolve, snapshot
from mlops_jupyter.data.cache import dvc_store
from mlops_jupyter.errors import BadInput, MlopsError, ToolFailed

MD5 = "a304afb96060aad90176268345e10355"


def plant(ws, entries):
    """Make the newest version of `data` one whose list holds these entries, as anybody could."""
    version = snapshot(ws, "data")
    listing = json.dumps(entries).encode()
    hash_ = hashlib.md5(listing).hexdigest() + ".dir"
    with dvc_store.opened(ws) as store:
        place = store.cached(hash_)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(listing)
    message = git.run(ws.root, "log", "-1", "--format=%B", version.commit)
    message = message.replace(version.hash, hash_)
    words = ("commit-tree", f"{version.commit}^{{tree}}", "-F", "-")
    commit = git.run(ws.root, *words, stdin=message.encode())
    git.run(ws.root, "tag", "mlops/data/data/v2", commit)
    assert resolve(ws, "data").hash == hash_


@pytest.mark.parametrize("name", ["../out.csv", "a/../../out.csv", "/etc/x", "", "a//b", "."])
def test_names_that_leave_the_folder(ws, name):
    plant(ws, [{"md5": MD5, "relpath": name}])
    with pytest.raises(ToolFailed, match="no sound list"):
        checkout(ws, "data", to="there")
    assert not (ws.root / "out.csv").exists()


@pytest.mark.parametrize("md5", ["../../../../etc/passwd", "..", "", "A" * 32, MD5 + "0"])
def test_hashes_that_are_paths(ws, md5):
    plant(ws, [{"md5": md5, "relpath": "x"}])
    with pytest.raises(ToolFailed, match="no sound list"):
        checkout(ws, "data", to="there")


@pytest.mark.parametrize("name", [".git/hooks/post-checkout", "sub/.GIT/config", ".dvc/config"])
def test_settings_of_tools(ws, name):
    version = snapshot(ws, "data/x.csv")
    plant(ws, [{"md5": version.hash, "relpath": name}])
    with pytest.raises(MlopsError) as caught:
        checkout(ws, "data", to="there")
    assert isinstance(caught.value, BadInput)
    assert not (ws.root / "there").exists()

"""Remotes that there are not, or that do not do it."""

from __future__ import annotations

import os

import pytest

from mlops_jupyter.data import path_of, pull, push
from mlops_jupyter.errors import BadInput, NotFound, ToolFailed
from tests.stock import make_remote


def test_no_remote_an_unknown_one_and_one_that_is_not_there(versions, tmp_path):
    with pytest.raises(BadInput, match="knows no remote") as caught:
        push(versions)
    assert "dvc remote add -d" in caught.value.hint
    with pytest.raises(BadInput, match="knows no remote 'nas'") as caught:
        push(versions, remote="nas")
    assert "references come before --remote" in caught.value.hint
    make_remote(versions.root, tmp_path / "not mounted", name="nas")
    path_of(versions, "x@v2").unlink()
    with pytest.raises(NotFound, match="there is no such folder") as caught:
        pull(versions)
    assert "mount" in caught.value.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_remote_that_may_not_be_written(versions, shelf):
    shelf.mkdir(mode=0o500)
    with pytest.raises(ToolFailed, match="does not do it"):
        push(versions)


def test_a_remote_that_is_a_file(versions, shelf):
    shelf.write_text("not a folder")
    with pytest.raises(ToolFailed, match="does not do it"):
        push(versions)

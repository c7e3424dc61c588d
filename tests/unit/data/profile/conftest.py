from __future__ import annotations

import hashlib
import itertools

import pytest

from mlops_jupyter.data.catalog.contents import KeptFile
from mlops_jupyter.data.profile.measuring import measure


@pytest.fixture
def profiled(ws, tmp_path):
    """Makes the profile of files that lie anywhere."""
    number = itertools.count()

    def make(*files, values=True):
        folder = tmp_path / f"work-{next(number)}"
        folder.mkdir()
        kept = [
            KeptFile(file.name, file, hashlib.md5(file.read_bytes()).hexdigest()) for file in files
        ]
        return measure(ws, "0" * 32, kept, folder, values=values)

    return make


@pytest.fixture
def columns(profiled):
    """The same, as columns by name."""

    def make(*files, **options):
        profile = profiled(*files, **options)
        assert not profile.problem
        return {column.name: column for column in profile.columns}

    return make

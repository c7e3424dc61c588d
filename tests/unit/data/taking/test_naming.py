"""Any name is kept as it is, or refused for a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_jupyter.data import path_of, snapshot, versions
from mlops_jupyter.errors import BadInput
from tests.unit.data.conftest import tree_of


@pytest.mark.parametrize(
    "name",
    [
        "my data",
        "größe/日本",
        "-dash",
        "me@work",
        "a..b",
        "x.lock",
        ".hidden",
        "50%",
        "~^:?*[\\",
        "é",
    ],
)
def test_names_of_all_kinds(ws, name):
    version = snapshot(ws, "data/x.csv", name=name)
    assert version.name == name
    assert versions(ws, name).versions == (version,)
    assert versions(ws, version.ref.partition("@v1")[0]).versions == (version,)
    assert path_of(ws, version.ref).is_file()


@pytest.mark.parametrize(
    "name", ["", " ", " x", "a\nb", "a\x1b[2J", "x@v1", "x@", "x@3", "n" * 300]
)
def test_names_that_are_refused(ws, name):
    with pytest.raises(BadInput) as error:
        snapshot(ws, "data/x.csv", name=name)
    assert "--name" in error.value.hint


@pytest.mark.parametrize("file", ["-x y.csv", "größe ✓.csv", "a@b.csv", "x.tar.gz", "'\"$&.csv"])
def test_files_of_all_names(ws, file):
    (ws.root / file).write_text("content")
    version = snapshot(ws, f"./{file}")
    assert version.path == file
    assert version.name == Path(file).stem
    assert f"{version.path}.dvc" in tree_of(ws, version.commit)


def test_default_names_are_kept_apart(ws):
    for folder in ("train", "test"):
        (ws.root / folder).mkdir()
        (ws.root / folder / "x.csv").write_text(folder)
    assert snapshot(ws, "train/x.csv").name == "x"
    assert snapshot(ws, "test/x.csv").name == "test-x"
    assert snapshot(ws, "data/x.csv", name="chosen").name == "chosen"
    (ws.root / "data" / "x.csv").write_text("new")
    assert snapshot(ws, "data/x.csv").ref == "data:chosen@v2"


def test_names_that_differ_in_case_only_are_refused(ws):
    snapshot(ws, "data/x.csv", name="Flights")
    with pytest.raises(BadInput, match="differs only in case"):
        snapshot(ws, "data/x.csv", name="flights")

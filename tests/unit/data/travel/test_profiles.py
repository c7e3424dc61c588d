"""Profiles travel with their content: only what may, and only as what they are."""

from __future__ import annotations

import pytest

from mlops_jupyter.data import pull, push, snapshot
from mlops_jupyter.data.profile import store
from mlops_jupyter.data.profile.asking import profile_of
from mlops_jupyter.workspace import Workspace


@pytest.fixture
def people(ws, shelf):
    """A version with a profile, which knows names."""
    (ws.root / "data" / "people.csv").write_text("who,n\nann,1\nann,2\nbob,3\n")
    version = snapshot(ws, "data/people.csv")
    assert "ann" in profile_of(ws, version, wait=1).model_dump_json()
    return version


def _sent(shelf):
    return [file for file in (shelf / "mlops" / "profiles").rglob("*") if file.is_file()]


def test_a_clone_knows_what_is_in_data_that_it_does_not_have(ws, people, shelf, clone):
    done = push(ws)
    assert (done.profiles, push(ws).profiles) == (1, 0)
    other = clone()
    assert profile_of(other, people) is None
    assert (pull(other).profiles, pull(other).profiles) == (1, 0)
    (other.root / ".dvc/cache/files/md5" / people.hash[:2] / people.hash[2:]).unlink()
    found = profile_of(other, people, wait=1)
    assert found.rows == 3
    assert found.columns[1].maximum == 3


def test_frequent_values_and_ranges_of_texts_stay_here(ws, people, shelf, clone):
    push(ws)
    (file,) = _sent(shelf)
    for name in (b"ann", b"bob"):
        assert name not in file.read_bytes()
    other = clone()
    pull(other)
    assert not profile_of(other, people).values


def test_where_settings_let_them_they_travel(ws, people, shelf, clone):
    (ws.root / "mlops.toml").write_text('schema = 1\n[privacy]\ntop_values = "always"\n')
    push(Workspace.find(ws.root))
    other = clone()
    pull(other)
    assert profile_of(other, people).columns[0].top[0].value == "ann"


@pytest.mark.parametrize("theirs", ["", "[1]", "another's", '{"hash": "x"}'])
def test_what_is_no_profile_of_this_content_is_passed_over(ws, people, shelf, clone, theirs):
    push(ws)
    (file,) = _sent(shelf)
    if theirs == "another's":
        made = store.read(ws, people.hash)
        theirs = made.model_copy(update={"hash": "0" * 32, "rows": 99}).model_dump_json()
    file.chmod(0o644)
    file.write_text(theirs)
    other = clone()
    assert pull(other).profiles == 0
    assert not list(store.folder(other).glob("*.json"))
    assert profile_of(other, people, wait=1).rows == 3

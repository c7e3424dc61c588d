"""A profile is kept, found, made anew, and not made in vain."""

from __future__ import annotations

import json
import re

import pytest

from mlops_jupyter import data
from mlops_jupyter.data.profile import asking, making, measuring, store
from mlops_jupyter.data.profile.asking import profile_of
from mlops_jupyter.data.profile.records import Profile
from mlops_jupyter.data.profile.sharing import shareable
from mlops_jupyter.workspace import Workspace


@pytest.fixture
def version(ws):
    (ws.root / "data" / "people.csv").write_text("who,n\nann,1\nann,2\nbob,3\n")
    return data.snapshot(ws, "data/people.csv")


def with_privacy(ws, chosen):
    (ws.root / "mlops.toml").write_text(f'schema = 1\n[privacy]\ntop_values = "{chosen}"\n')
    return Workspace.find(ws.root)


def test_none_is_made_unless_somebody_waits(ws, version):
    assert profile_of(ws, version) is None
    assert profile_of(ws, version, wait=1).rows == 3
    assert profile_of(ws, version).rows == 3


def test_it_outlives_the_content(ws, version):
    made = profile_of(ws, version, wait=1)
    data.path_of(ws, version.ref).unlink()
    assert profile_of(ws, version, wait=1) == made


def test_without_content_there_is_none(ws, version):
    data.path_of(ws, version.ref).unlink()
    assert profile_of(ws, version, wait=1) is None
    assert asking.state(ws, version) == "none"


def test_versions_know_the_rows(ws, version):
    assert data.resolve(ws, version.ref).rows is None
    profile_of(ws, version, wait=1)
    assert data.resolve(ws, version.ref).rows == 3
    assert data.versions(ws).versions[0].rows == 3


@pytest.mark.parametrize(
    "content", ["", "[1]", '{"hash": "', '{"schema_version": 2}', '{"hash": "x", "rows": -1}']
)
def test_a_file_that_is_no_profile_is_made_anew(ws, version, content):
    file = store.folder(ws) / f"{version.hash}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    assert data.versions(ws).versions[0].rows is None
    assert profile_of(ws, version, wait=1).rows == 3


def test_one_of_other_content_is_made_anew(ws, version):
    made = profile_of(ws, version, wait=1)
    file = store.folder(ws) / f"{version.hash}.json"
    file.write_text(made.model_copy(update={"hash": "0" * 32, "rows": 9}).model_dump_json())
    assert profile_of(ws, version, wait=1).rows == 3


def test_the_same_bytes_as_a_text_and_as_a_table(ws, version):
    (ws.root / "data" / "people.txt").write_bytes((ws.root / "data" / "people.csv").read_bytes())
    text = data.snapshot(ws, "data/people.txt")
    assert text.hash == version.hash
    assert profile_of(ws, text, wait=1).rows is None
    assert profile_of(ws, version, wait=1).rows == 3


def test_a_failure_is_kept_and_tried_again_when_asked(ws, monkeypatch):
    (ws.root / "data" / "t.parquet").write_text("none")
    broken = data.snapshot(ws, "data/t.parquet")
    failed = profile_of(ws, broken, wait=1)
    assert failed.problem
    assert asking.state(ws, broken) == "failed"
    assert profile_of(ws, broken, wait=1) == failed
    assert profile_of(ws, broken, wait=1, anew=True).made > failed.made


def test_one_from_elsewhere_gets_its_values_when_asked(ws, version):
    whole = profile_of(ws, version, wait=1)
    store.write(ws, shareable(ws, whole))
    assert not profile_of(ws, version, wait=1).values
    assert profile_of(ws, version, wait=1, anew=True).columns == whole.columns
    store.write(ws, shareable(ws, whole))
    data.path_of(ws, version.ref).unlink()
    assert profile_of(ws, version, wait=1, anew=True).rows == 3  # better than none


class TestTheQueue:
    def test_is_worked_off_the_smallest_first(self, ws, version):
        small = data.snapshot(ws, "data/x.csv")
        for each in (version, small):
            store.enqueue(ws, store.Waiting(version=each))
        making.make_all(ws)
        assert store.read(ws, small.hash).made < store.read(ws, version.hash).made
        assert store.waiting(ws) == []
        assert profile_of(ws, version).rows == 3

    def test_is_left_to_the_process_that_is_at_it(self, ws, version, monkeypatch):
        monkeypatch.setattr(making, "_LOOKERS_S", 0)
        store.enqueue(ws, store.Waiting(version=version))
        with store.lock(ws):
            assert asking.state(ws, version) == "pending"
            assert data.versions(ws).versions[0].profile_pending
            making.make_all(ws)
        assert not store.has(ws, version.hash)
        assert asking.state(ws, version) == "none"  # nobody is at it any more

    def test_gives_up_what_kills_it(self, ws, version, monkeypatch):
        store.enqueue(ws, store.Waiting(version=version))

        def die(*_args):
            raise SystemExit

        with monkeypatch.context() as patch:
            patch.setattr(making, "_make", die)
            for _ in range(3):
                with pytest.raises(SystemExit):
                    making.make_all(ws)
        making.make_all(ws)
        assert "3 times" in profile_of(ws, version).problem

    def test_a_full_disk_is_no_lasting_failure(self, ws, version, monkeypatch):
        store.enqueue(ws, store.Waiting(version=version))

        def full(*_args, **_options):
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(measuring, "measure", full)
            with pytest.raises(OSError, match="space"):
                making.make_all(ws)
        making.make_all(ws)
        assert profile_of(ws, version).rows == 3

    def test_content_that_is_gone_waits_no_longer(self, ws, version):
        store.enqueue(ws, store.Waiting(version=version))
        data.path_of(ws, version.ref).unlink()
        making.make_all(ws)
        assert store.waiting(ws) == []


class TestPrivacy:
    def test_by_default_values_stay_here(self, ws, version):
        profile = profile_of(ws, version, wait=1)
        assert profile.columns[0].top[0].value == "ann"
        assert "ann" not in shareable(ws, profile).model_dump_json()
        assert shareable(ws, profile).columns[1].maximum == 3

    def test_always_lets_them_go(self, ws, version):
        ws = with_privacy(ws, "always")
        profile = profile_of(ws, version, wait=1)
        assert shareable(ws, profile) == profile

    def test_never_keeps_none(self, ws, version):
        ws = with_privacy(ws, "never")
        profile_of(ws, version, wait=1)
        kept = (store.folder(ws) / f"{version.hash}.json").read_text()
        assert "ann" not in kept
        assert not json.loads(kept)["values"]

    def test_never_does_not_show_what_was_kept_before(self, ws, version):
        profile_of(ws, version, wait=1)
        shown = data.show(with_privacy(ws, "never"), version.ref)
        for told in (shown.to_text(), shown.to_html(), json.dumps(shown.to_dict())):
            assert not re.search(r"\b(ann|bob)\b", told)
        assert "top_values" in shown.to_text()

    def test_why_a_file_cannot_be_read_stays(self, ws):
        profile = Profile(hash="0" * 32, made="2026-01-01T00:00:00Z", problem="line 3: ann")
        assert "ann" not in shareable(ws, profile).model_dump_json()


def test_a_forgotten_version_has_none(ws, version):
    gone = version.model_copy(update={"forgotten": version.created})
    assert profile_of(ws, gone, wait=1) is None

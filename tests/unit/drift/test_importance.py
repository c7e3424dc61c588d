"""What a model builds on, as runs of a real store tell it."""

from __future__ import annotations

import json

import pytest

from mlops_jupyter.drift import importance
from mlops_jupyter.drift.importance import Importances, weighed
from mlops_jupyter.errors import NotFound, UsageError
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.store.opening import client as open_client
from tests.unit.drift.kept import column

SHARES = {"temp": 0.6, "humid": 0.3, "wind": 0.1}


@pytest.fixture
def client(workspace):
    return open_client(workspace)


@pytest.fixture
def made(client):
    """Return what makes a run with a tag of what its model builds on."""

    def make(known, name="forest", **more):
        told = {} if known is None else {tags.IMPORTANCE: known}
        return client.create_run("0", run_name=name, tags={**told, **more}).info.run_id

    return make


def told(shares=None, columns=3, **more):
    return json.dumps({"method": "gain", "columns": columns, "shares": shares or SHARES} | more)


class TestOfARun:
    def test_shares_are_read_from_it(self, workspace, made):
        run = made(told())
        for reference in (f"run:{run}", "run:forest", f"run:{run[:8]}"):
            found = importance.of(workspace, reference)
            assert found.shares == SHARES
            assert (found.method, found.whole, found.why_not) == ("gain", True, "")
            assert found.label == f"run:{run[:8]} (forest)"
            assert found.reference == f"run:{run}"

    def test_a_model_version_has_those_of_the_run_that_made_it(self, workspace, client, made):
        client.create_registered_model("late flights")
        for shares in (SHARES, {"temp": 1.0}):
            client.create_model_version("late flights", "s3://x", made(told(shares, len(shares))))
        client.set_registered_model_alias("late flights", "champion", "1")
        for reference, shares in {
            "model:late flights@1": SHARES,
            "late flights@1": SHARES,
            "model:late flights@champion": SHARES,
            "model:late flights": {"temp": 1.0},
        }.items():
            assert importance.of(workspace, reference).shares == shares
        assert importance.of(workspace, "model:late flights@champion").label == (
            "model:late flights@1"
        )

    def test_a_cell_that_trained_once_has_those_of_its_fit(self, workspace, made):
        cell = made(None, name="cell")
        made(told(), name="fit", **{tags.PARENT: cell})
        made(None, name="no model", **{tags.PARENT: cell})
        assert importance.of(workspace, "run:cell").shares == SHARES

    def test_of_a_cell_that_trained_several_one_is_to_be_named(self, workspace, made):
        cell = made(None, name="cell")
        fits = [made(told(), name="fit", **{tags.PARENT: cell}) for _ in range(2)]
        with pytest.raises(UsageError, match="run 'cell' trained 2 models") as raised:
            importance.of(workspace, "run:cell")
        assert all(f"run:{fit}" in raised.value.hint for fit in fits)

    @pytest.mark.parametrize(
        ("reference", "error"),
        [
            ("run:gone", NotFound),
            ("model:gone@1", NotFound),
            ("gone", NotFound),
            ("data:flights@v1", UsageError),
            ("drift:forest", UsageError),
            ("", UsageError),
        ],
    )
    def test_what_is_no_model_is_refused(self, workspace, made, reference, error):
        made(told())
        with pytest.raises(error):
            importance.of(workspace, reference)

    def test_a_model_from_no_run_is_refused_with_a_way_out(self, workspace, client):
        client.create_registered_model("bought")
        client.create_model_version("bought", "s3://elsewhere/model")
        with pytest.raises(NotFound, match="model:bought@1 comes from no run") as raised:
            importance.of(workspace, "bought@1")
        assert "run:ID" in raised.value.hint


class TestWhatOthersWrote:
    @pytest.mark.parametrize(
        ("known", "why"),
        [
            (None, "nothing of it was recorded"),
            ('{"why_not": "KNeighborsRegressor does not say"}', "KNeighborsRegressor does not say"),
            ("", "what was recorded cannot be read"),
            ("[1, 2]", "what was recorded cannot be read"),
            ('{"shares": ["temp"]}', "what was recorded cannot be read"),
            ('{"shares": {"temp": "much", "humid": NaN, "wind": 1e999, "x": -1}}', "cannot be"),
            ('{"why_not": {"a": 1}}', "what was recorded cannot be read"),
        ],
    )
    def test_what_is_not_known_has_a_reason(self, workspace, made, known, why):
        made(known)
        found = importance.of(workspace, "run:forest")
        assert found.shares == {}
        assert why in found.why_not
        columns, (note,) = weighed(found, [column("temp")])
        assert columns == [column("temp")]
        assert note.startswith(f"what {found.label} builds on is not known: ")

    def test_what_is_no_share_is_left_out(self, workspace, made):
        made(told({"temp": 0.5, "humid": True, "wind": [1], "rain": 2.5, "snow": 0.6}, 2))
        assert importance.of(workspace, "run:forest").shares == {"snow": 0.6, "temp": 0.5}

    def test_more_columns_than_a_tag_holds_are_in_a_file(self, workspace, client, made):
        run = made(told({"temp": 0.6}))
        part = importance.of(workspace, "run:forest")
        assert (part.shares, part.whole) == ({"temp": 0.6}, False)
        assert part.share("humid") is None
        client.log_text(run, told(), "importance.json")
        whole = importance.of(workspace, "run:forest")
        assert (whole.shares, whole.whole) == (SHARES, True)

    @pytest.mark.parametrize("content", ["", "[]", "[" * 100_000, '{"shares": 3}'])
    def test_a_file_that_is_none_leaves_the_tag(self, workspace, client, made, content):
        run = made(told({"temp": 0.6}))
        client.log_text(run, content, "importance.json")
        assert importance.of(workspace, "run:forest").shares == {"temp": 0.6}


class TestWeighing:
    known = Importances("model:late@1", "model:late@1", shares=SHARES, target="late")

    def test_each_column_has_its_share(self):
        columns = [column("temp"), column("humid"), column("wind"), column("gate")]
        found, notes = weighed(self.known, columns)
        assert [each.importance for each in found] == [0.6, 0.3, 0.1, 0.0]
        assert notes == []
        assert [each.model_copy(update={"importance": None}) for each in found] == columns

    def test_target_and_prediction_have_none(self):
        found, _ = weighed(
            self.known, [column("temp"), column("late"), column("guess", role="prediction")]
        )
        assert [each.importance for each in found] == [0.6, None, None]

    def test_what_describes_a_text_has_its_columns(self):
        found, notes = weighed(self.known, [column("length of temp", of="temp"), column("humid")])
        assert [each.importance for each in found] == [0.6, 0.3]
        assert notes == ["10% of what model:late@1 builds on was not compared: wind (10%)"]

    def test_what_it_builds_on_and_was_not_compared_is_said(self):
        _, (note,) = weighed(self.known, [column("wind")])
        assert note == (
            "90% of what model:late@1 builds on was not compared: temp (60%), humid (30%)"
        )

    def test_columns_without_names_are_said_to_be_none_of_the_compared(self):
        found, (note,) = weighed(
            Importances("run:1", "run:1", shares={"x0": 0.7, "x1": 0.3}), [column("temp")]
        )
        assert found == [column("temp")]
        assert "none of the columns that run:1 takes (x0, x1) was compared" in note

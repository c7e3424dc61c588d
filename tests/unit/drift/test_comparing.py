"""Two drift reports held against each other."""

from __future__ import annotations

import json

import pytest

import mlops_jupyter as mlops
from mlops_jupyter.drift.comparing import DriftComparison, compare
from mlops_jupyter.drift.performance_record import Performance
from mlops_jupyter.drift.report import Finding, Side
from mlops_jupyter.errors import NotFound, UsageError
from tests.unit.drift.kept import column, made, of

HOSTILE = "<img src=x onerror=alert(1)>"


def became(before, after):
    """What became of a column of these two verdicts."""
    (change,) = compare(of(before), of(after)).columns
    return change.change


def p_value(score, **more):
    return column(
        score=score, threshold=0.05, low_is_drift=True, drifted=score < 0.05, method="K-S p_value",
        **more,
    )  # fmt: skip


class TestVerdicts:
    @pytest.mark.parametrize(
        ("before", "after", "change"),
        [
            (0.05, 0.3, "drifts now"),
            (0.3, 0.05, "drifts no longer"),
            (0.2, 0.4, "closer to drift"),
            (0.4, 0.2, "further from drift"),
            (0.01, 0.08, "closer to drift"),
            (0.001, 0.002, "about the same"),  # twice as much, and nothing all the same
            (0.40, 0.44, "about the same"),
            (0.3, 0.3, "about the same"),
            (None, None, "about the same"),
            (None, 0.05, "judged otherwise"),
        ],
    )
    def test_of_a_distance(self, before, after, change):
        assert became(column(score=before), column(score=after)) == change

    @pytest.mark.parametrize(
        ("before", "after", "change"),
        [
            (0.5, 0.001, "drifts now"),
            (0.001, 0.5, "drifts no longer"),
            (0.04, 1e-9, "closer to drift"),
            (1e-9, 0.04, "further from drift"),
            (0.5, 0.45, "about the same"),
        ],
    )
    def test_of_a_p_value_less_is_closer(self, before, after, change):
        assert became(p_value(before), p_value(after)) == change

    def test_scores_of_two_methods_say_nothing_together(self):
        assert became(column(score=0.01), p_value(0.06)) == "judged otherwise"
        assert became(column(score=0.3), p_value(0.06)) == "drifts no longer"

    def test_columns_that_came_and_went_are_said(self):
        found = compare(of(column("a"), column("old")), of(column("a"), column("new")))
        assert {each.column: each.change for each in found.columns} == {
            "new": "compared now",
            "old": "compared no longer",
            "a": "about the same",
        }

    def test_the_most_telling_stands_first(self):
        found = compare(made(0.05, 0.3, 0.2, 0.01, 0.05), made(0.3, 0.05, 0.4, 0.01, 0.9))
        assert [each.column for each in found.columns] == ["c4", "c0", "c1", "c2", "c3"]

    def test_one_line_says_what_became_of_the_whole(self):
        first, second = made(0.05, 0.01, 0.01), made(0.3, 0.4, 0.01)
        assert compare(first, second).headline == (
            "Dataset drift, which was not there before: 2 columns drift now (c1, c0)"
        )
        assert compare(second, first).headline == (
            "No dataset drift, where there was before: 2 columns drift no longer (c1, c0)"
        )
        assert compare(first, first).headline == (
            "No dataset drift, as before: no column changed its verdict"
        )

    def test_what_describes_a_text_is_no_column_of_its_own(self):
        text = of(column("remark", 0.3), column("length of remark", 0.4, of="remark"))
        found = compare(text, text)
        assert (found.after.columns, found.after.columns_drifted) == (1, 1)

    def test_the_models_error_is_told_where_it_moved(self):
        def with_error(verdict):
            return made(
                performance=Performance(
                    task="regression", target="late", prediction="guess", verdict=verdict,
                    rows_reference=9, rows_current=9, labelled_reference=9, labelled_current=9,
                    metrics=[],
                )
            )  # fmt: skip

        found = compare(with_error("no change"), with_error("worse"))
        assert found.headline.endswith("the model's error: no change → worse")
        assert "error" not in compare(with_error("worse"), with_error("worse")).headline
        assert "not looked at → worse" in compare(made(), with_error("worse")).headline


class TestWhatElse:
    def test_findings_come_and_go_by_kind_and_column(self):
        few = Finding(kind="few_rows", message="current has 9 rows")
        more = Finding(kind="few_rows", message="current has 12 rows")
        new = Finding(kind="new_categories", column="carrier", message="carrier: YV")
        gone = Finding(kind="constant", column="origin", message="origin: one value")
        found = compare(made(findings=[few, gone]), made(findings=[more, new]))
        assert (found.came, found.went) == ([new], [gone])
        assert "1 finding came\n  carrier: YV\n\n1 finding went\n  origin: one value" in str(found)

    @pytest.mark.parametrize(
        ("more", "said"),
        [
            ({"before": "may"}, "the references differ: june (99 rows), then may (99 rows)"),
            (
                {"reference": Side(label="june", rows=100, columns=3)},
                "the references differ: june (99 rows), then june (100 rows)",
            ),
            ({"engine": "columnar"}, "the engines differ: evidently 0.7, then columnar"),
            ({"correction": "holm"}, "corrected otherwise: none, then holm"),
            ({"share_threshold": 0.3}, "makes the whole drift differs: 0.5, then 0.3"),
        ],
    )
    def test_what_verdicts_rest_on_is_said_where_it_differs(self, more, said):
        (caveat,) = compare(made(), made(**more)).caveats
        assert said in caveat
        assert caveat in str(compare(made(), made(**more)))

    def test_another_threshold_is_said(self):
        (caveat,) = compare(of(column()), of(column(threshold=0.2))).caveats
        assert caveat == "drift begins at another threshold for temp"

    def test_equal_reports_have_no_caveats(self):
        assert compare(made(), made(after="august")).caveats == []


class TestShown:
    def test_nothing_from_data_is_markup(self):
        first = of(column(HOSTILE), column("a"), before=HOSTILE, after=HOSTILE)
        second = of(
            column(HOSTILE, 0.01, method=HOSTILE), column("b"), before="x", after=HOSTILE,
            engine=HOSTILE, findings=[Finding(kind="few_rows", column=HOSTILE, message=HOSTILE)],
        )  # fmt: skip
        page = compare(first, second, labels=(HOSTILE, HOSTILE)).to_html()
        assert "<img" not in page
        assert "&lt;img" in page

    def test_many_columns_stay_a_page(self):
        first, second = made(*[0.05] * 3000), made(*[0.3] * 3000)
        found = compare(first, second)
        assert len(found.to_html()) < 60_000
        assert "2,940 more changed" in found.to_html()
        assert "3,000 columns drift now (c0, c1, c2, c3, c4 and 2,995 more)" in found.headline

    def test_json_and_back(self):
        found = compare(made(), made(0.01, 0.3, None))
        again = DriftComparison.from_dict(json.loads(json.dumps(found.to_dict())))
        assert (again.to_text(), again.to_html()) == (found.to_text(), found.to_html())


class TestTheVerb:
    @pytest.fixture
    def files(self, workspace):
        for name, report in {"june": made(0.05), "july": made(0.3)}.items():
            content = json.dumps(report.to_dict(), indent=1)
            (workspace.root / f"{name}.json").write_text(content)
        for name in ("table", "other"):
            (workspace.root / f"{name}.json").write_text(f'[{{"kind": "drift_report {name}"}}]')
        return workspace

    def test_files_are_told_from_tables(self, files):
        found = mlops.compare(files, ["june.json", files.root / "july.json"])
        assert found.kind == "drift_comparison"
        assert [each.change for each in found.columns] == ["drifts now"]
        assert found.before.label == "june.json"
        assert mlops.compare(files, ["table.json", "other.json"]).kind == "data_comparison"

    @pytest.mark.parametrize(
        ("named", "options", "message"),
        [
            (["june.json"], {}, "two drift reports are compared, and 1 given"),
            (["june.json"] * 3, {}, "two drift reports are compared, and 3 given"),
            (["june.json", "june.json"], {}, "june.json and june.json are the same"),
            (["june.json", "table.json"], {}, "june.json is a drift report and table.json is none"),
            (["run:x", "drift:x"], {}, "drift:x is a drift report and run:x is none"),
            (["june.json", "july.json"], {"everything": True}, "--everything is for runs"),
            (["june.json", "july.json"], {"key": ["a"]}, "--key is for data"),
        ],
    )
    def test_what_is_no_pair_of_reports_is_refused(self, files, named, options, message):
        with pytest.raises(UsageError) as raised:
            mlops.compare(files, named, **options)
        assert message in raised.value.message

    def test_a_run_that_is_not_there_is_said(self, files):
        with pytest.raises(NotFound, match="no run 'gone'"):
            mlops.compare(files, ["drift:gone@1", "june.json"])

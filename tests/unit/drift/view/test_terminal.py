"""A report as text."""

from __future__ import annotations

from rich.cells import cell_len

from mlops_jupyter.drift.report import Finding, Sample
from tests.unit.drift.view.reports import HOSTILE, categorical, column, p_value, report


def table(shown):
    lines = shown.to_text().splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("column"))
    return lines[start:]


def test_the_verdict_comes_first_then_what_tells_most():
    lines = report(column("late", drifted=True), column("b")).to_text().splitlines()
    assert lines[0] == "Dataset drift: 1 of 2 columns drifted (share 0.50 ≥ 0.5)"
    assert lines[1] == "Drifted: late: mean up 1.4 sd, 3 % more missing"
    assert lines[2:5] == [
        "reference  june.csv (1,000 rows)",
        "current    july.csv (1 row)",
        "engine     Evidently 0",
    ]


def test_drifted_columns_come_first():
    lines = table(report(column("far", score=0.01), p_value("p", 0.2), column("d", drifted=True)))
    assert [line.split()[0] for line in lines if line[:1] != " "] == ["column", "d", "p", "far"]


def test_lines_fit_where_names_do():
    columns = [
        *(column(f"departure_delay_{place}", drifted=place % 2 == 0) for place in range(4)),
        categorical("airline", ["UA"] * 2, [0.4, 0.6], [0.9, 0.1], gone=(0.3, 12), new=(0.5, 4)),
        column("x" * 200),
        column("滑走路" * 30),
    ]
    shown = report(
        *columns,
        sample=Sample(reference=10, current=1, seed=3),
        correction="holm",
    )
    lines = shown.to_text().splitlines()
    assert max(cell_len(line) for line in table(shown)) <= 140
    narrow = report(*columns[:5]).to_text().splitlines()
    assert max(cell_len(line) for line in narrow) <= 100
    assert "p-values   corrected for their number by Holm" in lines
    assert any(
        line.startswith("sample     10 of 1,000 rows of the reference (1 %)") for line in lines
    )


def test_all_that_changed_is_there_in_as_many_lines_as_it_takes():
    shown = column("late", current=column().current.model_copy(update={"std": 9.0}))
    words = " ".join(" ".join(table(report(shown))[1:]).split())
    assert "mean up 1.4 sd (12.3 → 15.1); spread wider (sd 2 → 9); 3 % more missing" in words


def test_what_a_column_is_to_a_model_has_a_place_only_where_it_is_known():
    assert "model" not in table(report(column()))[0]
    lines = table(
        report(
            column("a", role="target"), column("b", importance=0.25), column("c", of="b"),
            model="model:late@2",
        )
    )  # fmt: skip
    assert lines[0].split()[1] == "model"
    assert [line.split()[1] for line in lines[1:] if line[0] != " "] == ["target", "25", "about"]


def test_findings_of_one_kind_are_counted():
    findings = [
        Finding(kind="constant", column=f"c{place}", message=f"c{place} is constant")
        for place in range(100)
    ]
    text = report(
        column(), findings=[Finding(kind="few_rows", message="2 rows"), *findings]
    ).to_text()
    assert "  2 rows\n  constant: 100 columns: c0, c1, c2 and 97 more\n" in text
    assert text.endswith("    c4 is constant\n    and 95 more")


def test_of_very_many_columns_quiet_ones_are_left_out():
    shown = report(*(column(f"c{place}", drifted=place < 60) for place in range(200)))
    lines = table(shown)
    assert sum(line.startswith("c") for line in lines[1:]) == 70
    assert "and 130 more columns that did not drift" in lines
    assert len([line for line in table(report(*shown.columns[60:100])) if line[:1] == "c"]) == 41


def test_no_drifted_column_is_left_out_where_texts_stand_with_what_describes_them():
    texts = [
        described
        for place in range(10)
        for described in (
            column(f"t{place}", type="text"),
            *(column(f"t{place}: {what}", of=f"t{place}") for what in ("words", "sentences")),
            column(f"t{place}: length", of=f"t{place}", drifted=True),
        )
    ]
    lines = table(report(*texts, *(column(f"c{place}") for place in range(20))))
    assert sum(" drift  " in line and "no drift" not in line for line in lines[1:]) == 10
    assert "and 12 more columns that did not drift" in lines


def test_nothing_hostile_reaches_a_terminal():
    shown = report(
        categorical(HOSTILE, [HOSTILE, "b"], [1, 0], [0, 1], of=HOSTILE),
        findings=[Finding(kind="constant", column=HOSTILE, message=HOSTILE)] * 9,
        engine=HOSTILE,
        backend=HOSTILE,
        correction=HOSTILE,
        model=HOSTILE,
        full_report=HOSTILE,
        kept_as=HOSTILE,
    ).to_text()
    assert not set("\x1b\x00\u202e\u2066\u2028") & set(shown)

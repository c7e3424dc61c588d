"""Conditions: what they say, and where they are wrong."""

import time

import pytest

from mlops_jupyter.errors import UsageError
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.history.filters import Subject, parse, subject
from mlops_jupyter.tracking.history.matching import matcher, resolved
from mlops_jupyter.tracking.history.pushdown import mlflow_filter
from mlops_jupyter.tracking.history.stored import StoredRun

NOW = int(time.time() * 1000)
METRICS = {"auc": 0.75, "loss": float("nan"), "big": float("inf"), "val/auc": 1.0}
PARAMS = {"depth": "5", "rate": "0.10", "booster": "gbtree", "verbose": "False", "seed": "None"}
RUN = StoredRun(
    run_id="3f2a91" + "0" * 26,
    experiment_id="7",
    name="it's \"a\" forest",
    status="FINISHED",
    start=NOW - 3_600_000,
    end=NOW - 3_600_000 + 90_000,
    metrics=METRICS,
    params=PARAMS,
    tags={
        "team": "x", "a b": "y", tags.DATA: '["data:flights@v1", "data:weather@v12"]',
        tags.MODEL: "XGBClassifier", tags.PARENT: "p" * 32, tags.NOTEBOOK: "notebooks/a.ipynb",
    },
)  # fmt: skip


def known(found: Subject) -> Subject:
    if found.kind != "bare":
        return found
    return Subject("metric" if found.name in METRICS else "param", found.name, found.start)


def holds(text, run=RUN):
    condition = resolved(parse(text), known)
    return matcher(condition, text, {"7": "flights"})(run)


@pytest.mark.parametrize(
    "text",
    [
        "auc > 0.7", "auc >= .75 and auc <= 7.5e-1", "auc == 0.75", "auc != 1", "auc<>1",
        "big > 1e308", "big = inf", "loss = nan", "loss != 0.5", "val/auc = 1", "metric.auc < 1",
        "depth = 5", "depth = 5.0", "depth < 10", "depth != 6", "rate = 0.1", "param.rate < 1",
        "rate = '0.10'", "booster = gbtree", 'booster = "gbtree"', "booster > gba",
        "verbose = false", "seed = none", "seed is not null", "depth in (4, 5)",
        "booster not in (dart, 'gb linear')", "booster like 'gb%'", "booster ilike 'GB_REE'",
        "booster like '%tree'", "booster like 'gb%ee'", "booster like '%'", "booster like '______'",
        "booster like 'gbtree%'", "booster like '%b%r%'",
        "nothing is null", "tag.team = x", "tag.team = 'x'", "tags.`a b` = y", "tag.gone is null",
        "status = finished", "status != FAILED", "status in (FAILED, FINISHED)",
        r"name = 'it\'s \"a\" forest'", "name like '%forest'", "experiment = flights",
        "data = flights@v1", "data = data:flights@1", "data = weather", "data != flights@v2",
        "data = data:weather@v12", "data like '%weather%'", "model = XGBClassifier",
        "notebook like '%.ipynb'", "id = 3f2a91", f"parent = run:{'p' * 32}", "run.id = 3f2a91",
        "attributes.status = FINISHED", "started > 2h", "started > '2020-01-01 10:00'",
        "started > 2020-01-01 and started <= 2120-01-01T00:00:00", "ended < 0s",
        "duration > 60", "duration < 2min", "duration = 90", "not auc > 0.8",
        "auc > 0.9 or depth = 5", "auc > 0.9 or (depth = 5 and status = FINISHED)",
        "not (auc > 0.9 or depth = 6) and not status = FAILED", "AUC is null", "not not auc > 0.7",
        "auc > 0.7 AND depth = 5 OR depth = 6",
    ],
)  # fmt: skip
def test_what_is_true_of_the_run(text):
    assert holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "auc > 0.75", "loss > 0", "loss < 1", "loss = 0", "big < 1", "depth = 50", "depth = '5.0'",
        "rate = '0.1'", "booster = GBTREE", "booster > 5", "booster < 5", "booster = 5",
        "nothing = 5", "nothing != 5", "nothing < 5", "not (auc > 0.7)", "booster like 'tree'",
        "booster like 'gbtre%ree'", "booster like '%x%'", "booster like ''",
        "booster like 'GB%'", "tag.team = X", "tag.gone != x", "status = FAILED",
        "data = flights@v2", "data = light", "data = weather@v1", "data != flights", "id = 4f2a91",
        "started > 30min", "started = 2020-01-01", "duration > 2min", "auc > 0.7 and depth = 6",
        "(auc > 0.9 or depth = 6) and status = FINISHED", "auc is null", "model is null",
    ],
)  # fmt: skip
def test_what_is_not(text):
    assert not holds(text)


@pytest.mark.parametrize(
    ("text", "character", "message"),
    [
        ("auc >", 6, "a value is missing after '>'"),
        ("auc > 0.7 and", 14, "a name is expected"),
        ("auc > 0.7 & depth = 5", 11, "`and` or `or` is expected"),
        ("auc 0.7", 5, "a comparison is expected after 'auc'"),
        ("(auc > 0.7", 11, "a ) is missing"),
        ("auc > 0.7)", 10, "`and` or `or` is expected"),
        ("0.5 < auc", 1, "a name comes first"),
        ("auc > 0.5 < 0.7", 11, "`and` or `or` is expected"),
        ("name = 'open", 8, "this quote is not closed"),
        ("tag.`a = 5", 5, "this quote is not closed"),
        ("auc > high", 7, "auc is a metric, this is not a number"),
        ("auc like 'a%'", 1, "auc is a metric"),
        ("status = done", 10, "no status"),
        ("status > FAILED", 1, "status cannot be compared by '>'"),
        ("started > soon", 11, "this is no date"),
        ("started > 2026-13-01", 11, "this is no date"),
        ("duration > long", 12, "this is no duration"),
        ("auc in 5", 8, "a ( is expected"),
        ("auc in (5", 10, "a , or ) is expected"),
        ("auc is 5", 8, "`null` is expected"),
        ("auc not 5", 9, "`in` is expected"),
        ("run.size = 5", 1, "no run has this"),
        ("", 1, "a name is expected"),
        ("!", 1, "'!' is not understood"),
        ("(" * 60 + "auc > 1" + ")" * 60, 52, "nested too deeply"),
        ("not " * 60 + "auc > 1", 205, "nested too deeply"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(text, character, message):
    with pytest.raises(UsageError) as caught:
        holds(text)
    assert f"character {character}: " in caught.value.message
    assert message in caught.value.message
    assert caught.value.hint


def test_a_run_without_anything_meets_no_comparison():
    bare = StoredRun("r", "7", "", "", None, None)
    for text in ("started > 2020-01-01", "ended < today", "duration < 5", "name = x",
                 "data = a", "data != a", "model != a", "status != FAILED",
                 "auc != 1"):  # fmt: skip
        assert not holds(text, bare), text
    assert holds("started is null and name is null and data is null and status is null", bare)


def test_no_pattern_takes_long():
    slow = StoredRun("r", "7", "a" * 5000, "", None, None)
    began = time.perf_counter()
    assert not holds("name like '%a%a%a%a%a%a%a%a%a%a%b'", slow)
    assert holds("name like '%%a%a_a%%'", slow)
    assert time.perf_counter() - began < 30, "tried one after another they would take years"


def test_nothing_is_run():
    text = "auc > __import__('os').system('touch pwned')"
    with pytest.raises(UsageError):
        holds(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("auc", ("bare", "auc")), ("metric.a.b", ("metric", "a.b")), ("params.x", ("param", "x")),
        ("tag.`a b`", ("tag", "a b")), ("start_time", ("attribute", "started")),
        ("metric.", ("bare", "metric.")), ("`a b`", ("bare", "a b")), ("my.x", ("bare", "my.x")),
    ],
)  # fmt: skip
def test_names(text, found):
    read = subject(text)
    assert (read.kind, read.name) == found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("metric.a > 1 or metric.b > 1", ""),
        ("not metric.a > 1", ""),
        ("metric.a != 1 and metric.b = inf", ""),
        ("param.a is null", ""),
        ("tag.t = 'x'", "tags.`t` LIKE 'x'"),
        ("tag.t = 'it\\'s'", "tags.`t` LIKE 'it_s'"),
        ("name = '50%'", "attributes.run_name LIKE '50_'"),
        ("id = 3f2a91", "attributes.run_id LIKE '3f2a91%'"),
    ],
)
def test_what_is_left_to_mlflow_never_loses_a_run(text, expected):
    assert mlflow_filter(parse(text)) == expected

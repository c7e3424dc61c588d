from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_jupyter.errors import UsageError
from mlops_jupyter.references import Reference, parse

names = st.text(min_size=1).filter(lambda text: text.strip())
numbers = st.integers(min_value=1, max_value=10**6).map(str)


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("run:0190c1", Reference("run", "0190c1")),
        ("model:late@3", Reference("model", "late", "3")),
        ("model:late@champion", Reference("model", "late", "champion")),
        ("model:late", Reference("model", "late")),
        ("data:flights@v3", Reference("data", "flights", "3")),
        ("data:flights@3", Reference("data", "flights", "3")),
        ("data:flights", Reference("data", "flights")),
        ("data:me@work@v2", Reference("data", "me@work", "2")),
        ("data:me@work", Reference("data", "me@work")),
        ("data:-x y", Reference("data", "-x y")),
        ("data/flights.parquet", Reference("path", "data/flights.parquet")),
        ("./data:flights@v3", Reference("path", "data:flights@v3")),
        ("C:\\data\\x.csv", Reference("path", "C:\\data\\x.csv")),
    ],
)
def test_reads(text, reference):
    assert parse(text) == reference


@pytest.mark.parametrize(
    ("text", "kind", "reference"),
    [
        ("flights@v1", "data", Reference("data", "flights", "1")),
        ("data:flights@v1", "data", Reference("data", "flights", "1")),
        ("0190c1", "run", Reference("run", "0190c1")),
        ("late@champion", "model", Reference("model", "late", "champion")),
        ("data:flights@v1", "path", Reference("path", "data:flights@v1")),
        ("drift:forest@2", "drift", Reference("drift", "forest", "2")),
        ("forest", "drift", Reference("drift", "forest")),
        ("me@home", "drift", Reference("drift", "me@home")),
        ("forest@0", "drift", Reference("drift", "forest@0")),
    ],
)
def test_the_prefix_may_be_left_out_where_the_kind_is_fixed(text, kind, reference):
    assert parse(text, kind) == reference


@pytest.mark.parametrize(
    ("text", "kind", "message", "hint"),
    [
        ("run:", None, "names nothing", "run:ID"),
        ("data: ", None, "names nothing", "data:NAME@vN"),
        ("", "run", "names nothing", "run:ID"),
        ("run:a b", None, "no spaces", "mlops runs"),
        ("model:late@", None, "lacks", "model:NAME@VERSION"),
        ("model:@3", None, "lacks", "model:NAME@VERSION"),
        ("data:flights@v0", None, "'@v0' is no data version", "from 1"),
        ("data:flights@latest", None, "'@latest' is no data version", "the newest"),
        ("run:1", "data", "is a run reference", "data:NAME@vN"),
        ("runs:/0190c1", None, "no prefix 'runs:'", "`run:0190c1`"),
        ("dat:flights", None, "no prefix 'dat:'", "`data:flights`"),
        ("drift:forest@1", None, "is a drift report, which is not taken here", "mlops show"),
        ("drift:forest@1", "run", "is a drift reference", "run:ID"),
        ("run:forest", "drift", "is a run reference", "drift:RUN@N"),
        ("drift:", "drift", "names nothing", "drift:RUN@N"),
        ("drfit:forest", None, "no prefix 'drfit:'", "`drift:forest`"),
    ],
)
def test_says_what_is_wrong(text, kind, message, hint):
    with pytest.raises(UsageError) as error:
        parse(text, kind)
    assert message in error.value.message
    assert hint in error.value.hint


def _without_version_look(name: str) -> bool:
    try:
        return parse(f"data:{name}") == Reference("data", name)
    except UsageError:
        return False


references = st.one_of(
    st.builds(Reference, st.just("run"), st.from_regex(r"[0-9a-z-]{1,40}", fullmatch=True)),
    st.builds(
        Reference, st.just("model"), names, numbers | st.from_regex(r"[a-z]+", fullmatch=True)
    ),
    st.builds(Reference, st.just("model"), names.filter(lambda name: "@" not in name)),
    st.builds(Reference, st.just("data"), names, numbers),
    st.builds(Reference, st.just("data"), names.filter(_without_version_look)),
    st.builds(Reference, st.just("path"), names.filter(lambda name: not name.startswith("./"))),
)


@given(references)
def test_what_is_written_is_read_back(reference):
    assert parse(str(reference)) == reference
    assert parse(str(reference), reference.kind).version == reference.version


@given(names)
def test_a_newest_reference_never_reads_as_a_version(name):
    # Every name a snapshot accepts must be reachable with and without a version.
    if _without_version_look(name):
        assert parse(f"data:{name}@v7") == Reference("data", name, "7")

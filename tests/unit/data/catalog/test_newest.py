"""Which version of some data is the newest that one could train on."""

from datetime import UTC, datetime

import pytest

from mlops_jupyter.data.catalog.newest import Newest
from mlops_jupyter.data.records import DataVersion

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def version(number, hash_, **more):
    return DataVersion(
        name="a", version=number, ref=f"data:a@v{number}", path="a.csv", hash=hash_, size=1,
        files=1, created=NOW, commit="c", **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("others", "newer"),
    [
        ([], None),
        ([version(2, "two")], 2),
        ([version(3, "three"), version(2, "two")], 3),
        ([version(2, "two"), version(3, "one")], None),
        ([version(2, "two"), version(3, "three", forgotten=NOW)], 2),
        ([version(2, "two", automatic=True)], None),
    ],
)
def test_the_newest_is_the_last_that_is_there_and_differs(others, newer):
    first = version(1, "one")
    found = Newest([first, *others]).newer(first)
    assert (found.version if found else None) == newer

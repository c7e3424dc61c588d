"""What removing would free."""

from __future__ import annotations

import os

from mlops_jupyter.data.upkeep.plan import Plan, on_disk


def test_a_file_of_several_names_is_freed_with_the_last(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(b"x" * 100_000)
    os.link(one, other)
    plan = Plan()
    plan.add("contents", [one])
    assert plan.by_kind() == [("contents", 1, 0)]
    plan.add("contents", [other])
    assert plan.by_kind() == [("contents", 2, on_disk(one.lstat()))]
    assert on_disk(one.lstat()) >= 100_000

"""The table of findings in the guide names each kind, in the order in which they are shown."""

from __future__ import annotations

import re
from typing import get_args

from mlops_jupyter.drift.report import FindingKind


def test_the_guide_says_of_each_kind_when_it_comes_and_what_to_do(root):
    guide = (root / "docs" / "guide" / "drift.md").read_text(encoding="utf-8")
    section = guide.partition("\n## Findings\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \|$", section, re.MULTILINE)
    assert [kind for kind, _, _ in rows] == list(get_args(FindingKind))
    assert all(when.endswith(".") and what.endswith(".") for _, when, what in rows)

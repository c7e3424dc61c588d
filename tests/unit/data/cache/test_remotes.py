from __future__ import annotations

import pytest

from mlops_jupyter.data import snapshot
from mlops_jupyter.data.cache.remotes import remotes
from mlops_jupyter.data.catalog.passed_over import passed_over
from mlops_jupyter.errors import ToolFailed

CONFIG = """
[core]
    remote = shelf
['remote "attic"']
    url = /attic
['remote "shelf"']
    url = /shelf
"""


def test_the_default_remote_comes_first(ws):
    assert remotes(ws) == []
    (ws.root / ".dvc" / "config").write_text(CONFIG)
    assert remotes(ws) == ["shelf", "attic"]


def test_the_remotes_of_a_teams_dvc_at_the_top(tmp_path, make_workspace):
    make_workspace(tmp_path)
    (tmp_path / ".dvc" / "config").write_text(CONFIG)
    assert remotes(make_workspace(tmp_path / "below")) == ["shelf", "attic"]


def test_a_config_that_cannot_be_read(ws):
    (ws.root / ".dvc" / "config").write_text("[core\n")
    with pytest.raises(ToolFailed, match="cannot be read"):
        remotes(ws)


def test_versions_whose_commit_does_not_name_the_remote(ws):
    config = ws.root / ".dvc" / "config"
    snapshot(ws, "data/x.csv")
    assert passed_over(ws) == 0  # there is no remote to name
    for number, url in enumerate(("../../shelf", "/shelf", "s3://bucket/path")):
        # At a tag DVC would take a relative path for one below the root.
        config.write_text(f"[core]\n    remote = s\n['remote \"s\"']\n    url = {url}\n")
        (ws.root / "data" / "x.csv").write_text(url)
        snapshot(ws, "data/x.csv")
        assert passed_over(ws) == min(2, number + 2)
    (ws.root / ".dvc" / "config.local").write_text(config.read_text())
    assert passed_over(ws) == 0  # the machine's own settings hold at every tag

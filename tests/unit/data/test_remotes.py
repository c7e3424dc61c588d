from __future__ import annotations

import pytest

from mlops_jupyter.data.remotes import remotes
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


def test_the_remotes_of_a_teams_dvc_at_the_top(tmp_path, monkeypatch, make_workspace):
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site-cache"))
    make_workspace(tmp_path)
    (tmp_path / ".dvc" / "config").write_text(CONFIG)
    assert remotes(make_workspace(tmp_path / "below")) == ["shelf", "attic"]


def test_a_config_that_cannot_be_read(ws):
    (ws.root / ".dvc" / "config").write_text("[core\n")
    with pytest.raises(ToolFailed, match="cannot be read"):
        remotes(ws)

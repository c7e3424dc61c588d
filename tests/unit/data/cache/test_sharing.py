from __future__ import annotations

import pytest

from mlops_jupyter.data.cache import sharing
from mlops_jupyter.errors import Conflict, ToolFailed


def test_many_take_in_at_once_and_none_while_it_is_cleared(tmp_path, monkeypatch):
    monkeypatch.setattr(sharing, "_PATIENCE_S", 0.1)
    with sharing.taking(tmp_path), sharing.taking(tmp_path), pytest.raises(Conflict):  # noqa: SIM117
        with sharing.clearing(tmp_path):
            pass
    with sharing.clearing(tmp_path):
        pass


def test_where_nothing_may_be_written_whoever_takes_in_finds_out_by_itself(tmp_path):
    (tmp_path / ".dvc").write_text("a file")
    with sharing.taking(tmp_path):
        pass
    with pytest.raises(ToolFailed, match="may not be written"), sharing.clearing(tmp_path):
        pass

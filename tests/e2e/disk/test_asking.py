"""Who is asked before something goes for good."""

from __future__ import annotations

import io
import sys

import pytest

import mlops_jupyter as mlops
from mlops_jupyter import cli
from tests.e2e.disk.conftest import folder_of, make_old


@pytest.fixture
def deleted(workspace, run, delete):
    run_id = run()
    make_old(workspace)
    delete(run_id)
    return folder_of(workspace, run_id)


def test_nobody_is_asked_in_a_notebook(deleted, cells):
    with pytest.raises(mlops.MlopsError, match="--yes"):
        cells.run("%mlops gc")
    assert cells.run("%mlops gc --dry-run").total > 0
    assert deleted.exists()
    assert cells.run("%mlops gc --yes").total > 0
    assert not deleted.exists()
    assert cells.run("%mlops gc").entries == []  # nothing to be asked about
    assert "MB" in cells.run("%mlops du").to_text()


@pytest.mark.parametrize(("answer", "stays"), [("n", True), ("", True), ("y", False)])
def test_the_shell_asks(deleted, monkeypatch, capsys, answer, stays):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stdin", Terminal(f"{answer}\n"))
    assert cli.main(["gc"]) == 0
    assert "Remove this for good? [y/N]" in capsys.readouterr().err
    assert deleted.exists() == stays


def test_a_pipe_is_not_asked(deleted, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert cli.main(["gc"]) == 2
    assert deleted.exists()

"""Workers that are started here leave nothing behind."""

import tempfile

from mlops_jupyter.results import ignore_events
from mlops_jupyter.sweeps import workers


def test_they_leave_no_files(workspace, tmp_path, monkeypatch):
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    monkeypatch.setenv("TMPDIR", str(place))
    with workers.opened(workspace, count=1, address=None, events=ignore_events) as opened:
        assert len(opened.idle()) == 1
        assert list(place.iterdir())
    assert list(place.iterdir()) == []

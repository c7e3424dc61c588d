"""Progress of a command on a terminal: replaced line by line, but for what is to stay."""

import io
import sys

from mlops_jupyter.cli import _Progress
from mlops_jupyter.results import Event


class _Terminal(io.StringIO):
    def isatty(self):
        return True


def shown(terminal):
    """What a terminal shows in the end: a return begins the line anew."""
    lines = terminal.getvalue().replace("\x1b[K", "").split("\n")
    return [line.rpartition("\r")[2] for line in lines if line.rpartition("\r")[2]]


def test_steps_give_way_and_what_stays_is_there_in_the_end(monkeypatch):
    terminal = _Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", terminal)
    progress = _Progress()
    progress.show(Event("trial 1", done=1, total=2))
    progress.show(Event("go on with: this", stays=True))
    progress.show(Event("closing"))
    progress.close()
    assert shown(terminal) == ["go on with: this"]


def test_elsewhere_each_is_a_line(capsys):
    progress = _Progress()
    for event in (Event("trial 1"), Event("go on with: this", stays=True)):
        progress.show(event)
    progress.close()
    assert capsys.readouterr().err == "trial 1\ngo on with: this\n"

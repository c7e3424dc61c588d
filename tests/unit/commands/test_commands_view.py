"""How far something is, for each face."""

import io

from rich.console import Console

from mlops_jupyter.commands import view
from mlops_jupyter.results import Event

EVENT = Event(
    "cell 2 of 5: <b>fit()</b>",
    1,
    5,
    elapsed=75.2,
    memory=310_000_000,
    said="epoch \x1b[2J3 <i>",
)


def test_a_line_says_all_and_drives_no_terminal():
    assert view.line(EVENT) == "cell 2 of 5: <b>fit()</b> (1 min 15 s, 310.0 MB)  epoch [2J3 <i>"
    assert view.line(Event("reading")) == "reading"


def test_html_is_escaped():
    shown = view.to_html(EVENT)
    assert '<progress value="1" max="5"></progress>' in shown
    assert "&lt;b&gt;fit()" in shown
    assert "epoch [2J3 &lt;i&gt;" in shown
    assert "<b>" not in shown
    assert "<progress" not in view.to_html(Event("reading"))


def test_a_terminal_gets_two_lines_however_long_they_are():
    stream = io.StringIO()
    long = Event("cell 1 of 2: " + "x" * 300, 0, 2, elapsed=1.0, said="y" * 300)
    Console(file=stream, width=60).print(view.to_rich(long))
    lines = stream.getvalue().rstrip("\n").split("\n")
    assert len(lines) == 2
    assert all(len(line) <= 60 for line in lines)
    assert "1.0 s" in lines[0]
    assert lines[1].startswith("yyy")

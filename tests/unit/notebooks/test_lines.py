"""What cells print, as lines."""

from mlops_jupyter.notebooks.lines import Lines


def all_of(*parts, **options):
    lines = Lines(**options)
    done = [line for part in parts for line in lines.feed(part)]
    return [*done, *lines.flush()]


def test_text_comes_in_pieces():
    assert all_of("a", "b\nc", "\n", "d") == ["ab", "c", "d"]
    assert all_of("a\r\n", "b\n\n") == ["a", "b", ""]


def test_a_progress_bar_is_one_line():
    bar = ["\r  0%|    |", "\r 50%|##  |", "\r100%|####|", "\n", "done\n"]
    assert all_of(*bar) == ["100%|####|", "done"]
    assert all_of("".join(bar)) == ["100%|####|", "done"]
    assert all_of("loading\r") == ["loading"]


def test_bars_inside_bars_stay_one_line_each():
    # As tqdm writes a bar with position 1: down, the bar, up again.
    steps = ["\router 0"]
    for number in range(3):
        steps += [f"\n\rinner {number}\x1b[A", f"\router {number}"]
    assert all_of(*steps, "\n\n") == ["outer 2", "inner 2"]


def test_other_sequences_are_dropped_and_colours_kept_on_request():
    text = "\x1b[31mred\x1b[0m\x1b[2J\x1b]0;title\x07\x1b[?25l b\x08c\n"
    assert all_of(text) == ["red c"]
    assert all_of(text, colours=True) == ["\x1b[31mred\x1b[0m c"]


def test_what_is_pending_can_be_seen():
    lines = Lines()
    lines.feed("a\n 50%")
    assert (lines.latest, lines.pending) == (" 50%", [" 50%"])
    lines.feed("\r 60%")
    assert lines.latest == " 60%"
    assert lines.flush() == [" 60%"]
    assert lines.flush() == []


def test_a_long_line_takes_no_square_of_time():
    lines = Lines()
    for _ in range(20_000):
        lines.feed("\r" + "#" * 100)
    assert lines.pending == ["#" * 100]

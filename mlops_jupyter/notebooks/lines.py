"""What a cell prints, as lines: a progress bar that overwrites itself stays one."""

from __future__ import annotations

import re

# Colours; other sequences (after the first group); a line's end and returns; and text.
_TOKENS = re.compile(
    r"(?P<colour>\x1b\[[0-9;]*m)"
    r"|(?P<up>\x1b\[(?P<rows>\d*)A)"
    r"|(?P<other>\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_]))"
    r"|(?P<end>\r*\n)|(?P<back>\r)|(?P<erase>\x08)"
    r"|(?P<text>[^\x1b\r\n\x08]+|\x1b)"
)


class Lines:
    r"""The few lines at the end of a terminal.

    What a carriage return goes back over, and what several bars do that move up and down, is done
    here; a line is handed out when the cursor has gone below it.

    Parameters
    ----------
    colours : bool
        Keep the sequences that colour text; others are dropped.

    Examples
    --------
    >>> lines = Lines()
    >>> lines.feed("start\n  0%|    |")
    ['start']
    >>> lines.feed("\r 50%|##  |")
    []
    >>> lines.feed("\r100%|####|\n")
    ['100%|####|']
    """

    def __init__(self, *, colours: bool = False) -> None:
        self._colours = colours
        self._rows = [""]
        self._at = 0
        self._over = False

    def feed(self, text: str) -> list[str]:
        """Take text as it comes; return the lines that are finished by it."""
        for token in _TOKENS.finditer(text):
            self._take(token)
        done, self._rows, self._at = self._rows[: self._at], self._rows[self._at :], 0
        return done

    @property
    def pending(self) -> list[str]:
        """The lines that may still change."""
        return list(self._rows)

    @property
    def latest(self) -> str:
        """The line that was written last."""
        return self._rows[self._at]

    def flush(self) -> list[str]:
        """Return what is left, and begin anew."""
        left = [row for row in self._rows if row]
        self._rows, self._at, self._over = [""], 0, False
        return left

    def _take(self, token: re.Match[str]) -> None:
        kind = token.lastgroup
        if kind == "end":
            self._down()
        elif kind == "back":
            self._over = True
        elif kind == "up":
            self._at = max(self._at - int(token["rows"] or 1), 0)
        elif kind == "erase":
            self._rows[self._at] = self._rows[self._at][:-1]
        elif kind == "text" or (kind == "colour" and self._colours):
            self._write(token[0])

    def _down(self) -> None:
        self._at += 1
        self._over = False
        if self._at == len(self._rows):
            self._rows.append("")

    def _write(self, text: str) -> None:
        if self._over:
            self._rows[self._at], self._over = "", False
        self._rows[self._at] += text

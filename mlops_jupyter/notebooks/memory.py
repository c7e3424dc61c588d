"""What a kernel and its children use, seen from outside."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

# Listing all processes takes milliseconds.
_CHILDREN_EVERY = 1.0


class Family:
    """A process and its children.

    Parameters
    ----------
    pid : int
        The process; it may have ended.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._members: list[Any] = []
        self._listed = -_CHILDREN_EVERY
        self._cpu = 0.0

    def in_use(self) -> int:
        """Return the bytes that all of them have in memory; 0 where nobody can tell."""
        import psutil

        total = 0
        for process in self._family():
            try:
                total += process.memory_info().rss
            except psutil.Error:  # it has ended in between
                continue
        return total

    def cpu_seconds(self) -> float:
        """Return the processor time of the process and its children that ended."""
        import psutil

        try:
            times = psutil.Process(self._pid).cpu_times()
        except psutil.Error:
            return self._cpu
        self._cpu = (
            times.user
            + times.system
            + getattr(times, "children_user", 0.0)
            + getattr(times, "children_system", 0.0)
        )
        return self._cpu

    def peak(self) -> int:
        """Return the most that the process itself ever used; 0 where the system does not say."""
        try:
            status = Path(f"/proc/{self._pid}/status").read_bytes()
        except OSError:
            return 0
        found = re.search(rb"VmHWM:\s*(\d+) kB", status)
        return int(found[1]) * 1024 if found else 0

    def _family(self) -> list[Any]:
        import psutil

        if time.monotonic() - self._listed >= _CHILDREN_EVERY:
            try:
                process = psutil.Process(self._pid)
                self._members = [process, *process.children(recursive=True)]
            except psutil.Error:
                self._members = []
            self._listed = time.monotonic()
        return self._members

"""A real IPython shell inside the test process, that re-raises what cells raise."""

from __future__ import annotations

from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config


class Cells:
    """Runs cells as a notebook does, and keeps what they showed."""

    def __init__(self) -> None:
        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "nocolor"
        InteractiveShell.clear_instance()
        self.shell = InteractiveShell.instance(config=config)
        assert isinstance(self.shell.displayhook, DisplayHook)
        self.shown: list[Any] = []

    def run(self, source: str) -> Any:
        """Run a cell; return its value; raise what it raised."""
        with capture_output() as captured:
            result = self.shell.run_cell(source)
        self.stdout, self.stderr = captured.stdout, captured.stderr
        self.shown = [output.data for output in captured.outputs]
        if error := result.error_before_exec or result.error_in_exec:
            raise error
        return result.result

    def close(self) -> None:
        if "mlops_jupyter" in self.shell.extension_manager.loaded:
            self.shell.extension_manager.unload_extension("mlops_jupyter")
        InteractiveShell.clear_instance()

"""The notebook's face: ``%mlops`` and ``%%mlops``.

Loading is light: the command tree comes with the first use.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from mlops_jupyter.errors import GateFailed, UsageError
from mlops_jupyter.magic import charts
from mlops_jupyter.magic.recorder import Recorder
from mlops_jupyter.tracking.capture.reads import Reads

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from mlops_jupyter.results import Event, Result

NAME = "mlops"
_CELL_MAGIC = re.compile(rf"%%{NAME}(\s|$)")


def load(shell: InteractiveShell) -> None:
    """Register the magic and its completion; a second time replaces the first."""
    unload(shell)
    face = MagicFace(shell)
    face.reads.start()
    shell.events.register("pre_run_cell", face.before_cell)
    shell.events.register("post_run_cell", face.after_cell)
    face.recorder.start()
    shell.input_transformers_cleanup.append(face.transform)
    shell.mlops_face = face  # found again by unload, also after %autoreload or a second load
    shell.register_magic_function(face, magic_kind="line_cell", magic_name=NAME)
    for word in (f"%{NAME}", f"%%{NAME}"):
        shell.set_hook("complete_command", face.complete, str_key=word)
    charts.show_apart(shell)


def unload(shell: InteractiveShell) -> None:
    """Take everything back: magic, completion, cell hooks, tracking."""
    face = getattr(shell, "mlops_face", None)
    if face is None:
        return
    if face.loaded_tracker is not None:
        face.loaded_tracker.forget()
    face.reads.stop()
    shell.events.unregister("pre_run_cell", face.before_cell)
    shell.events.unregister("post_run_cell", face.after_cell)
    face.recorder.stop()
    if face.transform in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.remove(face.transform)
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop(NAME, None)
    completers = shell.strdispatchers.get("complete_command")
    for word in (f"%{NAME}", f"%%{NAME}"):
        if completers is not None:
            completers.strs.pop(word, None)
    charts.show_together(shell)
    del shell.mlops_face


class MagicFace:
    """Splits the line, runs the command tree, hands back the Result for display."""

    # Otherwise IPython turns $frame into the frame's printed text before we see it.
    _ipython_magic_no_var_expand = True
    __name__ = NAME

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self.loaded_tracker: Any = None
        # From the first line on: a cell that trains is asked which files were read before it.
        self.reads = Reads(shell.user_ns)
        self.recorder = Recorder(shell)

    def transform(self, lines: list[str]) -> list[str]:
        """Make ``%%mlops`` above a cell a call in its first line; the rest is left as it is.

        So the cell stays a cell: it may ``await``, its errors and tracebacks are its own, and
        Papermill sees them.
        """
        if not lines or not _CELL_MAGIC.match(lines[0]):
            return lines
        line, body = lines[0].split(maxsplit=1)[1:], "".join(lines[1:])
        call = f"get_ipython().mlops_face.above_cell({''.join(line).rstrip()!r}, {body!r})"
        return [f"{call}\n", *lines[1:]]

    def above_cell(self, line: str, body: str) -> None:
        """Do what ``%%mlops`` says for the cell that is running."""
        self(line, body)

    def __call__(self, line: str, cell: str | None = None) -> Any:
        """Experiments, data versions, drift and notebook runs: `%mlops --help`."""
        from mlops_jupyter.commands.app import App
        from mlops_jupyter.commands.tree import find_verb, run
        from mlops_jupyter.magic.words import split

        words = split(line, self._shell.user_ns)
        tracker = self._tracker()
        progress = _Progress()
        app = App(events=progress.show, namespace=self._shell.user_ns, tracker=tracker)
        prog = f"%{NAME}"
        if cell is not None:
            prog = f"%%{NAME}"
            verb = find_verb(words)
            if verb is None or not verb.takes_cell:
                raise UsageError(
                    f"{prog} {' '.join(words[:2])} takes no cell",
                    f"only `{prog} track EXPERIMENT` does; put others on a line of their own: "
                    f"%{NAME}",
                )
            app.body = cell
        try:
            result = run(words, app, prog=prog)
        except GateFailed as error:
            if error.result is not None:
                self._display(error.result)
            raise
        finally:
            progress.clear()
        return self._answer(result, as_json=app.as_json)

    def before_cell(self, info: Any) -> None:
        """Know which cell reads what: a run is told by names which of it is its own."""
        self.reads.begin_cell(info.raw_cell or "")

    def after_cell(self, result: Any) -> None:
        """Know whether it came to its end."""
        self.reads.end_cell(failed=not result.success)

    def complete(self, _shell: object, event: Any) -> list[str]:
        """Complete a word of the line: click's own completion, files and live names."""
        from mlops_jupyter.magic.completion import complete

        found = complete(event.text_until_cursor, self._shell.user_ns)
        # IPython asks for what follows the last `:` or `@` alone.
        words = event.text_until_cursor.split()
        before = words[-1].removesuffix(event.symbol) if words else ""
        return [each.removeprefix(before) for each in found]

    def _tracker(self) -> Any:
        if self.loaded_tracker is None:
            from mlops_jupyter.magic.cells import CellTracker

            self.loaded_tracker = CellTracker(self._shell, self._display, self.reads)
        return self.loaded_tracker

    def _answer(self, result: Result | None, *, as_json: bool) -> Any:
        if result is not None and as_json:
            return json.loads(json.dumps(result.to_dict()))
        return result

    def _display(self, result: object) -> None:
        from IPython.display import display

        display(result)


class _Progress:
    """Shows progress as one line that is replaced, and gone at the end."""

    def __init__(self) -> None:
        self._handle: Any = None

    def show(self, event: Event) -> None:
        """Show an event in place of the one before."""
        from mlops_jupyter.commands import view

        if event.stays:
            print(event.message)
            return
        self._put({"text/plain": view.line(event), "text/html": view.to_html(event)})

    def clear(self) -> None:
        """Leave nothing but the Result."""
        if self._handle is not None:
            self._put({"text/plain": ""})

    def _put(self, content: dict[str, str]) -> None:
        from IPython.display import display

        if self._handle is None:
            self._handle = display(content, raw=True, display_id=True)
        else:
            self._handle.update(content, raw=True)

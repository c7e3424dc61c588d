"""The command line: ``mlops``."""

from __future__ import annotations

import gc
import json
import os
import shutil
import sys
import time
import traceback
from contextlib import closing
from typing import TYPE_CHECKING, Any

from mlops_jupyter.errors import GateFailed, MlopsError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlops_jupyter.results import Event, Result


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Results go to standard output, progress and errors to standard error.
    """
    from mlops_jupyter.commands.app import App
    from mlops_jupyter.commands.tree import mlops, run

    if "_MLOPS_COMPLETE" in os.environ:  # click's own shell completion
        mlops.main(prog_name="mlops", obj=App())
    from mlops_jupyter.tracking.store.patience import PATIENCE

    for name, value in PATIENCE.items():
        os.environ.setdefault(name, value)
    words = list(sys.argv[1:] if argv is None else argv)
    progress = _Progress()
    confirm = progress.asking(_confirm) if sys.stdin.isatty() else None
    app = App(events=progress.show, confirm=confirm)
    try:
        with closing(progress):
            result = run(words, app)
        if result is not None:
            _print(result, app.as_json)
    except GateFailed as error:
        if error.result is not None:
            _print(error.result, app.as_json)  # type: ignore[arg-type]  # a Result by contract
        if not app.as_json:
            print(f"mlops: {error}", file=sys.stderr)
        return error.exit_code
    except MlopsError as error:
        # The words are asked, not the app: an error may come before --json is parsed.
        shown = json.dumps(error.to_dict()) if "--json" in words else f"mlops: {error}"
        print(shown, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("mlops: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `mlops runs | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _print(result: Result, as_json: bool) -> None:
    if as_json:
        print(json.dumps(result.to_dict(), ensure_ascii=False, allow_nan=False))
    else:
        print(result.to_text())
    sys.stdout.flush()


# So often a step that takes long is told again where lines cannot be replaced, in seconds.
_AGAIN = 30.0


class _Progress:
    """Tells progress: on a terminal in place, elsewhere each message once."""

    def __init__(self) -> None:
        self._in_place = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._last = ""
        self._told = 0.0
        self._screen: Any = None

    def show(self, event: Event) -> None:
        """Tell what is being done, and on a terminal how far it is."""
        if not self._in_place:
            self._tell(event)
        elif event.stays:
            self.close()
            print(event.message, file=sys.stderr, flush=True)
            return
        elif event.elapsed is not None:
            self._draw(event)
        else:
            self._replace(event)
        self._last = event.message

    def _tell(self, event: Event) -> None:
        """Print what is new; and from time to time how a long step is getting on."""
        from mlops_jupyter.commands import view

        now = time.monotonic()
        if event.message != self._last:
            print(event.message, file=sys.stderr, flush=True)
        elif event.elapsed is not None and now - self._told >= _AGAIN:
            print(view.line(event), file=sys.stderr, flush=True)
        else:
            return
        self._told = now

    def _replace(self, event: Event) -> None:
        """Print one line in place of the one before."""
        self._leave_screen()
        share = f" {event.done / event.total:.0%}" if event.done and event.total else ""
        # A line that is broken in two cannot be replaced.
        room = max(shutil.get_terminal_size().columns - 1 - len(share), 1)
        line = event.message if len(event.message) <= room else f"{event.message[: room - 1]}…"
        shown = "".join(filter(str.isprintable, f"{line}{share}"))
        print(f"\r{shown}\x1b[K", end="", file=sys.stderr, flush=True)

    def _draw(self, event: Event) -> None:
        """Draw a bar, time, memory and the last line of output; gone at the end."""
        from mlops_jupyter.commands import view

        if self._screen is None:
            from rich.console import Console
            from rich.live import Live

            self.close()
            console = Console(file=sys.stderr, force_terminal=True)
            self._screen = Live(
                console=console,
                transient=True,
                auto_refresh=False,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._screen.start()
        self._screen.update(view.to_rich(event), refresh=True)

    def _leave_screen(self) -> None:
        if self._screen is not None:
            self._screen.stop()
            self._screen = None
            self._last = ""

    def close(self) -> None:
        """Take away what was replaced: what follows is printed on a clean line."""
        self._leave_screen()
        if self._in_place and self._last:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
        self._last = ""

    def asking(self, confirm: Callable[[str], bool]) -> Callable[[str], bool]:
        """Return what asks a person on a line of its own."""

        def ask(question: str) -> bool:
            self.close()
            return confirm(question)

        return ask


def _confirm(question: str) -> bool:
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _configure_streams() -> None:
    """Never fail to print a name because of the terminal's encoding."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _leave_out_grammars() -> None:
    """Have jsonschema do without its grammar of IRIs, which nobody here checks.

    nbformat brings jsonschema, which builds that grammar when it is imported, where it is
    installed: more than a second of each `mlops run`. It is optional there. This process is ours.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # means: not there


def entry() -> None:
    """Entry point of the ``mlops`` script."""
    _configure_streams()
    _leave_out_grammars()
    # Importing MLflow makes a million objects that stay; looking for garbage among them takes a
    # tenth of it.
    gc.set_threshold(100_000, 20, 100)
    try:
        code = main()
    except Exception:  # noqa: BLE001 - whatever it is
        # Python's own exit code for this is 1, which says here that a gate failed.
        traceback.print_exc()
        code = MlopsError.exit_code
    # They go with the process: Python would look among them for garbage before, for a second.
    gc.freeze()
    sys.exit(code)

"""Charts of a Result as outputs of their own, so that each viewer takes the form it knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from mlops_jupyter.results import Charted

# By name: Results are not imported before there is one.
_CHARTED = ("mlops_jupyter.results", "Charted")


def show_apart(shell: InteractiveShell) -> None:
    """Show Results with charts as a card and an output for each chart, from now on.

    In a kernel only: elsewhere, as in a terminal, the Result shows itself.
    """
    if getattr(shell, "kernel", None) is not None:
        shell.display_formatter.ipython_display_formatter.for_type_by_name(*_CHARTED, _display)


def show_together(shell: InteractiveShell) -> None:
    """Let Results show themselves again."""
    shell.display_formatter.ipython_display_formatter.pop(".".join(_CHARTED), None)


def _display(result: Charted) -> None:
    from IPython.display import display

    from mlops_jupyter.results import Result

    if not result.charts or not isinstance(result, Result):
        raise NotImplementedError  # IPython then shows it as any other object
    # The card without its pictures: the charts follow.
    card = result.model_copy(update={"charts": []})
    display(card._repr_mimebundle_(), raw=True)
    for data, metadata in result.chart_outputs():
        display(data, metadata=metadata, raw=True)

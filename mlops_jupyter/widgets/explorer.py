"""The explorer as a widget: takes the page's questions, and sends answers and errors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets
from pydantic import ValidationError

from mlops_jupyter.errors import MlopsError
from mlops_jupyter.widgets.messages import REQUESTS, PartsRequest

if TYPE_CHECKING:
    from mlops_jupyter.widgets.comparison import Comparison

_HERE = Path(__file__).parent
_WITHOUT = "Run this cell to choose columns and parts of the data here."


class Explorer(anywidget.AnyWidget):
    """Columns, parts and periods of a drift comparison, to choose from.

    The data stays in the kernel; the page gets numbers and histograms.

    Parameters
    ----------
    comparison : Comparison
        What is explored.

    Examples
    --------
    >>> explorer = mlops.explore(june, july)
    >>> explorer.report.share
    0.4
    """

    # One module, so that the page asks for no further file.
    _esm = "\n".join(
        (_HERE / name).read_text(encoding="utf-8") for name in ("drawing.js", "explorer.js")
    )
    _css = (_HERE / "explorer.css").read_text(encoding="utf-8")
    outline = traitlets.Dict().tag(sync=True)

    def __init__(self, comparison: Comparison) -> None:
        super().__init__(outline=comparison.outline())
        self._comparison = comparison
        self.on_msg(self._take)

    @property
    def report(self) -> Any:
        """The comparison as a whole: the card."""
        return self._comparison.report

    def _take(self, _widget: object, content: object, _buffers: object) -> None:
        """Answer one message of the page."""
        try:
            request = REQUESTS.validate_python(content)
        except ValidationError as error:
            what = error.errors()[0]["msg"]
            self.send(_failure(f"the kernel does not understand this question: {what}"))
            return
        address = {"id": request.id, "view": request.view}
        try:
            if isinstance(request, PartsRequest):
                answer = self._comparison.parts(request)
            else:
                answer = self._comparison.look(request)
        except MlopsError as error:
            self.send(_failure(error.message, error.hint) | address)
        except Exception as error:
            # Whoever looks at the page sees that something went wrong; the log has where.
            self.send(_failure(f"{type(error).__name__}: {error}"[:500]) | address)
            raise
        else:
            self.send(answer | address)

    def _ipython_display_(self) -> None:
        """Show the card, and the explorer in an output of its own below it.

        The card is whole without the explorer, and is what a saved notebook keeps. Where no column
        was compared there is nothing to choose from.
        """
        from IPython.display import display

        display(self._comparison.report)
        if not self._comparison.columns:
            return
        bundle, metadata = self._repr_mimebundle_()
        bundle |= {"text/plain": _WITHOUT, "text/html": f"<small>{_WITHOUT}</small>"}
        display(bundle, metadata=metadata, raw=True)


def _failure(message: str, hint: str | None = None) -> dict[str, Any]:
    return {"kind": "failed", "message": message, "hint": hint or ""}

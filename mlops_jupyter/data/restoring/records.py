"""What a checkout returns."""

from __future__ import annotations

from typing import ClassVar

from mlops_jupyter.results import Result


class Restored(Result):
    """A version's content, at a place where it may be used and changed.

    Attributes
    ----------
    ref : str
        The version.
    path : str
        Where its content is now; relative to the workspace where it is inside.
    size, files : int
        Bytes and number of files of the version.
    unchanged : bool
        The content was there already: nothing was written.
    replaced : str or None
        Where the content is kept that was there and that no version has.
    note : str
        What else the user should know.
    """

    kind: ClassVar[str] = "data_restored"

    ref: str
    path: str
    size: int
    files: int
    unchanged: bool = False
    replaced: str | None = None
    note: str = ""

    def to_text(self) -> str:
        """Return what was done, for the terminal."""
        from mlops_jupyter.data.restoring import view

        return view.restored_text(self)

    def to_html(self) -> str:
        """Return what was done, for the notebook."""
        from mlops_jupyter.data.restoring import view

        return view.restored_html(self)

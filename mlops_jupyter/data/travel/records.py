"""What push, pull and verify return."""

from __future__ import annotations

from typing import ClassVar, Literal

from mlops_jupyter.results import Record, Result

State = Literal["whole", "damaged", "missing", "forgotten"]
There = Literal["whole", "partly", "missing", "unknown"]


class Travelled(Record):
    """A version that was moved.

    Attributes
    ----------
    ref, path : str
        The version, and where it was.
    size, files : int
        Bytes and number of files of it that were moved; 0 for one that was there already.
    whole : int
        Bytes of all that is in it.
    """

    ref: str
    path: str
    size: int
    files: int
    whole: int = 0


class DataMoved(Result):
    """Content of versions that was brought to a DVC remote, or from one.

    Attributes
    ----------
    how : {"push", "pull"}
        The direction.
    remote, address : str
        Which DVC remote, and where it is, without credentials.
    versions : tuple of Travelled
        Those asked for.
    size, files : int
        Bytes and number of files that were moved; content of several versions counts once.
    profiles : int
        Profiles that were moved beside.
    git_remote : str or None
        The git remote that was asked for tags, too.
    tags : int
        Tags that are new there (push) or here (pull).
    note : str
        What is left to do.
    """

    kind: ClassVar[str] = "data_moved"

    how: Literal["push", "pull"]
    remote: str
    address: str
    versions: tuple[Travelled, ...] = ()
    size: int = 0
    files: int = 0
    profiles: int = 0
    git_remote: str | None = None
    tags: int = 0
    note: str = ""

    def to_text(self) -> str:
        """Return what was moved, for the terminal."""
        from mlops_jupyter.data.travel import view

        return view.moved_text(self)

    def to_html(self) -> str:
        """Return what was moved, for the notebook."""
        from mlops_jupyter.data.travel import view

        return view.moved_html(self)


class Verified(Record):
    """A version whose content was read and compared with its hash.

    Attributes
    ----------
    ref, path : str
        The version, and where it was.
    here : {"whole", "damaged", "missing", "forgotten"}
        Its content in the cache.
    there : {"whole", "partly", "missing", "unknown"}
        Its content in the remote, by name and size; unknown where no remote was asked.
    damaged, missing : tuple of str
        The first of its files that are not as they were, or not here; its own name for a file.
    mended : int
        Files that were damaged or missing, and are whole again.
    """

    ref: str
    path: str
    here: State
    there: There = "unknown"
    damaged: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    mended: int = 0


class DataVerified(Result):
    """Which versions are whole.

    Attributes
    ----------
    versions : tuple of Verified
        Those asked for, the newest first.
    remote : str or None
        The DVC remote that was asked, too.
    size, files : int
        Bytes and number of files that were read here; content of several versions counts once.
    set_aside : str or None
        Where damaged content was moved.
    ok : bool
        Whether nothing is wrong: all is whole here or, if the remote was asked, whole there.
    """

    kind: ClassVar[str] = "data_verified"

    versions: tuple[Verified, ...] = ()
    remote: str | None = None
    size: int = 0
    files: int = 0
    set_aside: str | None = None
    ok: bool = True

    def to_text(self) -> str:
        """Return the versions, for the terminal."""
        from mlops_jupyter.data.travel import view

        return view.verified_text(self)

    def to_html(self) -> str:
        """Return the versions, for the notebook."""
        from mlops_jupyter.data.travel import view

        return view.verified_html(self)

"""What ``data show`` returns."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from mlops_jupyter.data.catalog.whereabouts import Place
from mlops_jupyter.data.profile.asking import State
from mlops_jupyter.data.profile.records import Profile
from mlops_jupyter.data.records import DataVersion
from mlops_jupyter.mime import MIME_TYPE
from mlops_jupyter.results import Result

SHOWN = 50
FILES = 10


class DataDetails(Result):
    """A data version: where it is, what brings it back, and what is in it.

    Attributes
    ----------
    version : DataVersion
        The version.
    place : {"cache", "remote", "nowhere", "unknown", "forgotten"}
        Where its content is: on this machine, in a DVC remote alone, in neither; unknown where
        the remote does not answer; or removed for good.
    remote : str or None
        The remote that was asked.
    restore : str
        The command that brings it back; empty where none can.
    by_dvc : list of str
        Commands of git and DVC that bring it back in this workspace, without this package; empty
        where its content is not in the cache.
    by_dvc_in_clone : list of str
        The same for a clone that has its tag, once its content was pushed; empty where no DVC
        remote is configured.
    profile_state : {"ready", "pending", "failed", "none"}
        Whether it is counted what is in it; none for want of the content.
    profile : Profile or None
        What is in it.
    files : tuple of str
        The first files of a folder, where its content is on this machine.
    all : bool
        Whether every column is shown, however many.
    """

    kind: ClassVar[str] = "data_details"

    version: DataVersion
    place: Place
    remote: str | None = None
    restore: str = ""
    by_dvc: list[str] = Field(default_factory=list)
    by_dvc_in_clone: list[str] = Field(default_factory=list)
    profile_state: State
    profile: Profile | None = None
    files: tuple[str, ...] = ()
    all: bool = False

    def to_text(self) -> str:
        """Return the version and its columns as a table."""
        from mlops_jupyter.data.profile import view

        return view.details_text(self)

    def to_html(self) -> str:
        """Return a card with the columns as a table."""
        from mlops_jupyter.data.profile import view

        return view.details_html(self)

    def _repr_mimebundle_(self, **kwargs: object) -> dict[str, Any]:
        # A notebook keeps what its outputs hold: no more of a wide table than it shows.
        found = super()._repr_mimebundle_(**kwargs)
        if self.profile is None or self.all or len(self.profile.columns) <= SHOWN:
            return found
        columns = self.profile.columns[:SHOWN]
        profile = self.profile.model_copy(update={"columns": columns})
        return {**found, MIME_TYPE: self.model_copy(update={"profile": profile}).to_dict()}

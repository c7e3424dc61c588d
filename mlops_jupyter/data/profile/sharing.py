"""What of a profile may leave this machine, and where in a DVC remote it is put."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops_jupyter.data.profile.records import ColumnProfile, Profile
    from mlops_jupyter.workspace import Workspace

FOLDER = "mlops/profiles"
_PROBLEM = "it could not be read as a table"


def shareable(workspace: Workspace, profile: Profile) -> Profile:
    """Return what of a profile may travel, by ``[privacy] top_values`` in ``mlops.toml``.

    Numbers that sum many rows up always do; frequent values and the range of texts only where it
    says ``always``. Why a file could not be read may quote it, and stays.

    Examples
    --------
    >>> from mlops_jupyter.data.profile.asking import profile_of
    >>> profile = profile_of(ws, mlops.data.resolve(ws, "flights@v1"), wait=60)
    >>> {column.top for column in shareable(ws, profile).columns}
    {()}
    """
    always = workspace.settings.privacy.top_values == "always"
    if always:
        return profile
    return without_values(profile).model_copy(
        update={"problem": _PROBLEM if profile.problem else ""}
    )


def without_values(profile: Profile) -> Profile:
    """Return a profile without frequent values and without the range of texts."""
    return profile.model_copy(
        update={
            "columns": tuple(_without_values(column) for column in profile.columns),
            "values": False,
        }
    )


def _without_values(column: ColumnProfile) -> ColumnProfile:
    kept_back: dict[str, object] = {"top": ()}
    if column.kind == "text":
        kept_back |= {"minimum": None, "maximum": None}
    return column.model_copy(update=kept_back)

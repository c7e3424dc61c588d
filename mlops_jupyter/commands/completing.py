"""What Tab offers for arguments: versions of data by name, beside files where those do as well.

A side of drift may also be a run or a model: what trained it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

from mlops_jupyter.errors import MlopsError

if TYPE_CHECKING:
    import click

_PREFIX = "data:"
_MOST = 50


def data(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer names of data, and after an ``@`` its versions; for what takes nothing else."""
    prefix = _PREFIX if incomplete.startswith(_PREFIX) else ""
    return [CompletionItem(each) for each in _references(incomplete, prefix)]


def data_or_file(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Offer ``data:`` references beside files."""
    found = [CompletionItem(each) for each in _references(incomplete, _PREFIX)]
    if incomplete.startswith(_PREFIX):
        return found
    return [*found, CompletionItem(incomplete, type="file")]


def side(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer runs and models as well: what drift compares may be what trained them."""
    from mlops_jupyter.tracking.history import offered
    from mlops_jupyter.workspace import Workspace

    for prefix, named in (("run:", offered.runs), ("model:", offered.models)):
        if incomplete.startswith(prefix):
            try:
                found = [f"{prefix}{name}" for name in named(Workspace.find(), _MOST)]
            except MlopsError:
                return []
            return [CompletionItem(each) for each in found if each.startswith(incomplete)]
    begun = [each for each in ("run:", "model:") if incomplete and each.startswith(incomplete)]
    return [*map(CompletionItem, begun), *data_or_file(ctx, param, incomplete)]


def _references(incomplete: str, prefix: str) -> list[str]:
    """Return names as git has them; once there is an ``@``, versions and labels, newest first."""
    from mlops_jupyter.data.catalog.newest import named
    from mlops_jupyter.workspace import Workspace

    try:
        versions = named(Workspace.find())
    except MlopsError:  # Tab is no place to say what is wrong
        return []
    whole = [each for each in versions if not any(sign.isspace() for sign in each.name)]
    found = [f"{prefix}{each.name}" for each in whole]
    if "@" in incomplete:
        found = [
            f"{prefix}{each.name}@{version}"
            for each in whole
            for version in (f"v{each.version}", *each.labels)
        ]
    fitting = (each for each in dict.fromkeys(found) if each.startswith(incomplete))
    return [each for each, _ in zip(fitting, range(_MOST), strict=False)]

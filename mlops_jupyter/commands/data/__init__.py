"""``mlops data``: versions of files and folders."""

from __future__ import annotations

import click

from mlops_jupyter.commands.data.bringing import checkout
from mlops_jupyter.commands.data.looking import show, versions
from mlops_jupyter.commands.data.taking import snapshot
from mlops_jupyter.commands.data.travelling import pull, push, verify
from mlops_jupyter.commands.data.upkeep import forget, gc


@click.group(cls=click.Group)
def data() -> None:
    """Keep versions of data, look them up, bring them back."""


# In the order of the help.
for verb in (snapshot, versions, show, checkout, push, pull, verify, gc, forget):
    data.add_command(verb)

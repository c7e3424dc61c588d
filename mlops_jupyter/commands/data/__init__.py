"""``mlops data``: versions of files and folders."""

from __future__ import annotations

import click

from mlops_jupyter.commands.data.bringing import checkout
from mlops_jupyter.commands.data.looking import versions
from mlops_jupyter.commands.data.taking import snapshot


@click.group(cls=click.Group)
def data() -> None:
    """Keep versions of data, look them up, bring them back."""


# In the order of the help.
for verb in (snapshot, versions, checkout):
    data.add_command(verb)

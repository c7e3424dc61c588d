"""``mlops.secret("NAME")``: what stands in kept code where a credential was."""

from __future__ import annotations

import os

from mlops_jupyter.errors import NotFound
from mlops_jupyter.tracking.capture.masking import of_this_process

PREFIX = "MLOPS_SECRET_"


def secret(name: str) -> str:
    """Return a credential that kept code was masked of, from the environment.

    Parameters
    ----------
    name : str
        Its name: the variable ``NAME``, or else ``MLOPS_SECRET_NAME``.

    Raises
    ------
    NotFound
        Neither is set.

    Examples
    --------
    >>> import os
    >>> os.environ["DB_PASSWORD"] = "hunter2"
    >>> secret("DB_PASSWORD")
    'hunter2'
    """
    for variable in (name, PREFIX + name):
        if (value := os.environ.get(variable)) is not None:
            # No code shows it as a literal: what shows it is masked all the same.
            of_this_process().name_for(value, name)
            return value
    raise NotFound(
        f"the secret {name} is not here: it was left out of the kept code",
        f"put it into the environment as {name} or {PREFIX}{name}",
    )

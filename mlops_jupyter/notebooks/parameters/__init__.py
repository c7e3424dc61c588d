"""What a notebook takes: its parameters read, values checked, and written into it."""

from mlops_jupyter.notebooks.parameters.checking import as_logged, check, check_unseen, require
from mlops_jupyter.notebooks.parameters.reading import TAG, Parameter, from_code, read
from mlops_jupyter.notebooks.parameters.schemas import schema

__all__ = [
    "TAG",
    "Parameter",
    "as_logged",
    "check",
    "check_unseen",
    "from_code",
    "read",
    "require",
    "schema",
]

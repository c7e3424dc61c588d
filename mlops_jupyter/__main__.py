"""``python -m mlops_jupyter``: the command line, in the interpreter one chooses."""

from mlops_jupyter.cli import entry

entry()

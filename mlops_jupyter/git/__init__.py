"""git, asked as a command: in a clean environment, and never writing where one only looks."""

from mlops_jupyter.git.calls import find_top, output, run, succeeds, top_level
from mlops_jupyter.git.refs import DATA_TAGS, refs_state
from mlops_jupyter.git.remote import remote_url, without_userinfo
from mlops_jupyter.git.state import Change, CodeState, Status, code_state, status

__all__ = [
    "DATA_TAGS",
    "Change",
    "CodeState",
    "Status",
    "code_state",
    "find_top",
    "output",
    "refs_state",
    "remote_url",
    "run",
    "status",
    "succeeds",
    "top_level",
    "without_userinfo",
]

"""The command tree: written once with click, served by ``%mlops`` and ``mlops`` alike.

One file per noun. A command resolves the workspace, calls one verb of a room (or joins several),
and returns its Result; it prints nothing.
"""

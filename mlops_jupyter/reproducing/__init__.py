"""A past run, made again: from its code, its data and its environment, in a copy of its own.

`recorded` reads what a run kept, `copies` lays it out in a folder of its own (`code`, `inputs`),
`replay` executes it there, `job` does so as often as it is asked, `comparing` holds the outcome
against what was recorded, and `verb` says what came of it.
"""

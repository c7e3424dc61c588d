"""Bringing the content of a version back to where it was, or to another place.

`verb` says what goes where, `targets` which places may be written, `kept` what may be written
over, `staging` how it is done so that a process killed at any moment leaves the old or the new.
"""

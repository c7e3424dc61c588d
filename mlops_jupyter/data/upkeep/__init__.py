"""Upkeep of data versions: freeing what nothing needs, and forgetting what must not stay.

`clearing` frees, by what `pointers` says that git and DVC still refer to; `forgetting` removes a
version's content for good, from the `places` where it lies.
"""

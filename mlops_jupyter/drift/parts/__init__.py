"""Parts of the data: rows that have a value, or a range of them, in common; compared alone."""

from mlops_jupyter.drift.parts.listing import Part, Parts, parts_of
from mlops_jupyter.drift.parts.looking import Look, look
from mlops_jupyter.drift.parts.taking import at, only

__all__ = ["Look", "Part", "Parts", "at", "look", "only", "parts_of"]

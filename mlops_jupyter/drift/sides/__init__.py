"""The two sides of a comparison: what can be one, and how its columns are got at."""

from mlops_jupyter.drift.sides.joining import tables_of
from mlops_jupyter.drift.sides.reading import read
from mlops_jupyter.drift.sides.sources import Source
from mlops_jupyter.drift.sides.zones import between as zones_between

__all__ = ["Source", "read", "tables_of", "zones_between"]

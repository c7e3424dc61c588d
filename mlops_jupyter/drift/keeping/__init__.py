"""Keeping drift reports with the run or the model that they are about, and reading them back."""

from mlops_jupyter.drift.keeping.kept import Place, keep, load, place

__all__ = ["Place", "keep", "load", "place"]

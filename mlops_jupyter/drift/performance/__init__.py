"""Concept drift: whether a model still predicts as well as it did on the reference."""

from mlops_jupyter.drift.performance.judging import ROWS, judged
from mlops_jupyter.drift.performance.roles import assumed, parse_probabilities, roles

__all__ = ["ROWS", "assumed", "judged", "parse_probabilities", "roles"]

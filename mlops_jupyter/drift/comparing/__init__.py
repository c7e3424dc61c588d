"""What moved from one drift report to another."""

from mlops_jupyter.drift.comparing.comparison import compare
from mlops_jupyter.drift.comparing.records import DriftComparison

__all__ = ["DriftComparison", "compare"]

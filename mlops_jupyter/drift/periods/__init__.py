"""Drift over time: current cut into periods, by a unit of time or by the values of a column."""

from mlops_jupyter.drift.periods.choosing import Cut, chosen
from mlops_jupyter.drift.periods.cutting import Slices, cut_up
from mlops_jupyter.drift.periods.judging import over_time
from mlops_jupyter.drift.periods.slicing import Sliced

__all__ = ["Cut", "Sliced", "Slices", "chosen", "cut_up", "over_time"]

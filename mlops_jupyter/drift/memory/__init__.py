"""Columns whose values are held in memory, measured by NumPy: one column at a time."""

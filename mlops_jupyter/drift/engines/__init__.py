"""What gives a verdict on a column: Evidently itself, or the same methods over columns."""

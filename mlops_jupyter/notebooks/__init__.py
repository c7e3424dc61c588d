"""Notebooks as programs: their parameters, and one run from top to bottom."""

"""Columns of a database's tables, measured by the database itself: Ibis expressions.

One piece of code for DuckDB, Spark and whatever else Ibis speaks to. A column takes one or two
passes that bring back a few rows; values leave the database only where they are few.
"""

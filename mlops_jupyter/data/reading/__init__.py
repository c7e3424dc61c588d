"""Reading what is kept: as a frame, or as a table for DuckDB."""

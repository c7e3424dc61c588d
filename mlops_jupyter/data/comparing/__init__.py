"""What changed from one state of data to another: schema, rows, columns; out of core."""

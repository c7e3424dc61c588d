"""What surrounds a run: notebook, code, environment, data, model."""

"""Widgets: interactive views over Results, on top of what is shown without them."""

"""Runs between stores: delivered to a server, carried in bundles, merged exactly once."""

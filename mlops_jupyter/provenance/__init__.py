"""Lineage: what came from what, across data versions, runs and registered models."""

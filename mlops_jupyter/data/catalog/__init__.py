"""Versions in git: the commits and tags that name them, and looking them up."""

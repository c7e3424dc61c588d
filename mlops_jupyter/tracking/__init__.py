"""Runs: the session that captures them, the store that keeps them, and reading them back."""

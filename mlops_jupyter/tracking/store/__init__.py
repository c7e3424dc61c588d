"""The tracking store: opening, creating, upgrading and repairing it."""

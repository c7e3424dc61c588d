"""HTML and text building blocks. Everything that comes from a store or a user is escaped here."""

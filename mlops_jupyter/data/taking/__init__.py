"""Taking a version: what can be kept, under which name, and how it gets into the cache."""

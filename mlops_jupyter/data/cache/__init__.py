"""DVC underneath: its cache, its memory of files, its settings and its remotes."""

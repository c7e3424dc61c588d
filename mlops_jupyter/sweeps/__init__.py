"""Many trials of one notebook: a space of parameters, searched by workers side by side."""

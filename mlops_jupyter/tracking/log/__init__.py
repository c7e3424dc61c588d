"""``mlops log``: metrics, figures, frames, text and files, to the run they belong to."""

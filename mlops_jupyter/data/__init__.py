"""Data versions: snapshots of files and folders, kept by DVC and named by git tags."""

"""Where the store's artifacts are on this machine."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlparse


def local_folder(artifact_uri: str) -> Path | None:
    """Return the folder that artifacts lie in; None where a server keeps them.

    Examples
    --------
    >>> local_folder("file:///tmp/my%20runs")
    PosixPath('/tmp/my runs')
    >>> local_folder("mlflow-artifacts:/1/2") is None
    True
    """
    parts = urlparse(artifact_uri)
    from urllib.request import url2pathname  # it brings http and ssl along

    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        return Path(url2pathname(parts.path))
    return Path(artifact_uri) if not parts.scheme and artifact_uri.startswith("/") else None

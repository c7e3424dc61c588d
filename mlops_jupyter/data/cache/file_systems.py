"""DVC's file systems for addresses: with its settings and credentials."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from mlops_jupyter.errors import BadInput


@contextlib.contextmanager
def opened(config: Any, url: str) -> Iterator[tuple[Any, str]]:
    """Open the file system for an address; give it, and the path in it.

    Parameters
    ----------
    config : dvc.config.Config
        DVC's settings.
    url : str
        The address; ``remote://NAME/…`` counts from a remote of the settings.

    Raises
    ------
    BadInput
        DVC knows no such kind of address, or no such remote.
    """
    from dvc.config import ConfigError, RemoteNotFoundError
    from dvc.fs import parse_external_url

    scheme = url.partition("://")[0].lower()
    if scheme == "file":
        url = unquote(urlsplit(url).path)
    try:
        fs, path = parse_external_url(url, config=config)
    except RemoteNotFoundError as error:
        raise BadInput(str(error), "see `dvc remote list`") from None
    except ConfigError:
        raise BadInput(
            f"DVC cannot use {scheme}:// addresses",
            "it knows s3, https, http, ssh, gs, azure …; see also `dvc config --list`",
        ) from None
    if fs.protocol == "local" and scheme not in ("file", "remote"):
        raise BadInput(f"DVC knows no {scheme}:// addresses", "name a file by its path")
    try:
        yield fs, path
    finally:
        _close(fs)


def _close(fs: Any) -> None:
    """End HTTP's connections: by itself it gives up after a tenth of a second."""
    session = getattr(fs.fs, "_session", None)
    if session is not None and fs.protocol in ("http", "https"):
        from fsspec.asyn import sync

        sync(fs.fs.loop, session.close, timeout=10)

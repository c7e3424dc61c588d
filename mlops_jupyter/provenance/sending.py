"""Where OpenLineage events go: a file of JSON lines, or a server that takes them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit, urlunsplit

from mlops_jupyter import addresses, own_files
from mlops_jupyter.errors import ToolFailed, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openlineage.client.event_v2 import RunEvent

# How long a server may take for one event, in seconds; it is asked once more.
_PATIENCE = 5.0
_RETRY = {"total": 1, "read": 0, "connect": 1, "status": 1, "backoff_factor": 0.2}
_ENDPOINT = "api/v1/lineage"
_API_KEY = "OPENLINEAGE_API_KEY"
# What every event of ours begins with, and no other file does.
_MARK = b'"producer": "urn:mlops-jupyter:'
_MARK_WITHIN = 2_000_000


def send(events: Sequence[RunEvent], where: Path | str) -> str:
    """Send events to a file or an address; return what was done, in words.

    Raises
    ------
    UsageError
        The address is of a kind that takes no events.
    ToolFailed
        The server refused, or does not answer.
    Conflict
        The file holds something else.
    BadInput
        The file cannot be written.
    """
    target = str(where)
    if addresses.is_address(target):
        return _post(events, target)
    return _write(events, Path(target))


def _write(events: Sequence[RunEvent], path: Path) -> str:
    from openlineage.client.serde import Serde

    own_files.refuse_others(path, _holds_events, "holds no events that `mlops lineage` wrote")
    content = "".join(f"{Serde.to_json(event)}\n" for event in events)
    own_files.write(path, content.encode("utf-8", "replace"))
    return f"wrote {_counted(len(events))} to {path}"


def _holds_events(file: BinaryIO) -> bool:
    begins = file.readline(_MARK_WITHIN)
    return not begins or _MARK in begins


def _post(events: Sequence[RunEvent], address: str) -> str:
    import requests
    from openlineage.client.transport.http import (
        ApiKeyTokenProvider,
        HttpConfig,
        HttpTransport,
        TokenProvider,
    )

    base, endpoint, shown = _taken_apart(address)
    key = os.environ.get(_API_KEY)
    auth = ApiKeyTokenProvider({"api_key": key}) if key else TokenProvider({})
    transport = HttpTransport(
        HttpConfig(url=base, endpoint=endpoint, timeout=_PATIENCE, auth=auth, retry=_RETRY)
    )
    sent = 0
    try:
        for event in events:
            transport.emit(event)
            sent += 1
    except requests.RequestException as error:
        raise ToolFailed(
            f"{shown} did not take the events: {_reason(error)}; {sent} of {len(events)} were sent",
            f"is it an OpenLineage server ({_API_KEY} for its key)? "
            "Sent again, an event counts once. Or write a file: --openlineage events.jsonl",
        ) from None
    finally:
        transport.close()
    return f"sent {_counted(sent)} to {shown}"


def _taken_apart(address: str) -> tuple[str, str, str]:
    """Return the server, the path on it, and what may be shown of both."""
    shown = addresses.without_credentials(address)
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise UsageError(
            f"{shown} takes no events", "name a file, or a server as http://… or https://…"
        )
    base = urlunsplit((parts.scheme, parts.netloc, "/", "", ""))
    path = parts.path.strip("/") or _ENDPOINT
    return base, f"{path}?{parts.query}" if parts.query else path, shown


def _counted(events: int) -> str:
    return f"{events:,} OpenLineage event{'' if events == 1 else 's'}"


def _reason(error: Exception) -> str:
    """Return why in a few words: libraries' own hold the address, and whatever is in it."""
    import requests

    response = getattr(error, "response", None)
    if response is not None:
        return f"it answers with status {response.status_code}"
    if isinstance(error, requests.Timeout):
        return f"no answer within {_PATIENCE:.0f} seconds"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not trusted"
    if isinstance(error, requests.exceptions.RetryError):
        return "it answers that it is broken"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return type(error).__name__

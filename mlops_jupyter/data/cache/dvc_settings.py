"""DVC's settings as they may be kept in git: without what is a secret.

``dvc remote modify --local`` writes credentials where git does not look. Without ``--local`` they
are in ``.dvc/config``, which a version carries: they are left out there.
"""

from __future__ import annotations

import re

from mlops_jupyter import addresses

SECRET = frozenset({
    "access_key_id", "account_key", "client_secret", "connection_string", "gdrive_client_secret",
    "oss_key_id", "oss_key_secret", "passphrase", "password", "sas_token", "secret_access_key",
    "session_token", "sse_customer_key", "token",
})  # fmt: skip
_SETTING = re.compile(
    r"(?P<before>\s*(?P<name>[\w.-]+)\s*=\s*)(?P<value>.*?)(?P<end>\s*)$", re.DOTALL
)


def without_secrets(content: bytes) -> bytes:
    r"""Return the content of ``.dvc/config`` without credentials.

    Examples
    --------
    >>> without_secrets(b"    url = https://me:pw@host/x\n    password = hunter2\n")
    b'    url = https://host/x\n'
    """
    lines = content.decode("utf-8", "surrogateescape").splitlines(keepends=True)
    kept = [line for line in map(_without_secret, lines) if line is not None]
    return "".join(kept).encode("utf-8", "surrogateescape")


def _without_secret(line: str) -> str | None:
    found = _SETTING.match(line)
    if found is None:
        return line
    if found["name"].lower() in SECRET:
        return None
    value = found["value"]
    if addresses.is_address(value) and addresses.credentials_in(value):
        return f"{found['before']}{addresses.without_credentials(value)}{found['end']}"
    return line

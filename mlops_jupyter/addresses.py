"""Addresses of data elsewhere: what may be shown and stored of them."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from mlops_jupyter import credentials

# A drive letter is no scheme.
_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+://")
_SIGNATURES = re.compile(
    r"^(x-amz-|x-goog-|x-oss-)|^(sig|signature|se|sp|sr|st|sv|spr|skoid|sktid|code|auth|expires|"
    r"awsaccesskeyid|googleaccessid|key|token|jwt|policy|key-pair-id|sas|password|pwd|user|uid)$",
    re.IGNORECASE,
)


def is_address(text: str) -> bool:
    """Whether a text is an address rather than a path.

    Examples
    --------
    >>> is_address("s3://bucket/flights.csv"), is_address("C:/flights.csv")
    (True, False)
    """
    return _SCHEME.match(text) is not None


def without_credentials(address: str) -> str:
    """Return an address without user, password, signature and fragment.

    Examples
    --------
    >>> without_credentials("https://me:pw@example.org/a.csv?month=6&X-Amz-Signature=9f#top")
    'https://example.org/a.csv?month=6'
    """
    return _taken_apart(address)[0]


def credentials_in(address: str) -> list[str]:
    """Return what `without_credentials` takes out: where it shows elsewhere, it is to be masked.

    Examples
    --------
    >>> credentials_in("https://me:p%40w@example.org/a.csv?month=6")
    ['me:p%40w', 'me:p@w', 'me%3Ap%2540w', 'me', 'p%40w', 'p@w', 'p%2540w']
    """
    return _taken_apart(address)[1]


def _taken_apart(address: str) -> tuple[str, list[str]]:
    """Return an address that may be shown, and what was taken out of it."""
    try:
        parts = urlsplit(address)
        asked = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return f"{address.partition('://')[0]}://", [address.partition("://")[2]]
    user, _, host = parts.netloc.rpartition("@")
    secret = [user, *user.split(":", 1)]
    open_ = []
    for name, value in asked:
        named = _SIGNATURES.search(name) or credentials.telling(name)
        if named or credentials.in_literal(value, name):
            secret.append(value)
        else:
            open_.append((name, value))
    clean = urlunsplit((parts.scheme, host, parts.path, urlencode(open_), ""))
    for span in reversed(credentials.in_text(clean)):
        secret.append(clean[span.start : span.end])
        clean = f"{clean[: span.start]}***{clean[span.end :]}"
    written = [form for text in secret for form in (text, unquote(text), quote(text, safe=""))]
    return clean, [text for text in dict.fromkeys(written) if text]

"""What may be shown of an address, and what is to be masked wherever else it shows."""

from __future__ import annotations

import pytest

from mlops_jupyter.addresses import credentials_in, is_address, without_credentials

TOKEN = "ghp_aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789"


@pytest.mark.parametrize(
    ("address", "clean", "secrets"),
    [
        ("https://example.org/a.csv?month=6", "https://example.org/a.csv?month=6", []),
        ("s3://bucket/a%20b.csv", "s3://bucket/a%20b.csv", []),
        ("https://me:p%40w@example.org/a.csv", "https://example.org/a.csv", ["me", "p@w", "p%40w"]),
        ("https://me:p@w@example.org/a.csv", "https://example.org/a.csv", ["p@w"]),
        ("https://e.org/a?token=abc&month=6", "https://e.org/a?month=6", ["abc"]),
        ("https://e.org/a?X-Amz-Signature=9f&x=1", "https://e.org/a?x=1", ["9f"]),
        (f"https://e.org/{TOKEN}/a.csv", "https://e.org/***/a.csv", [TOKEN]),
        ("http://[broken/a.csv?token=x", "http://", ["[broken/a.csv?token=x"]),
    ],
)
def test_an_address_is_told_from_its_credentials(address, clean, secrets):
    assert without_credentials(address) == clean
    found = credentials_in(address)
    assert set(secrets) <= set(found)
    assert bool(found) == bool(secrets)
    assert not any(secret in clean for secret in secrets)


def test_an_address_has_a_scheme():
    assert is_address("s3://bucket/x")
    assert is_address("remote://name/x")
    for path in ("data/x.csv", "C:/x.csv", "a://b"[1:], "-x://y", ""):
        assert not is_address(path)

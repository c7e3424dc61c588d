"""What looks like a credential: in running text, and in a literal of the code.

Patterns of known services come from detect-secrets; nothing is asked over the network. Its keyword
and entropy rules are not used as they are: on notebooks they take hashes, ids and column names for
secrets, and a mask in the wrong place breaks the code.
"""

from __future__ import annotations

import functools
import importlib
import math
import re
from collections import Counter
from typing import NamedTuple

# Module of detect_secrets.plugins -> what a text must hold before its patterns are tried: most
# texts hold none of it, and looking for a fixed word is a hundred times faster than a pattern.
_PLUGINS = {
    "aws": ("AKIA", "ASIA", "ABIA", "ACCA", "A3T"),
    "azure_storage_key": ("AccountKey=",),
    "github_token": ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
    "gitlab_token": ("glpat-", "gldt-", "glft-", "glsoat-", "glrt-", "GR1348941", "glcbt-"),
    "pypi_token": ("pypi-",),
    "sendgrid": ("SG.",),
    "slack": ("xox", "hooks.slack.com"),
    "square_oauth": ("sq0csp-",),
    "stripe": ("sk_live_", "rk_live_"),
}
# Kinds that detect-secrets does not know yet, or looks for in a time that grows with the square of
# the text.
_OURS = (
    (("github_pat_",), r"github_pat_[A-Za-z0-9_]{22,}"),
    (("eyJ",), r"(?<![\w=-])eyJ[\w=-]{8,}+\.[\w=-]{8,}+(?:\.[\w.+/=-]*+)?"),
    (("_authToken",), r":_authToken=\s{0,9}(npm_\w+|[A-Fa-f0-9-]{36})"),
    (("npm_",), r"\bnpm_[A-Za-z0-9]{36}\b"),
    (("hf_",), r"\bhf_[A-Za-z0-9]{30,}"),
    (("AIza",), r"\bAIza[0-9A-Za-z_-]{35}"),
    (("dapi",), r"\bdapi[0-9a-f]{32}\b"),
    (("sk-",), r"\bsk-(?:proj|ant|svcacct|or)-[A-Za-z0-9_-]{20,}"),
    (("sk-",), r"\bsk-[A-Za-z0-9]{40,}\b"),
    (("sk_test_", "rk_test_"), r"\b[rs]k_test_[0-9a-zA-Z]{24,}"),
    (("://",), r"://[^\s:/?#\[\]@\"'<>]*:([^\s/@\"'<>{}]+)@(?=[\w.\[{-]|$)"),
    (("PRIVATE KEY",), r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----([\s\S]+?)(?:-----END|\Z)"),
    (("earer ", "asic "), r"\b[Bb](?:earer|asic) +([A-Za-z0-9+/._~-]{16,}=*)"),
)  # fmt: skip

_PASSWORD = r"(?:password|passwd|pwd|passphrase|passwort|db_?pass|contrasena)"  # noqa: S105
_KEY = (
    r"(?:secrets?|credentials?|(?:api|access|secret|private|account|auth|service|client|signing|"
    r"encryption|master|storage|subscription|license)_?key|apikey|client_secret|authorization)"
)
_HOLDS = r"(?:^|_){}\d*(?:_(?:value|prod|dev|test|production|staging|old|new|\d+))*$"
_STRONG_NAME = re.compile(_HOLDS.format(_PASSWORD))
_LIKELY_NAME = re.compile(_HOLDS.format(_KEY))
_TOKEN_NAME = re.compile(_HOLDS.format(r"(?:auth|api|access|bearer|refresh)?_?token"))
# What a name says when its value is public.
_PUBLIC_NAME = re.compile(
    r"(?:hash|sha|md5|digest|checksum|fingerprint|uuid|commit|etag|public|integrity|revision)"
)
_WORDS = ("pass", "pwd", "secret", "key", "token", "credential", "authorization", "contrasena")
_WORD = re.compile("|".join(_WORDS), re.IGNORECASE)
_END_OF_NAME = re.compile(r"[\w-]*+\Z")
_PAIR = re.compile(
    r"(?P<name>[\w.-]{1,80}+)(?:[\"']?\]?\s{0,3}[:=]\s{0,3}|(?<=\w) +)"
    r"(?P<quote>[\"']?)(?P<value>(?:(?<=[\"'])[^\"'\n]+|[^\s\"',;&<>{}()\[\]]+))"
)
_PLACEHOLDER = re.compile(
    r"^(?:|[<\[{$%].*|your.*|my[_-]?(?:password|secret|token|key)|change_?me|example.*|none|null|"
    r"true|false|todo|dummy|redacted|secret|passwo?r?d|token|(.)\1*|-?\d{1,3}(?:\.\d*)?)$",
    re.IGNORECASE,
)
# Beginnings of base64: PNG, JPEG, GIF, PDF, zip, gzip, SVG; and of an integrity hash.
_PICTURE = re.compile(r"iVBOR|/9j/|R0lGOD|JVBERi|UEsDB|H4sI|PHN2Zy|PD94bWw|sha\d+-|gAS")
_RANDOM_LIKE = re.compile(r"[A-Za-z0-9+/_=-]{32,200}")


class Span(NamedTuple):
    """Where a credential stands in a text, and the name that the text gives it."""

    start: int
    end: int
    name: str = ""


class _Rule(NamedTuple):
    anchors: tuple[str, ...]
    pattern: re.Pattern[str]

    @property
    def url(self) -> bool:
        return self.anchors == ("://",)


def in_text(text: str) -> list[Span]:
    """Find credentials in running text: tokens of known services, and ``password=value``.

    Examples
    --------
    >>> in_text("connecting with password=correct-horse to db")
    [Span(start=25, end=38, name='password')]
    """
    return apart([*tokens(text), *_pairs(text)])


def redacted(text: str) -> str:
    """Return running text with ``***`` for what looks like a credential.

    Examples
    --------
    >>> redacted("connecting with password=correct-horse to db")
    'connecting with password=*** to db'
    """
    for span in reversed(in_text(text)):
        text = f"{text[: span.start]}***{text[span.end :]}"
    return text


def tokens(text: str) -> list[Span]:
    """Find the tokens of known services, and passwords in URLs."""
    return apart(
        [
            Span(*match.span(1 if rule.pattern.groups else 0), "password" if rule.url else "")
            for rule in _rules()
            if any(anchor in text for anchor in rule.anchors)
            for match in rule.pattern.finditer(text)
        ]
    )


def in_literal(value: str, name: str = "") -> list[Span]:
    """Find the parts of a literal that are credentials, knowing what it is assigned to.

    Examples
    --------
    >>> in_literal("hunter2", "db_password")
    [Span(start=0, end=7, name='db_password')]
    >>> in_literal("postgres://me:hunter2@db/flights")
    [Span(start=14, end=21, name='password')]
    >>> in_literal("d41d8cd98f00b204e9800998ecf8427e", "expected_md5")
    []
    """
    if name and named_secret(name, value):
        return [Span(0, len(value), name)]
    if found := in_text(value):
        return found
    if _RANDOM_LIKE.fullmatch(value) and _random(value) and not _PUBLIC_NAME.search(_snake(name)):
        return [Span(0, len(value), name)]
    return []


def named_secret(name: str, value: str) -> bool:
    """Whether a value is a credential, judged by the name it has."""
    wanted = _snake(name)
    value = value.strip()
    if _PLACEHOLDER.match(value) or _snake(value) == wanted:
        return False
    if _STRONG_NAME.search(wanted):
        return len(value) >= 4
    if _PUBLIC_NAME.search(wanted) or any(sign.isspace() for sign in value):
        return False
    if _LIKELY_NAME.search(wanted):
        return len(value) >= 8 and (len(value) >= 20 or not value.isalpha())
    if _TOKEN_NAME.search(wanted):
        return len(value) >= 12 and not value.isalpha() and any(s.isdigit() for s in value)
    return False


def telling(name: str) -> bool:
    """Whether a name says by itself that its value is a credential."""
    wanted = _snake(name)
    return any(rule.search(wanted) for rule in (_STRONG_NAME, _LIKELY_NAME, _TOKEN_NAME))


def _pairs(text: str) -> list[Span]:
    """Find ``password=value``, ``"password": "value"`` and ``--password value``."""
    lowered = text.lower()
    if not any(word in lowered for word in _WORDS):
        return []
    found = []
    done = 0
    for word in _WORD.finditer(text):
        if word.start() < done:
            continue
        match = _PAIR.match(text, _start_of_name(text, word.start()))
        if match is None or match.end("name") < word.end():
            continue
        name, between = match["name"], text[match.end("name") : match.start("quote")]
        if not between.strip() and not name.startswith("--"):  # `token count`: no pair
            continue
        # A call, an item: code that fetches the value.
        if not match["quote"] and text[match.end() : match.end() + 1] in ("(", "["):
            continue
        if named_secret(name, match["value"]):
            found.append(Span(*match.span("value"), name=name.lstrip("-")))
            done = match.end()
    return found


def _start_of_name(text: str, position: int) -> int:
    before = _END_OF_NAME.search(text, max(position - 60, 0), position)
    return before.start() if before is not None else position


def apart(spans: list[Span]) -> list[Span]:
    """Return spans in order; of overlapping ones the longer."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if span.end > span.start and (not kept or span.start >= kept[-1].end):
            kept.append(span)
    return kept


@functools.cache
def _rules() -> tuple[_Rule, ...]:
    rules = [_Rule(anchors, re.compile(pattern)) for anchors, pattern in _OURS]
    for module, anchors in _PLUGINS.items():
        plugin = importlib.import_module(f"detect_secrets.plugins.{module}")
        for member in vars(plugin).values():
            if getattr(member, "__module__", "") == plugin.__name__ and isinstance(member, type):
                # A group is part of a token there: the whole match is what is masked.
                rules += [
                    _Rule(anchors, re.compile(_without_groups(found.pattern), found.flags))
                    for found in getattr(member, "denylist", ())
                ]
    return tuple(rules)


def _without_groups(pattern: str) -> str:
    return re.sub(r"(?<!\\)\((?!\?)", "(?:", pattern)


def _snake(name: str) -> str:
    """Return ``dbPassword``, ``db-password`` and ``DB_PASSWORD`` alike."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"\W+", "_", parted).lower().strip("_")


def _random(value: str) -> bool:
    """Whether signs are drawn as a machine draws them: no words, digits all over."""
    digits = len(re.findall(r"\d+", value))
    classes = (str.islower, str.isupper, str.isdigit)
    return (
        digits >= 3
        and all(any(test(sign) for sign in value) for test in classes)
        and not _PICTURE.match(value)
        and max(map(len, re.findall(r"[a-z]+|[A-Z]+", value))) <= 8
        and _entropy(value) >= 4.3
    )


def _entropy(value: str) -> float:
    """Return bits per sign, as detect-secrets counts them."""
    total = len(value)
    return -sum(n / total * math.log2(n / total) for n in Counter(value).values())

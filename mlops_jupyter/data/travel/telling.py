"""What a remote refuses, in words that hold none of its secrets."""

from __future__ import annotations

import errno
import os
import re
from typing import TYPE_CHECKING, Any

from mlops_jupyter import addresses
from mlops_jupyter.credentials import redacted, telling
from mlops_jupyter.data.cache import dvc_settings
from mlops_jupyter.errors import BadInput, MissingExtra, MlopsError, ToolFailed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_LEAST = 3
_USER = re.compile(r"://[^\s/@'\"]+@")
# Variables that the libraries below DVC read; their names tell of a secret, or of half of one.
_VARIABLES = re.compile(r"^(AWS|AZURE|GOOGLE|GCLOUD|OSS|DVC|HF)_\w*(KEY|SECRET|TOKEN|PASSWORD)\w*$")


def secrets_of(settings: Mapping[str, Any]) -> list[str]:
    """Return what must not be shown of a remote's settings and of the environment, longest first.

    Examples
    --------
    >>> "hunter2" in secrets_of({"url": "https://host/x", "password": "hunter2"})
    True
    """
    found = set()
    for name, value in settings.items():
        if isinstance(value, str):
            found |= set(addresses.credentials_in(value)) if addresses.is_address(value) else set()
            if telling(name) or name in dvc_settings.SECRET:
                found.add(value)
    found |= {value for name, value in os.environ.items() if _VARIABLES.match(name)}
    return sorted((text for text in found if len(text) >= _LEAST), key=lambda t: (-len(t), t))


def masked(text: str, secrets: Iterable[str]) -> str:
    """Return a text without secrets, those that are known and those that look like one."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return redacted(_USER.sub("://***@", text))


def refusal(error: BaseException, remote: str, address: str, secrets: Iterable[str]) -> MlopsError:
    """Return what a file system raised as an error of ours."""
    if isinstance(error, MlopsError):
        return error
    if known := _known_to_dvc(error, remote, address):
        return known
    said = masked(_words(error), secrets)
    if isinstance(error, OSError) and error.errno in _NO_SPACE:
        return ToolFailed(
            f"no space left while content was moved: {said}", "free some, and do it again"
        )
    return ToolFailed(f"the DVC remote {remote!r} does not do it: {said}", _hint(said))


def _known_to_dvc(error: BaseException, remote: str, address: str) -> MlopsError | None:
    """Return what DVC itself says of a remote before it is asked anything."""
    from dvc.config import ConfigError, NoRemoteError, RemoteNotFoundError
    from dvc_objects.fs.errors import RemoteMissingDepsError

    if isinstance(error, NoRemoteError):
        return BadInput(
            "DVC knows no remote, or which of several is the default one",
            "`dvc remote add -d NAME URL`, or say which: --remote NAME",
        )
    if isinstance(error, RemoteNotFoundError):
        return BadInput(
            f"DVC knows no remote {remote!r}",
            "see `dvc remote list`; references come before --remote",
        )
    if isinstance(error, RemoteMissingDepsError):
        return _missing_package(error.protocol, remote)
    if isinstance(error, ImportError):  # DVC's own package for it is missing, too
        return _missing_package(address.partition("://")[0], remote)
    if isinstance(error, ConfigError):
        said = masked(_words(error), ())
        return BadInput(f"the DVC remote {remote!r} cannot be used: {said}", "see `dvc config -l`")
    return None


def _missing_package(protocol: str, remote: str) -> MlopsError:
    if protocol == "s3":
        return MissingExtra("dvc-s3", "s3", f"the DVC remote {remote!r}")
    return ToolFailed(
        f"the DVC remote {remote!r} needs a package that is not installed",
        f"pip install 'dvc[{protocol}]'",
    )


def _words(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__


def _hint(said: str) -> str:
    if re.search(r"credential|Forbidden|AccessDenied|Permission|Signature|InvalidAccessKey", said):
        return (
            "credentials come from the environment or from DVC: "
            "`dvc remote modify --local NAME …`; they are in no file of ours"
        )
    return "can it be reached? see `dvc remote list`; what has arrived is not sent again"

"""Every error this package raises on purpose.

Each kind has one exit code (the command line) and one HTTP status (the Jupyter server)::

    MlopsError                  exit  http
    ├── GateFailed                 1   200   a gate (drift, checks) said no
    ├── UsageError                 2   400   the command's words are off
    ├── NoWorkspace                3   404   no mlops.toml here or above
    ├── NotFound                   4   404   no such run, version, file, column …
    ├── BadInput                   5   422   it is there, but cannot be used
    ├── BadSettings                6   422   mlops.toml or an environment variable is wrong
    ├── StoreUnavailable           7   503   the tracking store does not answer
    ├── MissingExtra               8   501   an optional package is not installed
    ├── NotebookFailed             9   500   a cell of an executed notebook raised
    ├── Conflict                  10   409   something is in the way; nothing was overwritten
    └── ToolFailed                11   500   git or DVC refused

An error says what is wrong and where (``message``) and what to do about it (``hint``).
"""

from __future__ import annotations

from typing import ClassVar


class MlopsError(Exception):
    """Root of all errors of this package.

    Parameters
    ----------
    message : str
        What is wrong, and where.
    hint : str, optional
        What to do about it.
    """

    exit_code: ClassVar[int] = 70
    http_status: ClassVar[int] = 500

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    @property
    def kind(self) -> str:
        """The error's name in JSON, such as ``"NoWorkspace"``."""
        return type(self).__name__

    def __str__(self) -> str:
        return f"{self.message}\n  → {self.hint}" if self.hint else self.message

    def _render_traceback_(self) -> list[str]:
        """Show two lines in a notebook instead of a traceback through our code."""
        return [f"{self.kind}: {self.message}"] + ([f"  → {self.hint}"] if self.hint else [])

    def to_dict(self) -> dict[str, object]:
        """Return the error as the JSON object that ``--json`` and REST answer with."""
        return {
            "kind": "error",
            "schema_version": 1,
            "error": self.kind,
            "message": self.message,
            "hint": self.hint,
        }


class GateFailed(MlopsError):
    """A gate was asked for, and said no.

    Parameters
    ----------
    message, hint : str
        As for every error.
    result : object
        The Result that failed the gate; faces show it before the message.
    """

    exit_code, http_status = 1, 200

    def __init__(self, message: str, hint: str = "", *, result: object = None) -> None:
        super().__init__(message, hint)
        self.result = result


class UsageError(MlopsError):
    """The command's words are off."""

    exit_code, http_status = 2, 400


class NoWorkspace(MlopsError):
    """No ``mlops.toml`` here or in any folder above."""

    exit_code, http_status = 3, 404


class NotFound(MlopsError):
    """No such run, version, file, column, parameter."""

    exit_code, http_status = 4, 404


class BadInput(MlopsError):
    """What was named exists, but cannot be used."""

    exit_code, http_status = 5, 422


class BadSettings(MlopsError):
    """``mlops.toml`` or an environment variable is wrong."""

    exit_code, http_status = 6, 422


class StoreUnavailable(MlopsError):
    """The tracking store does not answer."""

    exit_code, http_status = 7, 503


class MissingExtra(MlopsError):
    """An optional package is not installed.

    Parameters
    ----------
    package : str
        The package that is missing.
    extra : str
        The extra of mlops-jupyter that brings it.
    purpose : str
        What it is needed for.
    """

    exit_code, http_status = 8, 501

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs {package}, which is not installed",
            f"pip install 'mlops-jupyter[{extra}]'",
        )


class NotebookFailed(MlopsError):
    """A cell of an executed notebook raised, or its kernel died.

    Parameters
    ----------
    message, hint : str
        As for every error.
    result : object
        The Result of the run that failed.
    """

    exit_code, http_status = 9, 500

    def __init__(self, message: str, hint: str = "", *, result: object = None) -> None:
        super().__init__(message, hint)
        self.result = result


class Conflict(MlopsError):
    """Something is in the way; nothing was overwritten."""

    exit_code, http_status = 10, 409


class ToolFailed(MlopsError):
    """git or DVC refused.

    Parameters
    ----------
    message, hint : str
        As for every error.
    took_too_long : bool
        It was ended after the time it was given.
    """

    exit_code, http_status = 11, 500

    def __init__(self, message: str, hint: str = "", *, took_too_long: bool = False) -> None:
        super().__init__(message, hint)
        self.took_too_long = took_too_long

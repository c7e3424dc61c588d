"""The workspace: the folder with ``mlops.toml``, its settings, and the stores it names."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from mlops_jupyter import settings as _settings
from mlops_jupyter.errors import BadInput, NoWorkspace
from mlops_jupyter.settings import Settings

_LOCAL_SCHEMES = ("sqlite", "file", "")
# Up to the last @, since a password may hold any sign; a file path (:///) has no credentials.
_CREDENTIALS = re.compile(r"(?<=://)(?!/).*@", re.DOTALL)


def without_credentials(uri: str) -> str:
    """Return a URI that may be shown or stored.

    Examples
    --------
    >>> without_credentials("https://me:secret@mlflow.example/x")
    'https://***@mlflow.example/x'
    """
    return _CREDENTIALS.sub("***@", uri)


@dataclass(frozen=True)
class Store:
    """A tracking store, and why it is this one.

    Attributes
    ----------
    uri : str
        MLflow tracking URI. May hold credentials: show `shown`.
    reason : str
        Which setting chose it.
    embedded : bool
        True for the workspace's own SQLite file.
    """

    uri: str = field(repr=False)
    reason: str
    embedded: bool = False

    @property
    def shown(self) -> str:
        """The URI without credentials."""
        return without_credentials(self.uri)

    @property
    def remote(self) -> bool:
        """True where a server stands between us and the runs."""
        scheme = self.uri.partition("://")[0] if "://" in self.uri else ""
        return scheme not in _LOCAL_SCHEMES

    @property
    def sqlite_path(self) -> Path | None:
        """The SQLite file, when the store is one."""
        prefix = "sqlite:///"
        return Path(self.uri[len(prefix) :]) if self.uri.startswith(prefix) else None


@dataclass(frozen=True)
class Workspace:
    """A folder with ``mlops.toml``; passed to every verb.

    Examples
    --------
    >>> import mlops_jupyter as mlops
    >>> ws = mlops.Workspace.find()
    >>> mlops.data.snapshot(ws, "data/flights.parquet").ref
    'data:flights@v1'
    """

    root: Path
    settings: Settings
    store_flag: str | None = None
    # Where what is ours is kept, for a copy of a workspace: its runs are that one's runs.
    state: Path | None = None

    @classmethod
    def find(cls, start: Path | None = None, *, store: str | None = None) -> Workspace:
        """Find the workspace from a folder upward, as git does.

        Parameters
        ----------
        start : Path, optional
            Where to begin; the current folder by default. ``MLOPS_WORKSPACE`` overrides it.
        store : str, optional
            Tracking URI that wins over environment and settings (the ``--store`` flag).

        Raises
        ------
        NoWorkspace
            There is none; says how to make one.
        BadSettings
            Its ``mlops.toml`` is wrong.
        """
        root = find_root(start)
        state = os.environ.get(_settings.ENV_STATE)
        settings = _settings.load(root / _settings.FILE_NAME)
        return cls(root, settings, store, Path(state) if state else None)

    @property
    def state_dir(self) -> Path:
        """``.mlops/``: what this package keeps for itself; ignored by git."""
        return self.state or self.root / ".mlops"

    @property
    def embedded_store(self) -> Store:
        """The workspace's own SQLite store."""
        path = self.state_dir / "mlflow.db"
        return Store(f"sqlite:///{path.as_posix()}", "the workspace's own store", embedded=True)

    @property
    def artifacts_dir(self) -> Path:
        """Where the embedded store keeps artifacts."""
        return self.state_dir / "artifacts"

    @property
    def store(self) -> Store:
        """The tracking store: flag > environment > ``mlops.toml`` > embedded SQLite."""
        if self.store_flag:
            return self._named_store(self.store_flag, "--store")
        if uri := os.environ.get(_settings.ENV_TRACKING_URI):
            return self._named_store(uri, f"environment variable {_settings.ENV_TRACKING_URI}")
        if uri := self.settings.tracking.store:
            return self._named_store(uri, f"[tracking] store in {_settings.FILE_NAME}")
        return self.embedded_store

    def _named_store(self, uri: str, reason: str) -> Store:
        """Make a store from a URI; relative file paths count from the workspace."""
        if uri == "local":
            return self.embedded_store
        if uri.startswith("sqlite:///"):
            path = (self.root / uri.removeprefix("sqlite:///")).resolve()
            uri = f"sqlite:///{path.as_posix()}"
            if uri == self.embedded_store.uri:
                return self.embedded_store  # `mlops run` names it to its kernel, too
        elif "://" not in uri:
            uri = (self.root / uri).resolve().as_uri()
        return Store(uri, reason)

    def inside(self, path: str | os.PathLike[str]) -> Path:
        """Return a path of the user's as an absolute path inside the workspace.

        Raises
        ------
        BadInput
            It leaves the workspace, by ``..`` or through a symbolic link.
        """
        absolute = Path(os.path.abspath(Path.cwd() / path))
        root, leads_to = self.root.resolve(), absolute.resolve()
        if not leads_to.is_relative_to(root):
            linked = absolute.is_relative_to(self.root) or absolute.is_relative_to(root)
            what = f"leads to {leads_to}, which is" if linked else "is"
            raise BadInput(
                f"{path} {what} outside the workspace {self.root}",
                "copy it into the workspace, or make a workspace where it is: mlops init",
            )
        return absolute


def find_root(start: Path | None = None) -> Path:
    """Return the workspace folder; see `Workspace.find`."""
    if override := os.environ.get(_settings.ENV_WORKSPACE):
        root = Path(override).expanduser()
        if not (root / _settings.FILE_NAME).is_file():
            raise NoWorkspace(
                f"{_settings.ENV_WORKSPACE} is {root}, which has no {_settings.FILE_NAME}",
                f"run `mlops init {root}`, or unset {_settings.ENV_WORKSPACE}",
            )
        return root.resolve()
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / _settings.FILE_NAME).is_file():
            return folder
    raise NoWorkspace(
        f"no workspace: no {_settings.FILE_NAME} in {here} or any folder above",
        "make one with `mlops init` in the project's folder (`%mlops init` in a notebook)",
    )

"""``mlops init``: make a folder a workspace, or adopt what is there."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock

from mlops_jupyter import git, settings
from mlops_jupyter.data.cache.prepare import prepare as prepare_data
from mlops_jupyter.errors import BadInput
from mlops_jupyter.project.records import Initialised
from mlops_jupyter.results import Events, ignore_events
from mlops_jupyter.tracking.store.filesystems import network_filesystem
from mlops_jupyter.tracking.store.locking import state_folder
from mlops_jupyter.tracking.store.opening import prepare as prepare_store
from mlops_jupyter.tracking.store.waiting import recording_store
from mlops_jupyter.workspace import Workspace, without_credentials

_IGNORED = ("/.mlops/",)
_IGNORE_HEADER = "# mlops-jupyter: the embedded store and what it keeps for itself"

_MIGRATE = (
    "found runs in mlruns/, a format that MLflow no longer opens; to keep them here: "
    "mlflow migrate-filestore --source . --target sqlite:///mlflow.db, "
    'then store = "sqlite:///mlflow.db" in mlops.toml'
)

_TEMPLATE = """\
# mlops.toml: this folder is an mlops-jupyter workspace. Everything here may be left out.
schema = 1

[tracking]
# Where runs are kept: a server ("https://mlflow.example.org"), a database
# ("sqlite:///mlflow.db", counted from this folder), or left out: .mlops/mlflow.db.
# The environment variable MLFLOW_TRACKING_URI and the flag --store win over this.
{store}
# The experiment of `%mlops track` without a name.
experiment = "default"

[data]
# Files up to this size are hashed when a tracked cell has read them.
hash_limit_mb = 2048
# What a tracked cell has read (a file, or a folder), and what `mlops log` is given at once, is
# copied up to this size, ...
copy_limit_mb = 200
# ... and what cells have read up to this size in all; `mlops gc` frees what no run needs.
keep_total_mb = 2048

[privacy]
# What may be kept with runs: "local" (only in a store on this machine), "always" or "never".
# Five rows of the training data, with a model:
input_examples = "local"
# What cells have shown, in the notebook and the journal:
outputs = "local"
# Code, the notebook and the journal:
source = "always"
# Frequent values, and the first and last text, in profiles of data versions:
top_values = "local"
"""


def init(folder: str | os.PathLike[str] = ".", *, events: Events = ignore_events) -> Initialised:
    """Make a folder a workspace; a second time changes nothing.

    Uses the git repository it stands in, or makes one; sets up DVC where there is none; adopts an
    MLflow store that is there (``MLFLOW_TRACKING_URI``, ``mlflow.db``, ``mlruns/``); creates the
    embedded store, so that no cell has to wait for it. Writes nothing above the folder and stages
    nothing.

    Parameters
    ----------
    folder : path
        The folder; made when missing.

    Raises
    ------
    BadInput
        It is the home folder, or a file.

    Examples
    --------
    >>> import mlops_jupyter as mlops
    >>> mlops.init("churn").root
    '.../churn'
    """
    root = Path(os.path.abspath(Path(folder).expanduser()))
    if root.exists() and not root.is_dir():
        raise BadInput(f"{root} is a file", "name a folder")
    if root.resolve() == Path.home().resolve():
        raise BadInput(
            "the home folder cannot be a workspace: everything in it would belong to one project",
            "make a folder for the project: mlops init ~/project",
        )
    if _is_gits_own(root):
        raise BadInput(
            f"{root} is git's own folder (a bare repository, or inside .git)",
            "clone it, and run `mlops init` in the clone, which has files to work on",
        )
    with _nothing_left_behind(root), _alone(root):
        workspace, done = _set_up(root, events)
    store = workspace.store
    kind = network_filesystem(root)
    if kind and store.embedded:
        done.append(
            f"warning: this is a network file system ({kind}), where SQLite is not safe: "
            "set a tracking server in mlops.toml"
        )
    return Initialised(root=str(root), store=store.shown, store_reason=store.reason, done=done)


def _is_gits_own(root: Path) -> bool:
    there = next(folder for folder in (root, *root.parents) if folder.is_dir())
    inside = git.output(there, "rev-parse", "--is-inside-git-dir", ok=(0, 128))
    return inside.strip() == b"true"


@contextlib.contextmanager
def _nothing_left_behind(root: Path) -> Iterator[None]:
    """Where init fails at once, take away the empty folders it has made."""
    ours = (root / ".mlops" / "locks", root / ".mlops", root)
    made = [folder for folder in ours if not os.path.lexists(folder)]
    try:
        yield
    except BaseException:
        (root / ".mlops" / "locks" / "init.lock").unlink(missing_ok=True)
        for folder in made:
            with contextlib.suppress(OSError):  # it is not empty: something was set up
                folder.rmdir()
        raise


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Two at once would trip over each other's half."""
    folder = state_folder(Workspace(root, settings.Settings()), "locks")
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(FileLock(folder / "init.lock"))
        except OSError as error:
            raise BadInput(
                f"{root} cannot be written to: {error.strerror}", "make the folder writable"
            ) from None
        yield


def _set_up(root: Path, events: Events) -> tuple[Workspace, list[str]]:
    done = prepare_data(root)
    done += _write_settings(root)
    done += _ignore(root)
    workspace = Workspace(root, settings.load(root / settings.FILE_NAME))
    if recording_store(workspace).embedded:
        done += prepare_store(workspace, events=events)
    return workspace, done


def _write_settings(root: Path) -> list[str]:
    path = root / settings.FILE_NAME
    if path.exists():
        settings.load(path)  # says at once what is wrong with it
        return []
    store, found = _adopted_store(root)
    line = f"store = {json.dumps(store)}" if store else '# store = "sqlite:///mlflow.db"'
    path.write_text(_TEMPLATE.format(store=line), encoding="utf-8")
    return [f"wrote {settings.FILE_NAME}", *([found] if found else [])]


def _adopted_store(root: Path) -> tuple[str | None, str | None]:
    """Look for an MLflow store that is in use here already."""
    if uri := os.environ.get(settings.ENV_TRACKING_URI):
        if without_credentials(uri) != uri:
            return None, (
                f"{settings.ENV_TRACKING_URI} holds credentials, so it was not written down: "
                "keep setting it"
            )
        return uri, f"adopted the tracking store of {settings.ENV_TRACKING_URI}: {uri}"
    if (root / "mlflow.db").is_file():
        return "sqlite:///mlflow.db", "adopted the tracking store mlflow.db"
    if (root / "mlruns").is_dir() and any((root / "mlruns").glob("*/meta.yaml")):
        # MLflow refuses to open this format since 3.17, and its migration is the user's to start.
        return None, _MIGRATE
    return None, None


def _ignore(root: Path) -> list[str]:
    """Keep our own folder out of git and DVC, after what the user wrote there."""
    names = (".gitignore", ".dvcignore")  # DVC would walk all artifacts at each status
    return [f"added /.mlops/ to {name}" for name in names if _append(root / name)]


def _append(path: Path) -> bool:
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    missing = [entry for entry in _IGNORED if entry not in before.splitlines()]
    if not missing:
        return False
    gap = "" if not before else ("\n" if before.endswith("\n") else "\n\n")
    path.write_text(before + gap + "\n".join([_IGNORE_HEADER, *missing]) + "\n", encoding="utf-8")
    return True

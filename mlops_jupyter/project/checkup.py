"""The doctor's single checks; each says what it found and, where it is not well, what mends it."""

from __future__ import annotations

import importlib.metadata
import json
import sys
from pathlib import Path

from mlops_jupyter import git
from mlops_jupyter import workspace as workspaces
from mlops_jupyter._version import __version__
from mlops_jupyter.data.cache.remotes import remotes
from mlops_jupyter.data.catalog import history, pins
from mlops_jupyter.data.catalog.passed_over import passed_over
from mlops_jupyter.errors import MlopsError
from mlops_jupyter.project.records import Check
from mlops_jupyter.settings import ENV_NOTEBOOK
from mlops_jupyter.tracking.capture.notebook_file import notebook_path
from mlops_jupyter.tracking.store import opening as stores
from mlops_jupyter.tracking.store import relocation, soundness
from mlops_jupyter.tracking.store.filesystems import network_filesystem


def workspace(ws: workspaces.Workspace) -> Check:
    """Where the workspace is."""
    return Check(name="workspace", state="ok", found=str(ws.root))


def file_system(ws: workspaces.Workspace) -> Check:
    """SQLite corrupts on network file systems, whose locks do not hold."""
    kind = network_filesystem(ws.state_dir)
    if kind is None:
        return Check(name="file system", state="ok", found="local")
    return Check(
        name="file system",
        state="bad" if ws.store.embedded else "note",
        found=f"{ws.root} is on a network file system ({kind}); SQLite is not safe there",
        mend="use a tracking server: [tracking] store in mlops.toml",
    )


def tracking_store(ws: workspaces.Workspace) -> Check:
    """Which store, why this one, whether it answers, and whether it is whole."""
    try:
        stores.client(ws)
    except MlopsError as error:
        return Check(name="runs", state="bad", found=error.message, mend=error.hint)
    path = ws.store.sqlite_path
    if path is not None and (problem := soundness.damage(path)):
        return Check(
            name="runs",
            state="bad",
            found=f"{path} is damaged: {problem}",
            mend=f"keep a copy, then: sqlite3 {path} .recover | sqlite3 {path}.mended",
        )
    return Check(name="runs", state="ok", found=f"{ws.store.shown} ({ws.store.reason})")


def artifact_paths(ws: workspaces.Workspace, *, fix: bool) -> Check:
    """Whether the embedded store's artifacts are where it says."""
    try:
        misplaced = relocation.misplaced(ws)
    except MlopsError as error:
        return Check(name="artifacts", state="bad", found=error.message, mend=error.hint)
    if not misplaced:
        return Check(name="artifacts", state="ok", found="where the store says")
    if fix:
        changed = relocation.relocate(ws)
        return Check(name="artifacts", state="ok", found=f"{changed} paths now lead here")
    return Check(
        name="artifacts",
        state="bad",
        found=f"the workspace was moved: {misplaced} artifact paths lead to its old place",
        mend="mlops doctor --fix",
    )


def git_state(ws: workspaces.Workspace) -> Check:
    """Whether runs can name the commit they came from."""
    state = git.code_state(ws.root)
    if state.problem:
        return Check(name="git", state="bad", found=state.problem, mend="git -C . status")
    if state.commit is None:
        return Check(
            name="git",
            state="note",
            found="no commit yet: runs cannot name the code they came from",
            mend="git add -A && git commit -m 'start'",
        )
    return Check(
        name="git", state="ok", found=f"{state.branch or 'detached'} at {state.commit[:9]}"
    )


def dvc_state(ws: workspaces.Workspace) -> Check:
    """Whether data versions exist anywhere but here."""
    try:
        found = remotes(ws)
    except MlopsError as error:
        return Check(name="dvc", state="bad", found=error.message, mend=error.hint)
    if not found:
        return Check(
            name="dvc",
            state="note",
            found="no remote: data versions are on this machine only",
            mend="dvc remote add -d NAME URL, then mlops data push",
        )
    known = f"remote {', '.join(found)}"
    try:
        count = passed_over(ws)
    except MlopsError:
        count = 0  # the check of git says why
    if count:
        return Check(
            name="dvc",
            state="note",
            found=f"{known}; `dvc push --all-tags` passes over {count:,} of the versions: "
            "their commits do not name it by a whole address",
            mend=f"mlops data push; for DVC itself: dvc remote add --local -d {found[0]} URL",
        )
    return Check(name="dvc", state="ok", found=known)


def data_versions(ws: workspaces.Workspace) -> Check:
    """Which of DVC's own clearings would take versions away."""
    try:
        known = history.read(ws)
    except MlopsError as error:
        return Check(name="data versions", state="bad", found=error.message, mend=error.hint)
    loose = len(pins.unpinned(ws, known))
    found = f"{len(known):,} in git"
    if not loose:
        return Check(name="data versions", state="ok", found=found)
    return Check(
        name="data versions",
        state="note",
        found=f"{found}; `dvc gc --workspace` would free {loose:,} of them",
        mend="dvc gc --all-tags keeps them all; so does, for the newest, "
        "mlops data snapshot PATH --pin",
    )


def kept_data(ws: workspaces.Workspace) -> Check:
    """Whether what was forgotten is gone everywhere, and what runs read can still be copied."""
    from mlops_jupyter.data.upkeep import state

    try:
        left, size = state.forgotten_left(ws), state.copied(ws)
    except MlopsError as error:
        return Check(name="data", state="note", found=error.message, mend=error.hint)
    limit = ws.settings.data.keep_total_mb * 1_000_000
    said = f"copies of what runs read: {size / 1e6:,.1f} of {limit / 1e6:,.0f} MB"
    if left:
        ref, places = next(iter(left.items()))
        return Check(
            name="data",
            state="bad",
            found=f"{ref} was forgotten, but its content may still be in: {', '.join(places)}",
            mend=f"mlops data forget {ref}",
        )
    if size > 0.95 * limit:
        return Check(
            name="data",
            state="note",
            found=f"{said}: what runs read is hardly copied any more",
            mend="mlops gc, or a larger keep_total_mb in mlops.toml",
        )
    return Check(name="data", state="ok", found=said)


def notebook(namespace: dict[str, object] | None) -> Check:
    """Whether runs can name their notebook."""
    path = notebook_path(namespace)
    if path is not None:
        return Check(name="notebook", state="ok", found=str(path))
    if "ipykernel" not in sys.modules:
        return Check(name="notebook", state="ok", found="not asked from a notebook")
    return Check(
        name="notebook",
        state="note",
        found="this notebook's path cannot be found out here: runs will not name it",
        mend=f"%env {ENV_NOTEBOOK}=path/of/this.ipynb",
    )


def panel() -> list[Check]:
    """Whether JupyterLab's panel and the server part are installed, and of one version."""
    from jupyter_core.paths import jupyter_config_path, jupyter_path

    found = []
    manifests = [Path(p, "mlops-jupyter", "package.json") for p in jupyter_path("labextensions")]
    manifest = next((path for path in manifests if path.is_file()), None)
    if manifest is None:
        found.append(
            Check(
                name="panel",
                state="note",
                found="the JupyterLab panel is not installed in this environment",
                mend="pip install 'mlops-jupyter[lab]' where JupyterLab runs",
            )
        )
    else:
        version = json.loads(manifest.read_text(encoding="utf-8")).get("version")
        found.append(_same_version("panel", str(version)))
    configs = [
        Path(p, "jupyter_server_config.d", "mlops-jupyter.json") for p in jupyter_config_path()
    ]
    if any(path.is_file() for path in configs):
        found.append(_same_version("server part", __version__))
    else:
        found.append(
            Check(
                name="server part",
                state="note",
                found="not enabled in this environment",
                mend="jupyter server extension enable mlops_jupyter",
            )
        )
    return [*found, _jupyterlab()]


def packages() -> Check:
    """Whether installed packages fit what this package was built for."""
    from packaging.requirements import Requirement

    clashes = []
    for line in importlib.metadata.requires("mlops-jupyter") or []:
        requirement = Requirement(line)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            clashes.append(f"{requirement.name} is missing")
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            clashes.append(f"{requirement.name} {version} (needs {requirement.specifier})")
    if clashes:
        return Check(
            name="packages",
            state="bad",
            found="; ".join(clashes),
            mend="pip install --upgrade mlops-jupyter",
        )
    return Check(name="packages", state="ok", found=f"mlops-jupyter {__version__}, all fit")


def _jupyterlab() -> Check:
    try:
        version = importlib.metadata.version("jupyterlab")
    except importlib.metadata.PackageNotFoundError:
        return Check(name="jupyterlab", state="ok", found="not in this environment")
    if tuple(int(part) for part in version.split(".")[:2]) < (4, 6):
        return Check(
            name="jupyterlab",
            state="note",
            found=f"{version}: the panel was built for 4.6 and later",
            mend="pip install --upgrade 'jupyterlab>=4.6,<5'",
        )
    return Check(name="jupyterlab", state="ok", found=version)


def _same_version(name: str, version: str) -> Check:
    if version == __version__:
        return Check(name=name, state="ok", found=version)
    return Check(
        name=name,
        state="bad",
        found=f"{version}, but the package is {__version__}",
        mend="pip install --force-reinstall mlops-jupyter, then restart JupyterLab",
    )

"""Fixtures for every kind of test: a real workspace, and an environment of its own."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import settings
from jupyter_core.utils import ensure_event_loop

from mlops_jupyter.settings import (
    ENV_NOTEBOOK,
    ENV_PROFILES,
    ENV_RUN_ID,
    ENV_TRACKING_URI,
    ENV_WORKSPACE,
)
from mlops_jupyter.workspace import Workspace


def pytest_configure() -> None:
    """No process outlives a test, nor what fixtures of the session do before any test."""
    os.environ[ENV_PROFILES] = "asked"


PROJECT = Path(__file__).parents[1]
_WHERE_MLFLOW_WRITES = "mlflow.tracking._tracking_service.utils"
_WHAT_DELIVERS = "mlops_jupyter.tracking.transfer.courier"
_WHAT_WRITES_POINTS = "mlops_jupyter.tracking.store.metric_buffer"

# The same examples each time, so that a change that breaks nothing passes; `make test-full` looks
# for new ones (--hypothesis-profile=default).
settings.register_profile("steady", derandomize=True, database=None)
settings.load_profile("steady")


@pytest.fixture(scope="module")
def _closed_loop():
    """Jupyter leaves each thread's event loop open, and pytest reports that as an error."""
    yield
    ensure_event_loop().close()


@pytest.fixture
def _mlflow_as_it_was():
    """Where MLflow writes is global, and mirrored in the environment: no test leaves it changed."""
    mirror = os.environ.get(ENV_TRACKING_URI)
    before = _set_in_mlflow()
    yield
    if (module := sys.modules.get(_WHERE_MLFLOW_WRITES)) is not None:
        module._tracking_uri = before
    os.environ.pop(ENV_TRACKING_URI, None)
    if mirror is not None:
        os.environ[ENV_TRACKING_URI] = mirror


def _set_in_mlflow() -> str | None:
    return getattr(sys.modules.get(_WHERE_MLFLOW_WRITES), "_tracking_uri", None)


@pytest.fixture(autouse=True)
def _own_environment(
    _mlflow_as_it_was: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
):
    """No setting of whoever runs the tests reaches them; git and DVC have places of their own."""
    for name in (ENV_WORKSPACE, ENV_NOTEBOOK, ENV_RUN_ID, ENV_TRACKING_URI, "JPY_SESSION_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("DO_NOT_TRACK", "true")
    monkeypatch.setenv("DVC_NO_ANALYTICS", "true")
    # DVC keeps what it knows of a folder there, by the folder's path, which is a new one each time.
    site = tmp_path_factory.getbasetemp() / "site-cache"
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(site))


@pytest.fixture(autouse=True)
def _code_is_that_of_the_test(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
):
    """The tests are no code of the runs that they make; git may take its time for what is.

    What took too long in one test is asked again in the next, and modules that a test has written
    go with it.
    """
    from mlops_jupyter.tracking.capture import code, code_files, local_modules, repositories

    not_the_users = (*local_modules._not_ours(), f"{PROJECT}{os.sep}")
    monkeypatch.setattr(local_modules, "_not_ours", lambda: not_the_users)
    for module in (code, code_files):
        monkeypatch.setattr(module, "PATIENCE", 60.0)
    monkeypatch.setattr(repositories, "_given_up", {})
    before = set(sys.modules)
    yield
    written = f"{tmp_path_factory.getbasetemp()}{os.sep}"
    for name in set(sys.modules) - before:
        if (getattr(sys.modules[name], "__file__", None) or "").startswith(written):
            del sys.modules[name]


@pytest.fixture(autouse=True)
def _nothing_goes_on():
    """What a test wanted delivered or written is no work for later ones: its stores are gone."""
    yield
    if (courier := sys.modules.get(_WHAT_DELIVERS)) is not None:
        for each in courier._couriers.values():
            each._deliver = lambda: False
        courier._couriers.clear()
    if (metrics := sys.modules.get(_WHAT_WRITES_POINTS)) is not None and metrics.BUFFER.pending():
        metrics.BUFFER._begin()


@pytest.fixture(scope="session")
def _pristine_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One workspace made by the real verb; tests get copies, since a store takes seconds."""
    from mlops_jupyter.project.init import init

    folder = tmp_path_factory.mktemp("pristine") / "project"
    init(folder)
    return folder


@pytest.fixture
def workspace(
    _pristine_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Workspace:
    """An initialised workspace (git, DVC, embedded store); the current folder is its root."""
    root = tmp_path / "project"
    shutil.copytree(_pristine_workspace, root, symlinks=True)
    _point_store_at(root)
    monkeypatch.chdir(root)
    return Workspace.find(root)


def _point_store_at(root: Path) -> None:
    """The store keeps absolute artifact paths: the copy's must lie in the copy."""
    import sqlite3

    with sqlite3.connect(root / ".mlops" / "mlflow.db") as connection:
        connection.execute(
            "UPDATE experiments SET artifact_location = ?",
            ((root / ".mlops" / "artifacts" / "0").as_uri(),),
        )
    connection.close()


@pytest.fixture
def jp_asyncio_loop() -> None:
    """Take the place of pytest-jupyter's fixture of this name, which is for every test.

    It closes an event loop, and fails while Playwright's runs in the same process. The server's
    own tests have theirs back.
    """


@pytest.fixture
def jp_server_cleanup() -> None:
    """Take the place of pytest-jupyter's: see `jp_asyncio_loop`."""

"""A store of an older MLflow: the embedded one is upgraded once, another's is left alone."""

import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

import mlops_jupyter as mlops
from mlops_jupyter.errors import StoreUnavailable
from mlops_jupyter.workspace import Workspace

pytestmark = pytest.mark.xdist_group("upgrade")  # one old database is enough

REVISIONS_BACK = 6
# The client's way: what only looks back may read an old store as it is.
OPEN = """
import sys
from pathlib import Path
import mlops_jupyter as mlops
from mlops_jupyter.tracking.store.opening import client
workspace = mlops.Workspace.find(Path(sys.argv[1]))
client(workspace)
print([run.name for run in mlops.runs(workspace).runs])
"""
# Killed inside the third migration, half of which is done by then.
KILLED = """
import os, signal, sys
from pathlib import Path
from mlops_jupyter.tracking.store.opening import client
from mlops_jupyter.workspace import Workspace

done = []
from alembic.runtime import migration
original = migration.HeadMaintainer.update_to_step
def update_to_step(self, step):
    done.append(step)
    if len(done) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return original(self, step)
migration.HeadMaintainer.update_to_step = update_to_step
client(Workspace.find(Path(sys.argv[1])))
"""


def revision(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]


@pytest.fixture(scope="module")
def old_database(tmp_path_factory) -> Path:
    """A database as an older MLflow left it, with a run."""
    from alembic import command
    from alembic.script import ScriptDirectory
    from mlflow.store.db.utils import _get_alembic_config, create_sqlalchemy_engine
    from mlflow.store.tracking.dbmodels.initial_models import Base

    path = tmp_path_factory.mktemp("old") / "mlflow.db"
    engine = create_sqlalchemy_engine(f"sqlite:///{path}")
    Base.metadata.create_all(engine)
    config = _get_alembic_config(f"sqlite:///{path}")
    newest_first = list(ScriptDirectory.from_config(config).walk_revisions())
    config.attributes["connection"] = engine
    command.upgrade(config, newest_first[REVISIONS_BACK].revision)
    engine.dispose()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage)"
            " VALUES (0, 'Default', '/nowhere', 'active')"
        )
        connection.execute(
            "INSERT INTO runs (run_uuid, name, status, start_time, end_time, lifecycle_stage,"
            " artifact_uri, experiment_id)"
            " VALUES (?, 'of old', 'FINISHED', 1, 2, 'active', '/n', 0)",
            ("a" * 32,),
        )
    assert revision(path) == newest_first[REVISIONS_BACK].revision
    return path


@pytest.fixture
def newest(workspace) -> str:
    return revision(workspace.root / ".mlops" / "mlflow.db")


def test_three_that_open_an_old_store_at_once_all_succeed(workspace, newest, old_database):
    embedded = workspace.root / ".mlops" / "mlflow.db"
    shutil.copy(old_database, embedded)
    words = [sys.executable, "-c", OPEN, str(workspace.root)]
    started = [
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    ended = [process.communicate() for process in started]
    assert [out.strip() for out, _ in ended] == ["['of old']"] * 3, ended
    assert revision(embedded) == newest
    (backup,) = (workspace.root / ".mlops").glob("mlflow.*.backup.db")
    assert revision(backup) == revision(old_database)


def test_one_killed_in_the_middle_of_upgrading_leaves_what_the_next_one_upgrades(
    workspace, newest, old_database
):
    embedded = workspace.root / ".mlops" / "mlflow.db"
    shutil.copy(old_database, embedded)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(workspace.root)], check=False, capture_output=True
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert revision(embedded) not in (newest, revision(old_database))
    from mlops_jupyter.tracking.store.opening import client

    client(workspace)
    assert revision(embedded) == newest
    assert [run.name for run in mlops.runs(workspace).runs] == ["of old"]


def test_somebody_elses_store_is_never_migrated_and_the_command_that_does_is_named(
    workspace, newest, old_database, tmp_path
):
    theirs = tmp_path / "theirs.db"
    shutil.copy(old_database, theirs)
    before = theirs.read_bytes()
    adopted = Workspace.find(workspace.root, store=f"sqlite:///{theirs}")
    from mlops_jupyter.tracking.store.opening import client

    with pytest.raises(StoreUnavailable, match="older MLflow") as caught:
        client(adopted)
    assert theirs.read_bytes() == before
    command = caught.value.hint.partition("backup: ")[2].partition(" (it was")[0].split()
    subprocess.run([sys.executable, "-m", *command], check=True, capture_output=True)
    client(adopted)
    assert revision(theirs) == newest


def test_a_store_of_a_newer_mlflow_is_left_alone(workspace):
    path = workspace.root / ".mlops" / "mlflow.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = 'abcdef012345'")
    from mlops_jupyter.tracking.store.opening import client

    with pytest.raises(StoreUnavailable, match="abcdef012345") as caught:
        client(workspace)
    assert "pip install --upgrade mlflow" in caught.value.hint
    assert revision(path) == "abcdef012345"

"""`mlops reproduce`: the data that runs read, with real kernels, DVC and databases."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

import mlops_jupyter as mlops
from mlops_jupyter.data.catalog import automatic
from mlops_jupyter.reproducing import inputs
from tests.kernels import started
from tests.reproducing import FIT, WEEK, newest, notebook, prepare, refused

pytestmark = pytest.mark.usefixtures("_closed_loop")


@pytest.fixture
def project(workspace):
    prepare(workspace.root)
    return workspace


@pytest.fixture
def kernel(project):
    with started(project.root) as opened:
        opened.ok("%load_ext mlops_jupyter\n%mlops track trees")
        opened.ok("depth = 2")
        yield opened


def kept(workspace):
    """Wait for the copy that a run's input is kept by: a thread makes it."""
    end = time.monotonic() + 60
    while not automatic.read(workspace):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_file_that_has_changed_in_place(kernel, project):
    kernel.ok(FIT)
    kept(project)
    Path("week.csv").write_text("day,late\n1,1\n2,1\n")

    again = mlops.reproduce(project, "last")

    assert again.verdict == "identical"
    assert not [each for each in again.differences if each.what == "data"]
    assert Path("week.csv").read_text() == "day,late\n1,1\n2,1\n"


def test_a_version_and_a_link_instead_of_a_copy(kernel, project, monkeypatch):
    version = mlops.data.snapshot(project, "week.csv")
    kernel.ok(FIT)
    Path("week.csv").unlink()
    monkeypatch.setattr(inputs, "LINK_FROM", 0)

    again = mlops.reproduce(project, "last", keep=True)

    assert again.verdict == "identical"
    content = mlops.data.path_of(project, version.ref)
    brought = Path(again.folder) / "week.csv"
    assert brought.read_text() == WEEK
    assert brought.is_symlink() or brought.stat().st_nlink > 1 or brought.samefile(content)
    made = mlops.show(project, f"run:{again.reproductions[0]}")
    assert version.ref in [entry.version for entry in made.inputs]


def test_what_no_version_has(kernel, project):
    settings = project.root / "mlops.toml"
    written = settings.read_text()
    assert "\ncopy_limit_mb = 200\n" in written
    settings.write_text(written.replace("copy_limit_mb = 200", "copy_limit_mb = 0"))
    kernel.ok("%mlops track --off")
    kernel.ok("%mlops track trees")
    kernel.ok(FIT)
    run = f"run:{newest(project).run_id}"
    assert not automatic.read(project)

    assert mlops.reproduce(project, run).verdict == "identical"  # it is still as it was
    Path("week.csv").write_text("day,late\n1,1\n2,1\n")
    told = refused(project, run)
    assert told.verdict == "cannot"
    assert "week.csv: no version of it is kept" in told.reasons[0]
    assert "has changed since" in told.reasons[0]
    assert told.reproductions == []
    Path("week.csv").unlink()
    assert "it is gone" in refused(project, run).reasons[0]


def test_a_database_is_asked_again_and_its_answer_compared(kernel, project):
    with closing(sqlite3.connect("week.db")) as database:
        database.execute("CREATE TABLE week (day INTEGER, late REAL)")
        database.executemany("INSERT INTO week VALUES (?, ?)", [(1, 3), (2, 5), (3, 2), (4, 9)])
        database.commit()
    kernel.ok(
        FIT.replace("import pandas as pd", "import pandas as pd, sqlite3").replace(
            'pd.read_csv("week.csv")',
            'pd.read_sql("SELECT * FROM week ORDER BY day", sqlite3.connect("week.db"))',
        )
    )
    run = f"run:{newest(project).run_id}"
    again = mlops.reproduce(project, run)
    assert again.verdict == "identical"
    assert any("week.db" in note for note in again.notes)

    with closing(sqlite3.connect("week.db")) as database:
        database.execute("UPDATE week SET late = late * 2 WHERE day > 2")
        database.commit()
    told = refused(project, run)
    assert told.verdict == "different"
    changed = {each.name for each in told.differences if each.what == "data"}
    assert "week.db" in changed


def test_a_folder(kernel, project):
    for month in ("june", "july"):
        Path("months").mkdir(exist_ok=True)
        Path(f"months/{month}.csv").write_text(WEEK)
    kernel.ok(
        FIT.replace(
            'pd.read_csv("week.csv")',
            'pd.concat(pd.read_csv(f"months/{m}.csv") for m in ("june", "july"))',
        )
    )
    kept(project)
    Path("months/june.csv").write_text("day,late\n1,1\n")
    Path("months/july.csv").unlink()
    assert mlops.reproduce(project, "last").verdict == "identical"


def test_what_a_notebook_reads_that_does_not_ask_to_be_tracked(project):
    path = notebook(
        "train.ipynb",
        "import mlops_jupyter as mlops, pandas as pd\n"
        "mlops.log({'late': float(pd.read_csv('week.csv')['late'].sum())})",
    )
    done = mlops.run(project, path)
    Path("week.csv").write_text("day,late\n1,1\n2,1\n")
    again = mlops.reproduce(project, f"run:{done.run_id}")
    assert again.verdict == "identical"

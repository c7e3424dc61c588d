"""``data snapshot`` as a user types it, in a shell and in a notebook."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from mlops_jupyter.data import path_of, resolve
from mlops_jupyter.errors import BadInput, NotFound, UsageError
from tests.shells import Cells


@pytest.fixture
def cells(workspace):
    for name in ("a.csv", "b.csv", "-x.csv", "größe ✓.csv", "me@work.csv"):
        (workspace.root / name).write_text(f"{name}\n")
    (workspace.root / "years" / "2013").mkdir(parents=True)
    (workspace.root / "years" / "2013" / "a.csv").write_text("deep\n")
    made = Cells()
    made.run("%load_ext mlops_jupyter")
    yield made
    made.close()


def _mlops(*words: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "mlops_jupyter", "data", "snapshot", *words],
        capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_several_things_are_several_versions(cells):
    made = cells.run("%mlops data snapshot a.csv b.csv ./a.csv -m 'as received'")
    assert [version.ref for version in made.versions] == ["data:a@v1", "data:b@v1"]
    assert {version.message for version in made.versions} == {"as received"}
    again = cells.run("%mlops data snapshot a.csv b.csv -m other")
    assert all(version.unchanged for version in again.versions)
    assert "unchanged: no new version" in again.to_text()
    assert "the message was not kept" in again.to_html()


def test_names_of_all_kinds_and_patterns(cells, workspace):
    made = cells.run('%mlops data snapshot -- -x.csv "größe ✓.csv" me@work.csv')
    assert [v.ref for v in made.versions] == ["data:-x@v1", "data:größe ✓@v1", "data:me@work@v1"]
    for version in made.versions:
        assert resolve(workspace, version.ref).commit == version.commit
    made = cells.run("%mlops data snapshot '**/a*.csv'")
    assert [v.path for v in made.versions] == ["a.csv", "years/2013/a.csv"]
    assert [v.ref for v in made.versions] == ["data:a@v1", "data:2013-a@v1"]
    assert cells.run("%mlops data snapshot y*").path == "years"
    with pytest.raises(NotFound, match="nothing matches"):
        cells.run("%mlops data snapshot *.parquet")


def test_nothing_is_kept_where_one_of_them_cannot_be(cells, workspace):
    with pytest.raises(NotFound):
        cells.run("%mlops data snapshot a.csv none.csv")
    (workspace.root / "empty").mkdir()
    with pytest.raises(BadInput, match="empty folder"):
        cells.run("%mlops data snapshot a.csv empty")
    with pytest.raises(UsageError) as error:
        cells.run("%mlops data snapshot a.csv b.csv --name both")
    assert "FOLDER" in error.value.hint
    assert cells.run("%mlops data versions").versions == ()


def test_a_live_frame(cells, workspace):
    cells.run("import pandas as pd; flights = pd.DataFrame({'a': [1, 2, 3]}); path = 'a.csv'")
    version = cells.run("%mlops data snapshot $flights --name flights -m cleaned")
    assert (version.ref, version.rows, version.origin) == ("data:flights@v1", 3, "frame")
    assert "3 rows" in version.to_text()
    assert cells.run("%mlops data snapshot $flights --name flights").unchanged
    cells.run(f"back = pd.read_parquet({str(path_of(workspace, version.ref))!r})")
    assert cells.run("back.equals(flights)")
    assert cells.run("%mlops data snapshot $path").path == "a.csv"
    with pytest.raises(UsageError, match="no name"):
        cells.run("%mlops data snapshot $flights")
    with pytest.raises(NotFound, match="no variable"):
        cells.run("%mlops data snapshot $none --name x")
    with pytest.raises(NotFound) as error:
        cells.run("%mlops data snapshot flights --name flights")
    assert "did you mean $flights?" in error.value.hint
    (workspace.root / "flights").write_text("a file of that name is what was named")
    assert cells.run("%mlops data snapshot flights --name file").origin == "path"


def test_in_a_shell(cells, workspace):
    code, out, _ = _mlops("*.csv", "--json", "-m", "all")
    versions = json.loads(out)
    assert (code, versions["kind"]) == (0, "data_versions")
    assert [v["path"] for v in versions["versions"]] == [
        "-x.csv", "a.csv", "b.csv", "größe ✓.csv", "me@work.csv",
    ]  # fmt: skip
    code, out, _ = _mlops("--json", "--", "-x.csv")
    assert (json.loads(out)["ref"], json.loads(out)["unchanged"]) == ("data:-x@v1", True)
    code, _, err = _mlops("$frame", "--name", "x")
    assert (code, "notebook" in err) == (2, True)
    code, _, err = _mlops("no*")
    assert (code, "nothing matches" in err) == (4, True)


def test_a_link_out_of_the_workspace_says_where_it_leads(cells, workspace, tmp_path):
    (tmp_path / "outside.csv").write_text("secret")
    (workspace.root / "link.csv").symlink_to(tmp_path / "outside.csv")
    with pytest.raises(BadInput, match=r"link.csv leads to .*outside.csv, which is outside"):
        cells.run("%mlops data snapshot link.csv")

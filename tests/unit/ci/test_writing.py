from __future__ import annotations

import pytest

from mlops_jupyter import ci
from mlops_jupyter.errors import Conflict, GateFailed
from tests.stock import make_remote


@pytest.fixture
def kept(workspace, tmp_path):
    make_remote(workspace.root, tmp_path / "remote")
    (workspace.root / "dvc.yaml").write_text("stages: {}\n")
    return workspace


@pytest.mark.parametrize(
    ("verb", "path"), [(ci.github, ".github/workflows/mlops.yml"), (ci.jenkins, "Jenkinsfile")]
)
def test_written_once_and_checked(kept, verb, path):
    with pytest.raises(GateFailed, match="not there") as caught:
        verb(kept, check=True)
    assert caught.value.result.state == "missing"
    assert not (kept.root / path).exists()
    assert (verb(kept).state, verb(kept).path) == ("written", path)
    assert verb(kept).state == "unchanged"
    assert verb(kept, check=True).state == "unchanged"


def test_a_file_that_has_fallen_behind_is_shown(kept):
    ci.github(kept)
    path = kept.root / ".github/workflows/mlops.yml"
    path.write_text(path.read_text().replace("timeout-minutes: 60", "timeout-minutes: 61"))
    with pytest.raises(GateFailed, match="fallen behind") as caught:
        ci.github(kept, check=True)
    shown = caught.value.result.to_text()
    assert "-    timeout-minutes: 61" in shown
    assert "+    timeout-minutes: 60" in shown
    assert "timeout-minutes: 61" in path.read_text()
    assert ci.github(kept).state == "written"


def test_a_file_of_somebody_else_is_left_alone(kept):
    (kept.root / "Jenkinsfile").write_text("pipeline {}\n")
    with pytest.raises(Conflict, match="not written by"):
        ci.jenkins(kept)
    assert (kept.root / "Jenkinsfile").read_text() == "pipeline {}\n"
    assert ci.jenkins(kept, output="ci/Jenkinsfile").path == "ci/Jenkinsfile"

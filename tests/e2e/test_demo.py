"""``mlops demo``: the example, laid out and run."""

import subprocess

import pytest

import mlops_jupyter as mlops
from mlops_jupyter.errors import Conflict
from mlops_jupyter.project.records import Demo


def files(root) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not {".git", ".mlops", ".dvc"} & set(path.parts)
    }


def test_it_lays_out_a_workspace_with_a_commit_and_a_second_time_leaves_it(tmp_path):
    root = tmp_path / "late flights"
    first = mlops.demo(root, no_run=True)
    assert first.run is None
    before = files(root)
    assert {"mlops.toml", "data/flights.parquet", "notebooks/01_flights.ipynb"} <= set(before)
    (root / "notebooks" / "01_flights.ipynb").write_text("{}")
    mlops.demo(root, no_run=True)
    assert files(root) == {**before, "notebooks/01_flights.ipynb": b"{}"}
    status = subprocess.run(
        ["git", "log", "--format=%s"], cwd=root, capture_output=True, text=True, check=True
    )
    assert status.stdout == "The flights example\n"


def test_inside_another_repository_it_has_one_of_its_own(tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    mlops.demo(tmp_path / "demo", no_run=True)
    assert (tmp_path / "demo" / ".git").is_dir()


def test_a_folder_with_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(Conflict, match="not empty"):
        mlops.demo(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_it_says_in_a_dozen_lines_what_happened_and_what_to_open(tmp_path):
    made = mlops.demo(tmp_path / "flights")
    text = made.to_text()
    assert len(text.splitlines()) <= 16
    for word in ("data:flights@v1, 336,776 rows", "test_auc", "drift", "jupyter lab", "forest"):
        assert word in text, word
    assert Demo.from_dict(made.to_dict()) == made
    assert (tmp_path / "flights" / "executed" / "01_flights.ipynb").is_file()
    assert mlops.status(mlops.Workspace.find(tmp_path / "flights")).code.changed == []
    assert "<script" not in made.to_html()

"""A stage's section of params.yaml, as `mlops run` reads it."""

import pytest

from mlops_jupyter.errors import BadInput, NotFound
from mlops_jupyter.notebooks.parameter_files import read

TEXT = "train:\n  depth: 3\n01-other:\n  rate: 1e-3\nempty:\nnumber: 4\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text(TEXT)
    return path


@pytest.mark.parametrize(
    ("section", "values"),
    [("train", {"depth": 3}), ("01-other", {"rate": 0.001}), ("empty", {})],
)
def test_a_section_holds_the_values_of_one_stage(file, section, values):
    assert read(f"{file}:{section}").values == values


def test_a_section_that_is_not_there_is_told(file):
    with pytest.raises(NotFound, match=r"params\.yaml has no part 'test'"):
        read(f"{file}:test")


def test_a_value_is_no_section(file):
    with pytest.raises(BadInput, match="holds a int"):
        read(f"{file}:number")


def test_a_file_may_have_a_colon_in_its_name(tmp_path):
    (tmp_path / "a:b").write_text("x: 1\n")
    assert read(tmp_path / "a:b").values == {"x": 1}

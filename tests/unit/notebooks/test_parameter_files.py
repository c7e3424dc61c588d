"""Parameters from files."""

import datetime

import pytest

from mlops_jupyter.errors import BadInput, NotFound
from mlops_jupyter.notebooks.parameter_files import read


def file(tmp_path, text, name="p.yaml"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_values_keep_their_types(tmp_path):
    found = read(
        file(
            tmp_path,
            "n: 3\nrate: 1e-3\nwhole: 2.0\non_: yes\nflag: true\nday: 2013-01-31\nid: '007'\n"
            "none: null\nnames: [航班, b]\nopts: {a: 1}\n",
        )
    ).values
    assert found == {
        "n": 3,
        "rate": 0.001,
        "whole": 2.0,
        "on_": "yes",
        "flag": True,
        "day": datetime.date(2013, 1, 31),
        "id": "007",
        "none": None,
        "names": ["航班", "b"],
        "opts": {"a": 1},
    }
    assert [type(found[name]) for name in ("n", "rate", "whole", "flag")] == [
        int, float, float, bool,
    ]  # fmt: skip


def test_json_is_read_as_json(tmp_path):
    found = read(file(tmp_path, '{"n": 3, "rate": 1.0, "x": "yes"}', "p.json")).values
    assert found == {"n": 3, "rate": 1.0, "x": "yes"}
    assert type(found["rate"]) is float


def test_a_name_knows_its_line(tmp_path):
    path = file(tmp_path, "# ours\n\nn: 3\n\nm:\n  - 1\n")
    found = read(path)
    assert found.lines == {"n": 3, "m": 5}
    assert found.place("m") == f"{path}, line 5"


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n"])
def test_an_empty_file_sets_nothing(tmp_path, text):
    assert read(file(tmp_path, text)).values == {}


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path):
    assert read(file(tmp_path, b"\xef\xbb\xbfn: 1\n")).values == {"n": 1}


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("p.yaml", "n: 1\nm: [1, 2\n", r"p\.yaml, line 3: not YAML"),
        ("p.yaml", "n: 1\nn: 2\n", r"p\.yaml, line 2: not YAML: found duplicate key"),
        ("p.yaml", "- 1\n- 2\n", "holds a list"),
        ("p.yaml", "just words\n", "holds a str"),
        ("p.yaml", "n: 1\n3: 4\n", "3 is no name"),
        ("p.yaml", "n: 1\nmy name: 4\n", r"line 2: 'my name' is no name"),
        ("p.yaml", "n: !!python/object/apply:os.system ['true']\n", "line 1: not YAML"),
        ("p.yaml", "n: 1\n---\nm: 2\n", "not YAML"),
        ("p.yaml", "n: 2013-02-31\n", "not YAML"),
        ("p.yaml", b"n: \xff\n", "UTF-8"),
        ("p.json", '{\n"n": 1,\n}', r"p\.json, line \d: not JSON"),
        ("p.json", '{"n": 1, "n": 2}', "has 'n' twice"),
        ("p.json", "[1]", "holds a list"),
        ("p.json", "[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_refused_says_where(tmp_path, name, text, says):
    with pytest.raises(BadInput, match=says):
        read(file(tmp_path, text, name))


def test_a_few_lines_that_stand_for_too_many_values_are_refused(tmp_path):
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(BadInput, match="more than 100,000 values"):
        read(file(tmp_path, "\n".join(lines)))
    with pytest.raises(BadInput, match="more than 100,000 values"):
        read(file(tmp_path, "n: &n [*n]\n"))


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(NotFound, match="no parameter file"):
        read(tmp_path / "nothing.yaml")
    with pytest.raises(BadInput, match="cannot be read"):
        read(tmp_path)
    with pytest.raises(BadInput, match="larger than 1 MB"):
        read(file(tmp_path, b"n: 1\n" + b"#" * 1_000_001))

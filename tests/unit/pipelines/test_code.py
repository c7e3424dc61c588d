"""What a notebook's code says that it reads, writes and imports."""

import pytest

from mlops_jupyter.notebooks import source
from mlops_jupyter.pipelines.code import of_notebook


@pytest.fixture
def said(workspace, write):
    def read(*cells, parameters=None, values=None):
        path = write(workspace.root / "notebooks" / "n.ipynb", *cells, parameters=parameters)
        found = of_notebook(source.read(workspace, path), values or {})
        root = f"{workspace.root}/"
        for name in ("reads", "writes", "modules"):
            setattr(found, name, [path.removeprefix(root) for path in getattr(found, name)])
        return found

    return read


@pytest.mark.parametrize(
    ("code", "reads"),
    [
        ("pd.read_csv('../data/a.csv')", ["data/a.csv"]),
        ("pd.read_parquet(path='a.parquet')", ["notebooks/a.parquet"]),
        ("d = Path('..') / 'data'\npd.read_csv(d / 'a.csv')", ["data/a.csv"]),
        ("name = 'a'\npd.read_csv(f'../{name}.csv')", ["a.csv"]),
        ("with open('a.txt') as f: pass", ["notebooks/a.txt"]),
        ("Path('a.txt').read_text()", ["notebooks/a.txt"]),
        ("Path('a.txt').open()", ["notebooks/a.txt"]),
        ("joblib.load('m.joblib')", ["notebooks/m.joblib"]),
        ("df.to_csv(index=False)", []),
        ("pd.read_csv('https://x.org/a.csv')", []),
        ("pd.read_csv(unknown)", []),
        ("load_dataset('iris')", []),
        ("%%bash\ncat x.csv", []),
        ("this is no Python", []),
    ],
)  # fmt: skip
def test_what_is_read(said, code, reads):
    found = said(code)
    assert (found.reads, found.writes) == (reads, [])


@pytest.mark.parametrize(
    ("code", "writes"),
    [
        ("df.to_csv('../data/a.csv', index=False)", ["data/a.csv"]),
        ("joblib.dump(model, 'm.joblib')", ["notebooks/m.joblib"]),
        ("open('a.txt', 'w')", ["notebooks/a.txt"]),
        ("open('a.txt', mode='ab')", ["notebooks/a.txt"]),
        ("Path('a.txt').open('w')", ["notebooks/a.txt"]),
        ("Path('a.txt').write_text('x')", ["notebooks/a.txt"]),
        ("fig.savefig('../pictures/a.png')", ["pictures/a.png"]),
    ],
)
def test_what_is_written(said, code, writes):
    found = said(code)
    assert (found.reads, found.writes) == ([], writes)


def test_paths_that_are_parameters_are_those_of_the_stage(said):
    code = "pd.read_csv(data)"
    assert said(code, parameters="data: str = 'a.csv'").reads == ["notebooks/a.csv"]
    assert said(code, parameters="data = 'a.csv'", values={"data": "b.csv"}).reads == [
        "notebooks/b.csv"
    ]


def test_defaults_are_what_is_literal(said):
    code = "n: int = 3\nnames = ['a']\nnow = datetime.now()\nx = -1.5"
    assert said(parameters=code).defaults == {"n": 3, "names": ["a"], "x": -1.5}


def test_local_modules_are_found_with_what_they_import(said, workspace):
    folder = workspace.root / "notebooks"
    (folder / "pack").mkdir(parents=True)
    for name, code in {
        "helper.py": "import other\nimport pandas",
        "other.py": "",
        "unused.py": "",
        "pack/__init__.py": "",
        "pack/inner.py": "from . import near\nfrom .far import x",
        "pack/near.py": "",
        "pack/far.py": "def broken(:",
        "pack/unused.py": "",
    }.items():
        (folder / name).write_text(code)
    found = said("import helper, json\nfrom pack.inner import y").modules
    names = {path.removeprefix("notebooks/") for path in found}
    assert names == {
        "helper.py", "other.py", "pack/__init__.py", "pack/inner.py", "pack/near.py", "pack/far.py",
    }  # fmt: skip

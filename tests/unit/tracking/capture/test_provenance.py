"""Which earlier cells a cell builds on."""

import json

import pytest

import mlops_jupyter
from mlops_jupyter.tracking.capture.cell_names import names_of
from mlops_jupyter.tracking.capture.provenance import Provenance

# What names of packages stand for in these notebooks.
NAMES = {"json": json, "pd": json, "READ": json.loads}


def reached(*cells: str, failed: tuple[int, ...] = ()) -> set[int]:
    """Return the cells, numbered from 1, that read and reach the last one; ``READ`` is a read."""
    provenance = Provenance(NAMES)
    reading = set()
    for number, source in enumerate(cells, 1):
        provenance.begin(source)
        if "READ" in source:
            provenance.note_read()
            reading.add(number)
        if number in failed:
            provenance.note_failure()
    return {number for number in reading if provenance.reaches_here(number)}


def test_one_table_read_at_the_top_and_trained_on_many_times():
    top = ("import pandas as pd", "df = pd.READ('a')", "X = df.drop(columns='y')\ny = df.y")
    assert reached(*top, "model.fit(X, y)") == {2}
    assert reached(*top, "model.fit(X, y)", "other.fit(X, y)") == {2}


def test_what_no_name_leads_to_is_not_reached():
    assert reached("train = READ()", "other = READ()", "fit(train)") == {1}
    assert reached("train = READ()", "other = READ()", "both = train + other", "fit(both)") == {
        1,
        2,
    }


def test_a_new_value_forgets_the_old_one():
    assert reached("df = READ()", "df = READ()", "fit(df)") == {2}
    assert reached("df = READ()", "df = df.merge(READ())", "fit(df)") == {1, 2}
    assert reached("df = READ()", "if stale:\n    df = READ()", "fit(df)") == {1, 2}
    assert reached("df = READ()", "df = READ()", "fit(df)", failed=(2,)) == {1, 2}


def test_what_a_cell_uses_after_it_has_made_it_anew_is_not_the_old_one():
    old = ("def fit(x):\n    return x, 1", "model, auc = fit(READ())", "x = READ()")
    assert reached(*old, "model, auc = fit(x)\nprint(auc)") == {3}
    assert reached(*old, "print(auc)\nmodel, auc = fit(x)") == {2, 3}
    assert reached(*old, "if x.any():\n    auc = fit(x)\nprint(auc)") == {2, 3}


def test_what_a_cell_changes_in_place_is_reached():
    assert reached("df = READ()", "df['more'] = READ()", "fit(df)") == {1, 2}
    assert reached("rows = []", "rows.append(READ())", "fit(rows)") == {2}


def test_functions_use_what_they_name_when_they_are_called():
    cells = ("def prepare():\n    return df.dropna()", "df = READ()", "fit(prepare())")
    assert reached(*cells) == {2}
    loader = "def load(path):\n    return READ(path)"
    assert reached(loader, "a = load(1) # READ", "b = load(2) # READ", "fit(b)") == {3}
    assert reached("f = lambda: df", "df = READ()", "del f", "fit(df)") == {2}
    assert reached("df = READ()", "def f():\n    df = 1", "fit(df)") == {1}


@pytest.mark.parametrize(
    ("function", "found"),
    [
        ("def fit(x):\n    model = make(x)\n    return model", {2}),
        ("def fit(x, *model):\n    return model", {2}),
        ("def fit(x):\n    return model.update(x)", {1, 2}),
        ("def fit(x):\n    global model\n    model = model.update(x)", {1, 2}),
        ("def fit(x, y=model):\n    model = y", {1, 2}),
        ("def fit(x):\n    return [model for model in x] + [model]", {1, 2}),
    ],
)
def test_what_is_a_functions_own_is_no_variable_of_the_notebook(function, found):
    cells = ("model = READ()", "x = READ()", function, "fit(x)")
    assert reached(*cells) == found


def test_this_package_leads_nowhere_wherever_it_lies():
    provenance = Provenance({"mlops": mlops_jupyter})
    provenance.begin("mlops.log({'x': READ})")
    provenance.note_read()
    provenance.begin("mlops.log({'x': 1})")
    assert not provenance.reaches_here(1)


def test_names_of_packages_lead_nowhere_but_those_of_own_modules_do(tmp_path, monkeypatch):
    cells = ("import json", "json.READ()", "other = json.x", "fit(json, other)")
    assert reached(*cells) == set()
    (tmp_path / "mlops_own_module.py").write_text("state = {}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(NAMES, "own", __import__("mlops_own_module"))
    assert reached("import mlops_own_module as own", "own.READ()", "own.train()") == {2}


def test_a_cell_that_does_not_tell_touches_everything():
    for blind in ("exec(text)", "%run other.py", "from own import *", "x = (", "_.fit()"):
        assert reached("df = READ()", blind) == {1}, blind
    assert reached("df = READ()", "exec(text) # READ", "fit(z)") == {1, 2}


def test_magics_that_tell():
    assert reached("%%time\ndf = READ()", "%timeit -n 3 fit(df)") == {1}
    assert reached("df = READ()", "!ls\n%matplotlib inline\nx = !ls\nfit(other)") == set()
    assert reached("df = READ()", "%%bash\necho df", "fit(other)") == set()
    assert reached("df = READ()", "%%mlops track trees\nfit(df)") == {1}


def test_before_the_first_cell_and_in_a_script_everything_counts():
    provenance = Provenance(NAMES)
    assert provenance.reaches_here(0)
    provenance.begin("fit(x)")
    assert provenance.reaches_here(0)


def test_memory_stays_bounded_over_many_cells():
    provenance = Provenance(NAMES)
    for number in range(2000):
        provenance.begin(f"x{number % 5} = READ()")
        provenance.note_read()
    assert provenance.reaches_here(2000)
    assert len(provenance._pending) < 300
    assert sum(map(len, provenance._reached.values())) < 10


@pytest.mark.parametrize(
    "source, bound, used",
    [
        ("a, *b = c", {"a", "b"}, {"c"}),
        ("for i in rows: total += i", {"i", "total"}, {"rows", "total", "i"}),
        ("with open(p) as f: data = f.read()", {"f", "data"}, {"p", "f"}),
        ("x = [df for df in frames]", {"x"}, {"df", "frames"}),
        ("x = await fetch(y)", {"x"}, {"fetch", "y"}),
        ("df.a.b[c] = d", set(), {"df", "c", "d"}),
        ("%time x = y", {"x"}, {"y"}),
    ],
)
def test_names(source, bound, used):
    names = names_of(source)
    assert (names.bound, names.used) == (bound, used)

"""Models that would come out otherwise today: newer data, changed files, changed code."""

import json
import subprocess
import sys
import time

import pandas as pd
import pytest

import mlops_jupyter as mlops
from mlops_jupyter.errors import UsageError
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.store.opening import client
from tests.shells import Cells

NOTEBOOK = "train.ipynb"
READ = """import pandas as pd
from features import add
from sklearn.tree import DecisionTreeClassifier"""
TRAIN = """%%mlops track flights --name tree
frame = add(pd.read_csv("data/flights.csv"))
model = DecisionTreeClassifier(max_depth=2).fit(frame[["hour", "rush"]], frame["late"])"""
FEATURES = 'def add(frame):\n    return frame.assign(rush=frame["hour"] > 16)\n'


def write_data(path, changed=0):
    hours = [hour % 24 for hour in range(200)]
    late = [int(hour > 17) for hour in hours]
    late[:changed] = [1] * changed
    path.parent.mkdir(exist_ok=True)
    pd.DataFrame({"hour": hours, "late": late}).to_csv(path, index=False)


def save_notebook(path, *sources):
    cells = [
        {
            "cell_type": "code", "id": f"c{number}", "metadata": {}, "outputs": [],
            "execution_count": None, "source": source.splitlines(keepends=True),
        }
        for number, source in enumerate(sources)
    ]  # fmt: skip
    path.write_text(
        json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    )


def git(folder, *words):
    identity = ("-c", "user.name=me", "-c", "user.email=me@example.org")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def trained(workspace, monkeypatch):
    """A workspace in which a cell of a notebook has trained on a version of data."""
    root = workspace.root
    write_data(root / "data" / "flights.csv")
    (root / "features.py").write_text(FEATURES)
    save_notebook(root / NOTEBOOK, READ, TRAIN)
    git(root, "add", "features.py", NOTEBOOK)
    git(root, "commit", "-q", "-m", "features")
    mlops.data.snapshot(workspace, "data/flights.csv")
    monkeypatch.setenv("MLOPS_NOTEBOOK", str(root / NOTEBOOK))
    monkeypatch.syspath_prepend(str(root))
    monkeypatch.delitem(sys.modules, "features", raising=False)
    cells = Cells()
    cells.run("%load_ext mlops_jupyter")
    cells.run(READ)
    cells.run(TRAIN)
    time.sleep(0.06)  # what is written later has a later time
    yield workspace
    cells.close()
    sys.modules.pop("features", None)


def stale_of(workspace):
    (run,) = mlops.runs(workspace).runs
    assert run.stale is not None
    return [(reason.what, reason.said) for reason in run.stale.reasons]


def test_a_model_is_fresh_until_something_it_came_from_changes(trained):
    assert stale_of(trained) == []
    root = trained.root
    (root / "other.py").write_text("x = 1\n")
    git(root, "add", "other.py")
    git(root, "commit", "-q", "-m", "elsewhere")
    save_notebook(root / NOTEBOOK, "# a new first cell", READ, f"{TRAIN}\n\n")
    assert stale_of(trained) == [], "a commit elsewhere and other cells change no model"
    (run,) = mlops.runs(trained).runs
    assert run.stale.unknown == []
    assert "stale" not in mlops.runs(trained).to_text()


def test_data_that_goes_on_is_told_with_its_message(trained):
    root = trained.root
    flights = root / "data" / "flights.csv"
    original = flights.read_bytes()
    write_data(flights, changed=7)
    weaker = [("file", "data/flights.csv has changed since")]
    assert stale_of(trained) == weaker
    mlops.data.snapshot(trained, flights, message="late\ncorrection")
    newer = "data:flights@v1 has a newer version v2 (late correction)"
    assert stale_of(trained) == [("data", newer)]
    flights.write_bytes(original)
    assert stale_of(trained) == [("data", newer)], "an old file in its place is no new version"
    mlops.data.snapshot(trained, flights, message="back")
    assert stale_of(trained) == [], "the newest version has the content it was trained on"
    flights.unlink()
    assert stale_of(trained) == [], "a file that is gone is no other file"


def test_code_that_changes_is_told_by_name_whether_committed_or_not(trained):
    root = trained.root
    (root / "features.py").write_text(FEATURES.replace("16", "15"))
    module = ("code", "features.py has changed since")
    assert stale_of(trained) == [module]
    git(root, "commit", "-q", "-a", "-m", "other rush hours")
    assert stale_of(trained) == [module]
    save_notebook(root / NOTEBOOK, READ, TRAIN.replace("=2", "=3"))
    cell = ("code", "train.ipynb: the cell that trained has changed since")
    assert stale_of(trained) == [cell, module]
    git(root, "checkout", "-q", "HEAD~1", "--", ".")
    time.sleep(0.06)
    assert stale_of(trained) == [], "the code is back"


def test_every_face_tells_it(trained):
    root = trained.root
    write_data(root / "data" / "flights.csv", changed=7)
    mlops.data.snapshot(trained, root / "data" / "flights.csv", message="<b>corrected</b>")
    (root / "features.py").write_text(FEATURES + "\n# changed\n")
    listed = mlops.runs(trained)
    (line,) = [line for line in listed.to_text().splitlines() if line.startswith("tree")]
    assert "data, code" in line
    assert "\n(stale: tree: features.py has changed since)" in listed.to_text()
    html = listed.to_html()
    assert "(&lt;b&gt;corrected&lt;/b&gt;); features.py has changed since" in html
    assert "<b>corrected" not in html
    shown = mlops.show(trained, "tree")
    assert "newer version v2" in shown.to_text()
    assert "stale: data, code" in shown.to_html()
    status = mlops.status(trained)
    assert status.newer_data == ["data:flights@v2"]
    assert "features.py has changed since" in status.to_text()
    done = subprocess.run(
        [sys.executable, "-m", "mlops_jupyter", "runs", "--json", "--where", "stale = code"],
        capture_output=True, text=True, check=True, cwd=root,
    )  # fmt: skip
    (run,) = json.loads(done.stdout)["runs"]
    assert [reason["what"] for reason in run["stale"]["reasons"]] == ["data", "code"]


def test_runs_are_found_by_it(trained):
    with mlops.track("flights", name="kept apart", workspace=trained):
        mlops.log({"x": 1})
    assert mlops.runs(trained, where="stale").runs == []
    assert [run.name for run in mlops.runs(trained, where="not stale and model is not null").runs]
    write_data(trained.root / "data" / "flights.csv", changed=3)
    for where in ("stale", "stale = file", "stale is not null and status = FINISHED"):
        assert [run.name for run in mlops.runs(trained, where=where).runs] == ["tree"], where
    assert mlops.runs(trained, where="stale = code or stale = data").runs == []
    assert [run.name for run in mlops.runs(trained, where="stale != code").runs] == ["tree"]
    assert mlops.runs(trained, where="stale != file").runs == []
    with pytest.raises(UsageError, match="data, file, code"):
        mlops.runs(trained, where="stale = yes")


def test_two_models_are_compared_with_what_is_stale(trained):
    from sklearn.tree import DecisionTreeClassifier

    mlops.data.snapshot(trained, "data/flights.csv")
    write_data(trained.root / "data" / "flights.csv", changed=9)
    mlops.data.snapshot(trained, "data/flights.csv", message="corrected")
    with mlops.track("flights", name="fresh", workspace=trained):
        frame = pd.read_csv("data/flights.csv")
        DecisionTreeClassifier().fit(frame[["hour"]], frame["late"])
    found = mlops.compare(trained, ["tree", "fresh"])
    told = "stale: tree: data:flights@v1 has a newer version v2 (corrected)"
    assert told in found.to_text()
    assert told in found.to_html()
    assert [run.stale.short for run in found.runs] == ["data", ""]


def test_what_cannot_be_looked_at_breaks_no_list(trained):
    (trained.root / NOTEBOOK).write_text("{no notebook")
    (trained.root / ".git" / "HEAD").write_text("nonsense")
    (run,) = mlops.runs(trained).runs
    assert run.stale.reasons == []
    assert f"{NOTEBOOK}: it cannot be read" in run.stale.unknown


def test_an_edit_after_the_import_is_told(workspace, monkeypatch):
    """The notebook says one thing, the kernel still holds the other."""
    root = workspace.root
    write_data(root / "data" / "flights.csv")
    (root / "features.py").write_text(FEATURES)
    monkeypatch.syspath_prepend(str(root))
    monkeypatch.delitem(sys.modules, "features", raising=False)
    cells = Cells()
    try:
        cells.run("%load_ext mlops_jupyter")
        cells.run(READ)
        cells.run(TRAIN)
        (root / "features.py").write_text(FEATURES.replace("16", "9"))
        cells.run(TRAIN)
        after, before = mlops.runs(workspace).runs
        assert after.stale.said == "features.py was edited after it was imported"
        assert before.stale.said == "features.py has changed since"
    finally:
        cells.close()
        sys.modules.pop("features", None)


def test_a_script_is_code_too_and_secrets_leave_no_digest(workspace):
    root = workspace.root
    (root / "lib").mkdir()
    (root / "lib" / "odd.py").write_text('password = "correct-horse-battery"\n')
    script = root / "train.py"
    script.write_text(
        "import sys\n"
        "import mlops_jupyter as mlops\n"
        "sys.path.insert(0, 'lib')\n"
        "import odd\n"
        "from sklearn.tree import DecisionTreeClassifier\n"
        "with mlops.track('flights', name='by script'):\n"
        "    DecisionTreeClassifier().fit([[1], [2]], [0, 1])\n"
    )
    subprocess.run([sys.executable, str(script)], check=True, capture_output=True, cwd=root)
    assert stale_of(workspace) == []
    (run,) = mlops.runs(workspace).runs
    assert run.stale.unknown == ["code: 1 of its files left no digest"]
    script.write_text(script.read_text() + "# changed\n")
    assert stale_of(workspace) == [("code", "train.py has changed since")]


def sources_of(workspace, name):
    (found,) = client(workspace).search_runs(
        [each.experiment_id for each in client(workspace).search_experiments()],
        f"attributes.run_name = '{name}'",
    )
    return json.loads(found.data.tags.get(tags.SOURCES, "{}"))


def test_a_cell_with_a_secret_leaves_no_digest_but_a_committed_module_does(workspace, monkeypatch):
    """Its commit tells the module as well; a digest of the cell would let guesses be tried out."""
    root = workspace.root
    (root / "odd_settings.py").write_text('password = "correct-horse-battery"\n')
    git(root, "add", "odd_settings.py")
    git(root, "commit", "-q", "-m", "as it should not be")
    monkeypatch.syspath_prepend(str(root))
    cells = Cells()
    try:
        cells.run("%load_ext mlops_jupyter")
        cells.run("import odd_settings\nfrom sklearn.tree import DecisionTreeClassifier")
        fit = "DecisionTreeClassifier().fit([[1], [2]], [0, 1])"
        cells.run(f"%%mlops track flights --name plain\n{fit}")
        cells.run(f'%%mlops track flights --name secret\ntoken = "ghp_{"x7Kq" * 9}"\n{fit}')
    finally:
        cells.close()
        sys.modules.pop("odd_settings", None)
    plain, secret = (sources_of(workspace, name) for name in ("plain", "secret"))
    assert set(plain) == {"cell", "modules"}
    assert set(plain["modules"]) == {"odd_settings.py"}
    assert set(secret) == {"modules", "left_out"}
    assert secret["modules"] == plain["modules"]
    assert secret["left_out"] == 1


@pytest.mark.parametrize("how", ["no source", "privacy"])
def test_code_that_is_kept_back_leaves_no_digest(workspace, how):
    if how == "privacy":
        settings = workspace.root / "mlops.toml"
        settings.write_text('schema = 1\n[privacy]\nsource = "never"\n')
    cells = Cells()
    try:
        cells.run("%load_ext mlops_jupyter")
        cells.run(f"%mlops track flights{' --no-source' if how == 'no source' else ''}")
        cells.run("from sklearn.tree import DecisionTreeClassifier as Tree")
        cells.run("Tree().fit([[1], [2]], [0, 1])")
    finally:
        cells.close()
    (run,) = mlops.runs(workspace).runs
    assert run.model == "DecisionTreeClassifier"
    assert sources_of(workspace, run.name) == {}


def test_in_the_users_own_run_it_is_told_too(trained):
    cells = Cells()
    try:
        cells.run("%load_ext mlops_jupyter")
        cells.run(f"{READ}\nimport mlflow")
        own = TRAIN.partition("\n")[2].replace("\n", "\n    ")
        cells.run(f"%%mlops track flights\nwith mlflow.start_run(run_name='mine'):\n    {own}")
    finally:
        cells.close()
    assert set(sources_of(trained, "mine")["modules"]) == {"features.py"}
    (trained.root / "features.py").write_text(FEATURES.replace("16", "15"))
    told = {run.name: run.stale and run.stale.short for run in mlops.runs(trained).runs}
    assert told["mine"] == "code"


def test_the_runs_inside_a_run_are_judged(trained):
    from sklearn.tree import DecisionTreeClassifier

    with mlops.track("flights", name="two", workspace=trained):
        frame = pd.read_csv("data/flights.csv")
        for depth in (1, 2):
            DecisionTreeClassifier(max_depth=depth).fit(frame[["hour"]], frame["late"])
    write_data(trained.root / "data" / "flights.csv", changed=3)
    listed = [run for run in mlops.runs(trained).runs if run.model]
    assert len(listed) == 3
    assert {run.stale.short for run in listed} == {"file"}

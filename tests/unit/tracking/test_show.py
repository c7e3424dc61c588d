"""``show`` and its page: what made a run, and nothing that others wrote breaks or enters it."""

import json
import re
import threading
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric

import mlops_jupyter as mlops
from mlops_jupyter.errors import BadInput, Conflict
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.history.run_files import Files
from mlops_jupyter.tracking.run_parts import Artifact
from mlops_jupyter.tracking.run_record import Run

HOSTILE = "<img src=x onerror=alert(1)>"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02"
    "0000000b4944415478da6364600000000600023081d02f0000000049454e44ae426082"
)


@pytest.fixture
def client(workspace):
    return MlflowClient(tracking_uri=workspace.store.uri)


@pytest.fixture
def run_id(client):
    return client.create_run("0", run_name="net").info.run_id


class Tags(HTMLParser):
    """What a browser would see of a page."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def settle(workspace, line):
    """Write a line of ``[privacy]``."""
    file = workspace.root / "mlops.toml"
    before = file.read_text().partition("[privacy]")[0]
    file.write_text(f"{before}[privacy]\n{line}\n")


def check_harmless(page):
    for tag, attributes in Tags(page).found:
        assert tag not in {"script", "iframe", "object", "embed", "link", "base", "form"}
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
        for name in ("src", "href"):
            assert attributes.get(name, "data:").startswith("data:"), (tag, attributes)


def curve(client, run_id, name, values):
    metrics = [Metric(name, value, 1000 * i, i) for i, value in enumerate(values)]
    client.log_batch(run_id, metrics=metrics)


def test_it_tells_what_made_a_run(workspace, client, run_id):
    code = {"commit": "c0ffee" * 6, "branch": "main", "changed": ["train.py"]}
    code |= {"remote": "https://me:secret@git.example/x", "modules": [{"name": "helpers"}]}
    client.set_tag(run_id, tags.CODE, json.dumps(code))
    client.set_tag(run_id, "team", "blue")
    client.log_text(run_id, "fit()\n", "code/cell.py")
    client.log_text(run_id, "numpy==2.1\npandas==2.3  # pinned\n", "environment/requirements.txt")
    client.log_text(run_id, "{}", "notebook/train.ipynb")
    client.log_text(run_id, "{}", "journal/journal.ipynb")
    client.log_text(run_id, "{}", "journal/outputs/0.json")
    client.log_inputs(
        run_id,
        [
            DatasetInput(
                Dataset("cars", "d1", "sql", '{"uri": "pg://me:pw@db/x"}', profile='{"size": 9}'),
                [InputTag("mlflow.data.context", "eval"), InputTag(tags.DATA, "data:cars@v2")],
            )
        ],
    )
    run = mlops.show(workspace, run_id)
    assert (run.code.cell, run.code.modules) == ("fit()\n", ["helpers"])
    assert run.code.remote == "https://***@git.example/x"
    assert run.code.notebook == "notebook/train.ipynb"
    assert run.code.journal == "journal/journal.ipynb"
    assert run.packages == {"numpy": "2.1", "pandas": "2.3"}
    wrote = [{"path": "model/out.csv", "size": 12, "digest": "ab"}, "odd"]
    client.set_tag(run_id, tags.OUTPUTS, json.dumps(wrote))
    assert [o.path for o in mlops.show(workspace, run_id).outputs] == ["model/out.csv"]
    (data,) = run.inputs
    assert (data.source, data.context, data.size) == ("pg://***@db/x", "eval", 9)
    assert [a.path for a in run.artifacts if "outputs" in a.path] == []
    text = run.to_text()
    for word in ("c0ffeec0f on main", "train.py", "helpers", "cars@v2", "team", "journal"):
        assert word in text
    assert "data:cars" not in text + run.to_html(), "it is said already that it is data"
    assert "secret" not in text + run.to_html()
    assert Run.from_dict(run.to_dict()) == run


def test_curves_of_one_kind_share_a_chart_and_single_values_have_none(workspace, client, run_id):
    curve(client, run_id, "train_loss", [3.0, 2.0, 1.0])
    curve(client, run_id, "val_loss", [3.0, 2.5, 2.0])
    curve(client, run_id, "lr", [float("nan")] * 3)
    client.log_metric(run_id, "auc", 0.7)
    (chart,) = mlops.show(workspace, run_id).charts
    assert chart.title == "loss"
    assert "train_loss: 3 points, 3 to 1" in chart.alt
    assert "val_loss: 3 points, 3 to 2" in chart.alt


def test_attempts_of_a_cell_are_listed_last_first(workspace, client):
    for number, auc in enumerate([0.6, 0.8, 0.7], 1):
        known = {tags.CELL: 'it\'s "a" cell', tags.ATTEMPT: str(number)}
        each = client.create_run("0", run_name=f"run {number}", tags=known).info.run_id
        client.log_metric(each, "auc", auc)
    client.create_run("0", tags={tags.CELL: "it_s _a_ cell", tags.ATTEMPT: "4"})
    run = mlops.show(workspace, "run 2")
    assert [(a.attempt, a.value) for a in run.attempts] == [(3, 0.7), (2, 0.8), (1, 0.6)]
    assert "2 of 3" in run.to_text()
    (chart,) = run.charts
    assert chart.alt == "auc of attempts: 1 · run 1 0.6, 2 · run 2 0.8, 3 · run 3 0.7"


def test_children_are_listed_with_the_best_and_drawn_across_what_they_differ_in(
    workspace, client, run_id
):
    for depth, loss in ((2, 0.9), (4, 0.3), (8, 0.5)):
        known = {tags.PARENT: run_id}
        child = client.create_run("0", run_name=f"depth {depth}", tags=known).info.run_id
        client.log_param(child, "depth", depth)
        client.log_param(child, "seed", 0)
        client.log_metric(child, "val_loss", loss)
    run = mlops.show(workspace, run_id)
    assert [c.name for c in run.children] == ["depth 2", "depth 4", "depth 8"]
    assert next(c.name for c in run.children if c.run_id == run.best_child) == "depth 4"
    assert [c.alt for c in run.charts] == [
        "val_loss of child runs: 3 runs across depth (2 to 8) and val_loss (0.3 to 0.9)"
    ]
    child = mlops.show(workspace, "depth 4")
    assert child.parent is not None
    assert child.parent.name == "net"


def test_thousands_of_artifacts_are_cut_and_it_is_said(workspace, client, run_id, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(250):
        (folder / f"{number}.txt").write_text("x")
    client.log_artifacts(run_id, str(folder), "many")
    client.log_text(run_id, "x", "on top.txt")
    run = mlops.show(workspace, run_id)
    assert len(run.artifacts) == 200
    assert run.artifacts[0].path == "on top.txt"
    assert "more than the 200 shown" in run.to_text()
    assert "… 160 more" in run.to_text()


def test_artifacts_that_cannot_be_read_leave_the_rest(workspace, client):
    experiment = client.create_experiment("elsewhere", artifact_location="gone://x")
    run_id = client.create_run(experiment, run_name="far").info.run_id
    client.log_metric(run_id, "auc", 0.7)
    run = mlops.show(workspace, run_id)
    assert run.summary.metrics == {"auc": 0.7}
    assert run.missing
    assert run.missing[0].startswith("artifacts: ")


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([HOSTILE, "\ud800", 10**400, "9" * 30, "1.5", -1]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "commit",
                    "branch",
                    "remote",
                    "changed",
                    "modules",
                    "python",
                    "uri",
                    "path",
                    "tags",
                    "num_rows",
                    "size",
                    "name",
                    "runnable",
                    "why",
                    "mlflow.source.name",
                ]
            )
            | st.text(max_size=5),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)
_JSON = _VALUES.map(json.dumps) | st.text(max_size=20) | st.sampled_from(["[" * 3000, HOSTILE])
_OURS = [tags.CODE, tags.ENVIRONMENT, tags.DATA, tags.JOURNAL, tags.ORDER, tags.ATTEMPT, tags.CELL]
_OURS += [
    tags.OUTPUTS,
    tags.MODEL,
    tags.ERROR,
    tags.NOTEBOOK,
    tags.MAIN_METRIC,
    tags.PARENT,
    tags.NOTE,
    tags.UID,
]


@pytest.mark.parametrize(
    "count", [12, pytest.param(300, marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_whatever_others_wrote_into_our_tags_is_shown_harmless(workspace, client, count):
    @settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.dictionaries(st.sampled_from(_OURS), _JSON, max_size=8),
        st.lists(st.tuples(_JSON, _JSON), max_size=2),
    )
    def check(values, datasets):
        storable = {key: _storable(value) for key, value in values.items()}
        run_id = client.create_run("0", run_name=HOSTILE, tags=storable).info.run_id
        client.log_inputs(
            run_id,
            [
                DatasetInput(
                    Dataset(HOSTILE, str(i), "x", _storable(source), profile=_storable(profile)), []
                )
                for i, (source, profile) in enumerate(datasets)
            ],
        )
        run = mlops.show(workspace, run_id, html="page.html")
        shown = run.model_copy(update={"page": None})
        assert Run.from_dict(json.loads(json.dumps(shown.to_dict()))) == shown
        check_harmless(shown.to_html())
        check_harmless((workspace.root / "page.html").read_text(encoding="utf-8"))
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", shown.to_text())

    check()


def _storable(text):
    """What an SQL store takes as text."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "")[:4900]


@pytest.mark.parametrize("inside", [True, False])
def test_a_file_that_a_store_put_outside_the_folder_asked_for_is_not_read(
    client, run_id, tmp_path, inside
):
    """A server names its files; one of this machine's must not get into a page by that."""
    secret = tmp_path / "secret"
    secret.write_bytes(b"mine")

    class Storage:
        def download_artifacts(self, path, folder):
            place = Path(folder) / path if inside else secret
            place.write_bytes(b"mine")
            return str(place)

    files = Files(client, client.get_run(run_id))
    files.__dict__["storage"] = Storage()
    assert files.read(Artifact(path="a.txt", size=4), 100) == (b"mine" if inside else None)


class TestPage:
    @pytest.fixture
    def rich(self, client, run_id, tmp_path):
        curve(client, run_id, "loss", [3.0, 2.0, 1.0])
        client.set_tag(run_id, tags.ERROR, f"Traceback\n  File 1\nValueError: {HOSTILE}")
        client.log_text(run_id, f"fit('''{HOSTILE}''')\n", "code/cell.py")
        (tmp_path / "dot.png").write_bytes(PIXEL)
        client.log_artifact(run_id, str(tmp_path / "dot.png"), "figures")
        (tmp_path / "big.png").write_bytes(PIXEL + bytes(700_000))
        client.log_artifact(run_id, str(tmp_path / "big.png"), "figures")
        cells = [
            {"cell_type": "code", "source": ["a = 1\n", "a"], "outputs": [OUTPUT], "metadata": {}},
            {"cell_type": "markdown", "source": HOSTILE, "metadata": {}},
        ]
        notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        client.log_text(run_id, json.dumps(notebook), "journal/journal.ipynb")
        return run_id

    def test_it_stands_alone(self, workspace, rich):
        result = mlops.show(workspace, rich, html=workspace.root / "page.html")
        page = (workspace.root / "page.html").read_text(encoding="utf-8")
        assert result.page == str(workspace.root / "page.html")
        assert result.to_text().startswith("wrote ")
        check_harmless(page)
        tags_ = Tags(page).found
        policy = next(a["content"] for t, a in tags_ if a.get("http-equiv"))
        assert policy.startswith("default-src 'none'; img-src data:;")
        assert sum(t == "img" for t, _ in tags_) == 2  # the chart and the small picture
        assert "pictures: 1 that are too large" in page
        assert "ValueError: &lt;img" in page
        assert "prefers-color-scheme: dark" in page
        assert '<span class="n">fit</span>' in page
        assert "just now" not in page, "it is read later than it is written"
        assert str(workspace.root) not in page

    def test_outputs_are_in_it_only_where_they_may_go_anywhere(self, workspace, rich):
        page = workspace.root / "page.html"
        mlops.show(workspace, rich, html=page)
        assert "ANNA, 37" not in page.read_text()
        assert "[privacy] in mlops.toml keeps them here" in page.read_text()
        settle(workspace, 'outputs = "always"')
        mlops.show(mlops.Workspace.find(workspace.root), rich, html=page)
        assert "ANNA, 37" in page.read_text()

    def test_source_is_not_in_it_where_it_may_not_leave(self, workspace, rich):
        settle(workspace, 'source = "local"')
        mlops.show(mlops.Workspace.find(workspace.root), rich, html="page.html")
        page = (workspace.root / "page.html").read_text()
        assert 'class="n">fit' not in page
        assert "source of cells: [privacy]" in page

    def test_it_overwrites_itself_and_nothing_else(self, workspace, rich, tmp_path):
        mlops.show(workspace, rich, html="page.html")
        assert mlops.show(workspace, rich, html="page.html").page == "page.html"
        (workspace.root / "other.html").write_text("<!DOCTYPE html><title>mine</title>")
        for there in ("other.html", "mlops.toml", "data", "."):
            if not (workspace.root / there).exists():
                (workspace.root / there).mkdir()
            with pytest.raises(Conflict, match="is there"):
                mlops.show(workspace, rich, html=there)
        (workspace.root / "broken").symlink_to(tmp_path / "nowhere")
        with pytest.raises(Conflict):
            mlops.show(workspace, rich, html="broken")
        with pytest.raises(BadInput, match="no folder"):
            mlops.show(workspace, rich, html="no/such/folder.html")
        assert "mine" in (workspace.root / "other.html").read_text()
        assert not list(workspace.root.glob("*.tmp"))

    def test_a_reader_meanwhile_sees_a_whole_page(self, workspace, rich):
        page = workspace.root / "page.html"
        mlops.show(workspace, rich, html=page)
        seen, done = set(), threading.Event()

        def read():
            while not done.is_set():
                seen.add(page.read_text()[-8:])

        reader = threading.Thread(target=read)
        reader.start()
        for _ in range(3):
            mlops.show(workspace, rich, html=page)
        done.set()
        reader.join()
        assert seen == {"</html>\n"}


OUTPUT = {"output_type": "stream", "name": "stdout", "text": ["ANNA, 37\n"]}


def test_the_error_is_told_by_its_kind_however_long_its_message_is(workspace, client, run_id):
    said = (
        "ValidationError: 1 error for Logged\nstep\n  Input should be an integer\n    see https://x"
    )
    traceback = f'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    g()\n{said}'
    client.set_tag(run_id, tags.ERROR, traceback)
    shown = mlops.show(workspace, run_id).to_text()
    assert "ValidationError: 1 error for Logged" in shown
    assert "see https" not in shown

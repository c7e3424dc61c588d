"""The routes in a running Jupyter server, over HTTP, against a real store."""

from __future__ import annotations

import asyncio
import inspect
import json
import shutil
import subprocess
import sys
import time

import pytest
from jupyter_core.utils import ensure_event_loop
from jupyter_server.serverapp import ServerApp
from tornado.httpclient import HTTPClientError

import mlops_jupyter as mlops
from mlops_jupyter import __version__
from mlops_jupyter.server import answers, routes
from mlops_jupyter.server.answers import Handshake
from mlops_jupyter.tracking.records import Runs
from mlops_jupyter.tracking.run_record import Run

pytest_plugins = ["pytest_jupyter.jupyter_server"]

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def jp_asyncio_loop():
    """A loop for each test, as pytest-jupyter has it."""
    loop = ensure_event_loop(prefer_selector_loop=True)
    yield loop
    loop.close()


@pytest.fixture
def jp_server_cleanup(jp_asyncio_loop):
    """Clean up as pytest-jupyter does; tests/conftest.py takes that from all other tests."""
    yield
    app = ServerApp.instance()
    jp_asyncio_loop.run_until_complete(app._cleanup())
    if hasattr(app, "kernel_manager"):  # not every test here starts a server
        app.kernel_manager.context.destroy()
    ServerApp.clear_instance()


@pytest.fixture
def jp_server_config():
    return {"ServerApp": {"jpserver_extensions": {"mlops_jupyter": True}}}


@pytest.fixture
def jp_root_dir(workspace):
    """The server is started in a folder below the workspace's root."""
    folder = workspace.root / "notebooks"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def helper(jp_serverapp):
    helper = jp_serverapp.web_app.settings["mlops_jupyter_helper"]
    yield helper
    helper.stop()


@pytest.fixture
def ask(jp_fetch, helper):
    """GET a route; returns status, headers and the JSON body."""

    async def get(*path, headers=None, **params):
        try:
            response = await jp_fetch(
                "mlops-jupyter", *path, params=params, headers=headers or {}, request_timeout=120
            )
        except HTTPClientError as error:
            response = error.response
        body = json.loads(response.body) if response.body else None
        return response.code, response.headers, body

    return get


@pytest.fixture
def client(workspace):
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=workspace.store.uri)


def make_run(client, name, experiment="flights", **tags):
    found = client.get_experiment_by_name(experiment)
    identity = found.experiment_id if found else client.create_experiment(experiment)
    run = client.create_run(identity, run_name=name, tags=tags)
    client.log_param(run.info.run_id, "trees", 50)
    client.log_metric(run.info.run_id, "auc", 0.75)
    client.set_terminated(run.info.run_id)
    return run.info.run_id


async def test_version_names_the_workspace_above_the_served_folder(ask, workspace):
    status, _, body = await ask("version")
    found = Handshake.from_dict(body)
    assert status == 200
    assert found.version == __version__
    assert found.workspace.root == str(workspace.root)
    assert found.workspace.embedded
    assert found.problem is None


async def test_runs_and_one_run(ask, client):
    first = make_run(client, "first")
    make_run(client, HOSTILE, experiment="other")
    status, _, body = await ask("runs")
    found = Runs.from_dict(body)
    assert status == 200
    assert [run.name for run in found.runs] == [HOSTILE, "first"]
    assert not found.more

    _, _, body = await ask("runs", experiment="flights")
    assert [run["name"] for run in body["runs"]] == ["first"]
    _, _, body = await ask("runs", limit="1")
    assert (len(body["runs"]), body["more"]) == (1, True)

    status, _, body = await ask("runs", first)
    run = Run.from_dict(body)
    assert status == 200
    assert run.summary.params == {"trees": "50"}
    assert run.summary.metrics == {"auc": 0.75}


async def test_nothing_is_asked_again_until_something_was_written(ask, client, helper):
    make_run(client, "first")
    _, headers, _ = await ask("runs")
    tag = {"If-None-Match": headers["ETag"]}
    before = helper.pid
    helper.stop()
    status, headers, body = await ask("runs", headers=tag)
    assert (status, body, headers["ETag"]) == (304, None, tag["If-None-Match"])
    assert not helper.running, "a 304 needs no helper"

    status, _, _ = await ask("runs", headers=tag, limit="7")
    assert status == 200, "another question has another tag"
    assert helper.running
    assert helper.pid != before

    make_run(client, "second")
    status, _, body = await ask("runs", headers=tag)
    assert status == 200
    assert [run["name"] for run in body["runs"]] == ["second", "first"]


async def test_a_new_version_of_data_and_a_changed_file_are_heard_of(
    ask, client, workspace, monkeypatch
):
    """Neither writes anything into the store."""
    file = workspace.root / "a.csv"
    file.write_text("a\n1\n")
    first = mlops.data.snapshot(workspace, file)
    known = {"mlops.model": "Forest", "mlops.data": json.dumps([first.ref])}
    make_run(client, "trained", **known)
    _, headers, body = await ask("runs")
    assert body["runs"][0]["stale"] == {"reasons": [], "unknown": []}
    await asyncio.sleep(
        0.06
    )  # of tags that were just written nobody can tell whether they change again
    _, headers, _ = await ask("runs")
    tag = {"If-None-Match": headers["ETag"]}
    assert (await ask("runs", headers=tag))[0] == 304

    file.write_text("a\n2\n")
    mlops.data.snapshot(workspace, file)
    status, headers, body = await ask("runs", headers=tag)
    assert status == 200
    (reason,) = body["runs"][0]["stale"]["reasons"]
    assert reason["said"] == "data:a@v1 has a newer version v2"

    await asyncio.sleep(0.06)
    _, headers, _ = await ask("runs")
    tag = {"If-None-Match": headers["ETag"]}
    assert (await ask("runs", headers=tag))[0] == 304
    monkeypatch.setattr(answers, "_SECONDS_OF_FILES", 0.0)
    assert (await ask("runs", headers=tag))[0] == 200, "files are looked at again in a while"


async def test_mistakes_get_their_status_and_say_what_to_do(ask, client):
    for limit in ("0", "1001", "-1", "ten", "1e2", "٣", "9" * 40):
        status, headers, body = await ask("runs", limit=limit)
        assert (status, body["error"]) == (400, "UsageError"), limit
        assert "1 to 1000" in body["hint"]
        assert "ETag" not in headers
    status, headers, body = await ask("runs", experiment="nowhere")
    assert (status, body["error"]) == (404, "NotFound")
    assert "ETag" not in headers
    status, _, body = await ask("runs", "0" * 32)
    assert (status, body["error"]) == (404, "NotFound")


async def test_a_workspace_may_go_and_come_while_the_server_runs(ask, workspace):
    settings = workspace.root / "mlops.toml"
    content = settings.read_text()
    settings.unlink()
    status, _, body = await ask("version")
    assert (status, body["workspace"], body["problem"]["error"]) == (200, None, "NoWorkspace")
    status, _, body = await ask("runs")
    assert (status, body["error"]) == (404, "NoWorkspace")
    settings.write_text("shema = 1\n")
    status, _, body = await ask("version")
    assert (status, body["problem"]["error"]) == (200, "BadSettings")
    settings.write_text(content)
    status, _, body = await ask("version")
    assert body["workspace"]["name"] == workspace.root.name


async def test_the_environment_may_name_the_workspace(ask, workspace, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(workspace.root, elsewhere, symlinks=True)
    monkeypatch.setenv("MLOPS_WORKSPACE", str(elsewhere))
    _, _, body = await ask("version")
    assert body["workspace"]["root"] == str(elsewhere)


async def test_a_killed_helper_is_replaced(ask, client, helper):
    make_run(client, "first")
    await ask("runs")
    before = helper.pid
    helper._process.kill()
    status, _, body = await ask("runs")
    assert (status, len(body["runs"])) == (200, 1)
    assert helper.pid != before


async def test_the_event_loop_is_free_while_mlflow_is_imported(ask, client):
    """Many quick requests are answered while the first query starts its helper."""
    import asyncio

    make_run(client, "first")
    started = time.perf_counter()
    query = asyncio.ensure_future(ask("runs"))
    slowest, count = 0.0, 0
    while not query.done():
        began = time.perf_counter()
        await ask("version")
        slowest, count = max(slowest, time.perf_counter() - began), count + 1
        await asyncio.sleep(0.02)
    assert (await query)[0] == 200
    assert count > 3  # how many there is time for: the query itself is quick
    whole = time.perf_counter() - started
    assert slowest < whole / 2, f"a request waited {slowest:.2f} s of {whole:.2f}"


async def test_no_route_answers_without_the_token(jp_fetch, helper):
    for path in (["version"], ["runs"], ["runs", "0" * 32]):
        for said in ("", "token wrong"):
            with pytest.raises(HTTPClientError) as caught:
                await jp_fetch("mlops-jupyter", *path, headers={"Authorization": said})
            assert caught.value.code == 403
    assert not helper.running


def test_every_method_of_every_handler_is_authenticated():
    verbs = {"get", "head", "post", "put", "patch", "delete"}
    handlers = [
        each
        for _, each in inspect.getmembers(routes, inspect.isclass)
        if issubclass(each, routes.APIHandler) and each.__module__ == routes.__name__
    ]
    assert set(routes.ROUTES.values()) <= set(handlers)
    methods = [
        getattr(handler, verb) for handler in handlers for verb in verbs if verb in vars(handler)
    ]
    assert len(methods) == len(routes.ROUTES)
    for method in methods:
        # tornado's decorator leaves the wrapped function; an undecorated one has none.
        assert method.__wrapped__ is not None
        assert method.__code__.co_filename.endswith("tornado/web.py"), method


def test_loading_the_extension_imports_nothing_heavy():
    code = (
        "import sys, mlops_jupyter.server.routes, mlops_jupyter.server.worker;"
        "heavy = {'mlflow', 'dvc', 'evidently', 'papermill', 'pandas', 'sklearn', 'numpy'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

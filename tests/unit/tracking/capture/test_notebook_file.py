"""Which notebook runs: what each frontend leaves behind to tell it by."""

import contextlib
import http.server
import json
import socket
import sys
import threading
import time
import types

import pytest

from mlops_jupyter.tracking.capture import notebook_file


@pytest.fixture(autouse=True)
def _ask_again(monkeypatch, tmp_path):
    notebook_file._colab_name.cache_clear()
    notebook_file._from_server.cache_clear()
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    (tmp_path / "runtime").mkdir()
    yield
    notebook_file._colab_name.cache_clear()
    notebook_file._from_server.cache_clear()


@pytest.fixture
def jupyter():
    """A server that answers as Jupyter's does, to those that know its token."""
    asked = []
    woken = threading.Event()

    class Answer(http.server.BaseHTTPRequestHandler):
        sessions: object = ()
        wait = 0.0

        def do_GET(self):
            asked.append(self.path)
            woken.wait(self.wait)
            allowed = self.headers.get("Authorization") == "token abc"
            body = json.dumps(Answer.sessions).encode()
            self.send_response(200 if allowed else 403)
            self.end_headers()
            with contextlib.suppress(BrokenPipeError):  # nobody waits any longer
                self.wfile.write(body)

        def log_message(self, *_args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield types.SimpleNamespace(answer=Answer, port=server.server_port, asked=asked)
    woken.set()
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_users_own_word_comes_first(monkeypatch):
    monkeypatch.setenv("MLOPS_NOTEBOOK", "/here/mine.ipynb")
    monkeypatch.setenv("JPY_SESSION_NAME", "/there/other.ipynb")
    found = notebook_file.find({"__vsc_ipynb_file__": "/vs/code.ipynb"})
    assert (found.name, found.how) == ("mine.ipynb", "MLOPS_NOTEBOOK")


def test_vs_code_names_it_in_the_kernel():
    found = notebook_file.find({"__vsc_ipynb_file__": "/vs/code.ipynb"})
    assert (str(found.path), found.how) == ("/vs/code.ipynb", "VS Code")


def test_jupyter_names_it_in_the_environment_but_a_console_has_none(monkeypatch, tmp_path):
    (tmp_path / "it.ipynb").touch()
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "it.ipynb"))
    assert notebook_file.find().path == tmp_path / "it.ipynb"
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "console-1"))
    assert notebook_file.find().path is None


def test_a_renamed_notebook_is_found_by_asking_its_server(monkeypatch, tmp_path, jupyter):
    (tmp_path / "new name.ipynb").touch()
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "old.ipynb"))
    monkeypatch.setattr(notebook_file, "_kernel_id", lambda: "kernel-7")
    jupyter.answer.sessions = [
        {"kernel": {"id": "another"}, "path": "other.ipynb"},
        {"kernel": {"id": "kernel-7"}, "path": "new name.ipynb"},
    ]
    server = {"url": f"http://127.0.0.1:{jupyter.port}/", "token": "abc", "root_dir": str(tmp_path)}
    (tmp_path / "runtime" / "jpserver-1.json").write_text(json.dumps(server))
    (tmp_path / "runtime" / "jpserver-2.json").write_text("no json")
    monkeypatch.setitem(sys.modules, "ipykernel", types.ModuleType("ipykernel"))
    assert notebook_file.find({}).path == tmp_path / "new name.ipynb"
    assert notebook_file.find({}).path == tmp_path / "new name.ipynb"
    assert len(jupyter.asked) == 1  # the second time it is known


def test_a_server_elsewhere_is_not_asked(monkeypatch, tmp_path):
    server = {"url": "http://192.0.2.1:8888/", "token": "abc", "root_dir": str(tmp_path)}
    (tmp_path / "runtime" / "jpserver-1.json").write_text(json.dumps(server))
    called = []
    monkeypatch.setattr(socket.socket, "connect", lambda _self, address: called.append(address))
    assert notebook_file._from_server("kernel-7", "") is None
    assert called == []


def test_colab_tells_the_name_of_a_notebook_that_has_no_file(monkeypatch, jupyter):
    jupyter.answer.sessions = [{"name": "Forest.ipynb", "path": "fileId=1"}]
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    monkeypatch.setenv("COLAB_JUPYTER_IP", "127.0.0.1")
    monkeypatch.setenv("COLAB_JUPYTER_PORT", str(jupyter.port))
    monkeypatch.setenv("COLAB_JUPYTER_TOKEN", "abc")
    found = notebook_file.find({})
    assert (found.path, found.name, found.how) == (None, "Forest.ipynb", "Colab")


def test_a_server_that_is_slow_costs_a_second_once(monkeypatch, jupyter):
    jupyter.answer.wait = 60.0
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    monkeypatch.setenv("COLAB_JUPYTER_PORT", str(jupyter.port))
    started = time.monotonic()
    assert notebook_file.find({}).name is None
    assert time.monotonic() - started < 30
    assert notebook_file.find({}).name is None
    assert len(jupyter.asked) == 1

"""A tracking server that is slow, down or broken is noticed within a second."""

import http.server
import socket
import threading
import time

import pytest

from mlops_jupyter.errors import StoreUnavailable
from mlops_jupyter.tracking.store.opening import probe
from mlops_jupyter.workspace import Store


@pytest.fixture
def silent_port():
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def refused_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture
def answering(request):
    status = request.param

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def at(port: int) -> Store:
    return Store(f"http://me:hunter2@127.0.0.1:{port}", "a test")


def test_silence_is_noticed_after_a_second(silent_port: int):
    start = time.monotonic()
    with pytest.raises(StoreUnavailable, match="--store local") as caught:
        probe(at(silent_port))
    assert time.monotonic() - start < 10, "a system's own limit is two minutes"
    assert "hunter2" not in str(caught.value)


def test_refusal_is_noticed(refused_port: int):
    with pytest.raises(StoreUnavailable, match="does not answer"):
        probe(at(refused_port))


@pytest.mark.parametrize("answering", [500, 503], indirect=True)
def test_a_broken_server_is_noticed(answering: int):
    with pytest.raises(StoreUnavailable, match="status 50"):
        probe(at(answering))


@pytest.mark.parametrize("answering", [200, 401, 404], indirect=True)
def test_a_server_that_wants_a_login_lives(answering: int):
    probe(at(answering))


def test_the_embedded_store_keeps_a_write_ahead_log(workspace):
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(workspace.embedded_store.sqlite_path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)

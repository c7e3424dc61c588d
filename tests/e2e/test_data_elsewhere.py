"""Snapshots of what is at an address: a real HTTP server, and an S3 server (an emulator)."""

from __future__ import annotations

import base64
import hashlib
import os
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pandas as pd
import pytest

from mlops_jupyter import git
from mlops_jupyter.data import path_of, snapshot, versions
from mlops_jupyter.errors import BadInput, Conflict, NotFound, ToolFailed, UsageError
from tests.s3 import KEY, SECRET
from tests.shells import Cells
from tests.stock import cloned, make_remote, sh


class Site:
    """Files by their path, and how often each was fetched."""

    def __init__(self) -> None:
        self.files: dict[str, tuple[bytes, dict[str, str]]] = {}
        self.fetched: list[str] = []
        self.while_sending = lambda: None
        self.uri = ""

    def put(self, path: str, content: bytes, **headers: str) -> str:
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.files[path] = (content, headers)
        return self.uri + path


@pytest.fixture
def site():
    served = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.answer(body=False)

        def do_GET(self):
            served.fetched.append(self.path)
            self.answer(body=True)

        def answer(self, *, body: bool):
            path = self.path.partition("?")[0]
            allowed = "Basic " + base64.b64encode(b"me:pa ss").decode()
            if path.startswith("/private") and self.headers["Authorization"] != allowed:
                self.send_error(401)
                return
            if path not in served.files:
                self.send_error(404)
                return
            content, headers = served.files[path]
            self.send_response(200)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if body:
                self.wfile.write(content)
                served.while_sending()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.uri = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield served
    server.shutdown()
    thread.join()
    server.server_close()


def _everything_kept(root) -> bytes:
    """All that git and the workspace hold, but the data."""
    git_objects = git.output(root, "cat-file", "--batch", "--batch-all-objects")
    files = [
        path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".dvc/cache" not in str(path) and ".git/objects" not in str(path)
    ]
    return b"\n".join([git_objects, git.output(root, "for-each-ref"), *files])


def test_what_is_at_an_address_is_a_version_that_says_where_it_came_from(workspace, site):
    url = site.put("/data/flights%202013.csv", b"a,b\n1,2\n", ETag='"one"')
    version = snapshot(workspace, url, message="as published")
    assert (version.ref, version.path) == ("data:flights 2013@v1", "data/flights 2013.csv")
    assert (version.origin, version.source, version.size) == ("url", url, 8)
    assert version.hash == hashlib.md5(b"a,b\n1,2\n").hexdigest()
    assert path_of(workspace, version.ref).read_bytes() == b"a,b\n1,2\n"
    assert f"from {url}" in version.to_text()
    assert f"from {url}" in version.to_html()
    assert not (workspace.root / "data").exists()
    assert "a checkout writes data/flights 2013.csv" in version.to_text()
    listed = versions(workspace)
    assert listed.versions[0].file_now is None
    for false_alarm in ("missing", "changed"):
        assert false_alarm not in listed.to_text() + listed.to_html()


def test_what_did_not_change_is_not_fetched_again(workspace, site):
    url = site.put("/x.csv", b"1\n", ETag='"one"')
    snapshot(workspace, url)
    assert snapshot(workspace, url).unchanged
    assert site.fetched == ["/x.csv"]
    site.put("/x.csv", b"2\n", ETag='"two"')
    assert snapshot(workspace, url).version == 2
    site.put("/x.csv", b"1\n", ETag='"one"')
    back = snapshot(workspace, url)
    assert (back.version, back.same_as, len(site.fetched)) == (3, 1, 2)
    path_of(workspace, back.ref).unlink()
    assert snapshot(workspace, url).unchanged
    assert len(site.fetched) == 3  # the cache had lost it
    assert path_of(workspace, back.ref).read_bytes() == b"1\n"


@pytest.mark.parametrize(
    "headers",
    [{}, {"ETag": 'W/"one"'}, {"Last_Modified": "Mon, 02 Nov 2026 10:00:00 GMT"}],
    ids=["none", "weak", "a time"],
)
def test_where_a_server_promises_nothing_it_is_fetched_and_looked_at(workspace, site, headers):
    url = site.put("/x.csv", b"1\n", **headers)
    snapshot(workspace, url)
    site.put("/x.csv", b"2\n", **headers)
    assert snapshot(workspace, url).version == 2
    assert snapshot(workspace, url).unchanged
    assert len(site.fetched) == 3


def test_an_etag_of_just_now_is_not_relied_on(workspace, site):
    # Servers make it of size and time in seconds.
    from email.utils import formatdate

    now = formatdate(usegmt=True)
    url = site.put("/x.csv", b"1\n", ETag='"5-2"', Last_Modified=now)
    snapshot(workspace, url)
    site.put("/x.csv", b"2\n", ETag='"5-2"', Last_Modified=now)
    assert snapshot(workspace, url).version == 2


def test_what_changes_while_it_is_read_is_noticed(workspace, site):
    url = site.put("/x.csv", b"1\n", ETag='"one"')
    site.while_sending = lambda: site.put("/x.csv", b"2\n", ETag='"two"')
    with pytest.raises(Conflict, match="changed while it was read"):
        snapshot(workspace, url)
    assert versions(workspace).versions == ()


def test_credentials_are_used_and_neither_kept_nor_shown(workspace, site):
    site.put("/private/x.csv", b"1\n", ETag='"one"')
    host = site.uri.removeprefix("http://")
    url = f"http://me:pa%20ss@{host}/private/x.csv?api_key=hunter2hunter2&month=6"
    version = snapshot(workspace, url)
    assert version.source == f"http://{host}/private/x.csv?month=6"
    kept = _everything_kept(workspace.root)
    told = version.model_dump_json() + version.to_html() + version.to_text()
    wrong = url.replace("pa%20ss", "wr0ng-one")
    with pytest.raises(ToolFailed) as error:
        snapshot(workspace, wrong)
    assert "401" in error.value.message
    told += str(error.value) + repr(error.value.__cause__)
    for secret in ("pa ss", "pa%20ss", "hunter2", "wr0ng", "me:"):
        assert secret not in told
        assert secret.encode() not in kept
    # Whoever asks with other credentials may be given something else.
    fetched = len(site.fetched)
    assert snapshot(workspace, url).unchanged
    assert len(site.fetched) == fetched + 1


DIES = """
import os, signal, sys
import pandas as pd
import mlops_jupyter as mlops
thing = sys.argv[1] if len(sys.argv) > 1 else pd.DataFrame({"a": range(100_000)})
die = lambda event: event.done and os.kill(os.getpid(), signal.SIGKILL)
mlops.data.snapshot(mlops.Workspace.find(), thing, name="x", events=die)
"""


@pytest.mark.parametrize("what", ["frame", "address"])
def test_killed_on_the_way_nothing_is_half_and_again_it_is_whole(workspace, site, what):
    url = site.put("/x.bin", os.urandom(20 * 2**20))
    done = subprocess.run(
        [sys.executable, "-c", DIES, *([url] if what == "address" else [])], check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert versions(workspace).versions == ()
    thing = url if what == "address" else pd.DataFrame({"a": range(100_000)})
    version = snapshot(workspace, thing, name="x")
    content = path_of(workspace, version.ref).read_bytes()
    assert hashlib.md5(content).hexdigest() == version.hash
    if what == "address":
        assert content == site.files["/x.bin"][0]


def test_what_cannot_be_read_says_why(workspace, site):
    with pytest.raises(NotFound, match="nothing at"):
        snapshot(workspace, f"{site.uri}/none.csv")
    with pytest.raises(BadInput, match="gopher:// addresses"):
        snapshot(workspace, "gopher://example.org/x.csv")
    with pytest.raises(BadInput, match="remote 'nowhere'"):
        snapshot(workspace, "remote://nowhere/x.csv")
    with pytest.raises(UsageError, match="what to call it"):
        snapshot(workspace, f"{site.uri}/")
    assert versions(workspace).versions == ()


def test_two_addresses_that_end_alike_are_not_versions_of_one_another(workspace, site):
    one = site.put("/one/data.csv", b"1\n")
    two = site.put("/two/data.csv", b"2\n")
    snapshot(workspace, one)
    with pytest.raises(BadInput, match="came from") as error:
        snapshot(workspace, two)
    assert "--name" in error.value.hint
    assert snapshot(workspace, two, name="two").path == "data/two.csv"
    assert snapshot(workspace, two, name="data").ref == "data:data@v2"


def test_a_file_outside_of_the_workspace_by_its_address(workspace, tmp_path):
    outside = tmp_path / "far away.csv"
    outside.write_text("1\n")
    version = snapshot(workspace, outside.as_uri())
    assert (version.ref, version.path) == ("data:far away@v1", "data/far away.csv")
    assert outside.read_text() == "1\n"


@pytest.fixture
def bucket(s3_server, monkeypatch):
    """Write an object into a bucket that the environment has the keys of."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server.address)
    return s3_server.put


def test_an_object_in_s3(workspace, bucket):
    bucket("x.csv", b"1\n")
    version = snapshot(workspace, "s3://flights/x.csv")
    assert (version.source, version.path) == ("s3://flights/x.csv", "data/x.csv")
    assert snapshot(workspace, "s3://flights/x.csv").unchanged
    bucket("x.csv", b"2\n")  # in the same kernel: no listing may be remembered
    assert snapshot(workspace, "s3://flights/x.csv").version == 2
    kept = _everything_kept(workspace.root)
    assert KEY.encode() not in kept
    assert SECRET.encode() not in kept
    with pytest.raises(NotFound):
        snapshot(workspace, "s3://flights/none.csv")


def test_what_s3_refuses_is_said_of_s3(workspace, bucket, s3_server):
    bucket("x.csv", b"1\n")
    version = "remote://bucket/none/x.csv"
    make_remote(
        workspace.root, "s3://no-such-bucket", f"endpointurl = {s3_server.address}", name="bucket"
    )
    with pytest.raises((NotFound, ToolFailed), match=version):
        snapshot(workspace, version)


def test_a_folder_in_s3_through_a_remote_of_dvc(workspace, s3_server, bucket, monkeypatch):
    bucket("2013/06/a b.csv", b"1\n")
    bucket("2013/07.csv", b"")
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    make_remote(workspace.root, "s3://flights", f"endpointurl = {s3_server.address}", name="bucket")
    version = snapshot(workspace, "remote://bucket/2013")
    assert (version.files, version.size, version.path) == (2, 2, "data/2013")
    assert version.source == "remote://bucket/2013"
    assert snapshot(workspace, "remote://bucket/2013").unchanged
    bucket("2013/07.csv", b"7\n")
    assert snapshot(workspace, "remote://bucket/2013").version == 2


def test_stock_git_and_dvc_restore_it(workspace, site, bucket, tmp_path):
    bucket("many/a.csv", b"1\n")
    bucket("many/deep/b.csv", b"2\n")
    cells = Cells()
    cells.run("%load_ext mlops_jupyter")
    cells.run("import pandas as pd; df = pd.DataFrame({'a': [1, 2]})")
    cells.run(f"%mlops data snapshot {site.put('/x.csv', b'1')} s3://flights/many")
    cells.run("%mlops data snapshot $df --name frame")
    cells.close()
    clone = cloned(workspace.root, tmp_path / "clone")
    sh(clone, "git", "checkout", "-q", "mlops/data/x/v1")  # its branch has no commit, and no .dvc
    sh(clone, "dvc", "cache", "dir", "--local", str(workspace.root / ".dvc" / "cache"))
    for name, files in (
        ("x", {"x.csv": b"1"}),
        ("many", {"many/a.csv": b"1\n", "many/deep/b.csv": b"2\n"}),
        ("frame", {"frame.parquet": path_of(workspace, "frame@v1").read_bytes()}),
    ):
        sh(clone, "git", "checkout", "-q", f"mlops/data/{name}/v1")
        sh(clone, "dvc", "checkout")
        for path, content in files.items():
            assert (clone / "data" / path).read_bytes() == content

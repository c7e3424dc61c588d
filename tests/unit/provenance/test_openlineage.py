"""Lineage as OpenLineage events: to a file, and to a real HTTP server that keeps what it gets."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import threading
import time
import traceback
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import mlops_jupyter as mlops
from mlops_jupyter.errors import BadInput, Conflict, MissingExtra, ToolFailed, UsageError
from mlops_jupyter.provenance import events, sending
from mlops_jupyter.settings import PrivacySettings
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.run_parts import DataInput


class Recorder(ThreadingHTTPServer):
    """Keeps what it is sent; answers with `status`, after `wait` seconds."""

    status, wait = 201, 0.0

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got: list[tuple[str, dict[str, str], dict]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, dict(self.headers), json.loads(body)))
        time.sleep(self.server.wait)
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Recorder]:
    with Recorder() as recorder:
        threading.Thread(target=recorder.serve_forever, daemon=True).start()
        yield recorder
        recorder.shutdown()


@pytest.fixture
def chain(lab):
    """A run that wrote what one that failed read, and one that is a model now."""
    lab.file("data/flights.csv", "a,b\n1,2\n")
    mlops.data.snapshot(lab.ws, "data/flights.csv")
    lab.file("derived/features.csv", "a,b\n2,4\n")
    code = {
        "commit": "3f2a1c9d00", "branch": "main",
        "remote": "https://ada:hunter2secret@git.example/team/delays.git",
    }  # fmt: skip
    outer = lab.run("sweep", notebook="sweep.ipynb")
    uid = str(uuid.uuid4())
    known = {
        tags.UID: uid,
        tags.KIND: "cell",
        tags.CODE: json.dumps(code),
        tags.NOTE: "by hand, with password=hunter2secret",
    }
    lab.run(
        "prepare", ["data/flights.csv"], ["derived/features.csv"], notebook="prepare.ipynb",
        parent=outer, **known,
    )  # fmt: skip
    lab.uid = uid
    error = 'Traceback …\n  File "a.py", line 1\n    f()\nValueError: password=hunter2secret'
    lab.run("broken", ["derived/features.csv"], status="FAILED", **{tags.ERROR: error})
    lab.run("going", ["derived/features.csv"], status="RUNNING")
    lab.run("stopped", ["derived/features.csv"], status="KILLED")
    lab.model("delays", lab.run("forest", ["derived/features.csv"], notebook="train.ipynb"))
    return lab


def told(path="events.jsonl"):
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def of_run(lines, job):
    return [each for each in lines if each["job"]["name"] == job]


def test_runs_are_told_to_a_file(chain):
    found = chain.lineage("derived/features.csv", openlineage="events.jsonl")
    assert found.sent == "wrote 11 OpenLineage events to events.jsonl"
    assert found.sent in str(found)
    lines = told()
    assert [each["eventTime"] for each in lines] == sorted(each["eventTime"] for each in lines)
    start, end = of_run(lines, "prepare.ipynb")
    assert (start["eventType"], end["eventType"]) == ("START", "COMPLETE")
    assert start["run"]["runId"] == end["run"]["runId"] == chain.uid
    (read,), (wrote,) = end["inputs"], end["outputs"]
    assert (start["inputs"], start.get("outputs") or []) == ([read], [])
    assert (read["namespace"], read["name"]) == ("project", "data/flights.csv")
    assert read["facets"]["version"]["datasetVersion"] == "data:flights@v1"
    assert [each["name"] for each in read["facets"]["schema"]["fields"]] == ["a", "b"]
    assert wrote["name"] == "derived/features.csv"
    assert wrote["outputFacets"]["outputStatistics"]["size"] == 8
    assert wrote["facets"]["dataSource"]["uri"] == "derived/features.csv"


def test_what_one_run_wrote_is_what_another_read(chain):
    """A catalogue joins them by namespace, name and version."""
    chain.lineage("derived/features.csv", openlineage="events.jsonl")
    lines = told()
    (written,) = of_run(lines, "prepare.ipynb")[1]["outputs"]
    (read,) = of_run(lines, "train.ipynb")[1]["inputs"]
    for key in ("namespace", "name"):
        assert written[key] == read[key]
    assert written["facets"]["version"] == read["facets"]["version"]


def test_a_version_is_told_for_who_wrote_and_who_read_it(chain):
    """Whatever either of them knew of it then."""
    mlops.data.snapshot(chain.ws, "derived/features.csv")
    copy = {"version": "data:derived/features.csv@0123abcd"}
    later = chain.read("derived/features.csv").model_copy(update=copy)
    chain.run("later", [later], notebook="later.ipynb")
    chain.lineage("data:features", openlineage="events.jsonl")
    (written,) = of_run(told(), "prepare.ipynb")[1]["outputs"]
    (read,) = of_run(told(), "later.ipynb")[1]["inputs"]
    assert written["facets"]["version"]["datasetVersion"] == "data:features@v1"
    assert read["facets"]["version"] == written["facets"]["version"]


def test_content_that_came_back_is_told_as_the_version_that_was_first(chain):
    """An event that was sent before, and one of the same run sent now, name the same."""
    file = chain.ws.root / "derived" / "features.csv"
    first = file.read_text()
    for content in (first, "a,b\n9,9\n", first):
        file.write_text(content)
        mlops.data.snapshot(chain.ws, file)
    assert mlops.data.versions(chain.ws, "features").versions[0].version == 3
    chain.lineage("data:features", openlineage="events.jsonl")
    (written,) = of_run(told(), "prepare.ipynb")[1]["outputs"]
    assert written["facets"]["version"]["datasetVersion"] == "data:features@v1"


def test_a_run_that_was_deleted_is_not_told(chain):
    (run_id,) = [
        node.ref.removeprefix("run:")
        for node in chain.lineage("derived/features.csv").nodes
        if node.title == "prepare"
    ]
    chain.client.delete_run(run_id)
    found = chain.lineage("derived/features.csv", openlineage="events.jsonl")
    assert [node.title for node in found.nodes if node.state == "deleted"] == ["prepare"]
    assert of_run(told(), "prepare.ipynb") == []
    assert len(of_run(told(), "train.ipynb")) == 2


def test_how_runs_ended(chain):
    chain.lineage("derived/features.csv", openlineage="events.jsonl")
    ends = [each["eventType"] for each in of_run(told(), "Default")]
    assert sorted(ends) == ["ABORT", "FAIL", "START", "START", "START"]


@pytest.mark.parametrize("uid", ["no uuid", "", "\U0001f600"])
def test_a_run_has_an_id_whatever_others_wrote_into_the_store(lab, uid):
    run_id = lab.run("one", **{tags.UID: uid})
    lab.lineage("run:one", openlineage="events.jsonl")
    assert {each["run"]["runId"] for each in told()} == {str(uuid.UUID(run_id))}


def test_no_run_ends_before_it_started(lab):
    """A clock may be put back meanwhile."""
    run_id = lab.run("one", status="RUNNING")
    lab.client.set_terminated(run_id, "FINISHED", lab.started - 60_000)
    lab.lineage("run:one", openlineage="events.jsonl")
    start, end = told()
    assert (start["eventType"], end["eventType"]) == ("START", "COMPLETE")
    assert start["eventTime"] == end["eventTime"]


def test_facets_of_jobs_and_runs_and_no_credentials(chain):
    chain.lineage("data:flights", openlineage="events.jsonl")
    assert "hunter2secret" not in Path("events.jsonl").read_text()
    end = of_run(told(), "prepare.ipynb")[1]
    facets = end["job"]["facets"]
    assert facets["documentation"]["description"].startswith("by hand, with password=")
    location = facets["sourceCodeLocation"]
    assert (location["repoUrl"], location["version"], location["path"]) == (
        "https://***@git.example/team/delays.git", "3f2a1c9d00", "prepare.ipynb",
    )  # fmt: skip
    assert facets["jobType"]["jobType"] == "CELL"
    assert end["run"]["facets"]["parent"]["job"]["name"] == "sweep.ipynb"
    (failed,) = [each for each in told() if each["eventType"] == "FAIL"]
    message = failed["run"]["facets"]["errorMessage"]
    assert message["message"].startswith("ValueError: password=")
    assert "line 1" in message["stackTrace"]


def test_a_traceback_is_code(chain):
    privacy = PrivacySettings(source="local")
    settings = chain.ws.settings.model_copy(update={"privacy": privacy})
    chain.ws = dataclasses.replace(chain.ws, settings=settings)
    chain.lineage("data:flights", openlineage="events.jsonl")
    (failed,) = [each for each in told() if each["eventType"] == "FAIL"]
    assert "stackTrace" not in failed["run"]["facets"]["errorMessage"]


def test_models_are_told_as_what_a_run_made(chain):
    chain.lineage("model:delays", openlineage="events.jsonl")
    (model,) = of_run(told(), "train.ipynb")[1]["outputs"]
    assert (model["name"], model["facets"]["version"]["datasetVersion"]) == ("models/delays", "1")


def test_addresses_are_named_as_openlineage_has_it(lab):
    remote = DataInput(
        kind="url", name="f.csv", source="s3://bucket/raw/f.csv?X-Amz-Signature=9f", digest="0" * 32
    )
    # What others wrote into the store may hold what we would not keep.
    site = remote.model_copy(
        update={"source": "https://ada:hunter2secret@host.example/g.csv", "digest": "1" * 32}
    )
    lab.run("one", [remote, site])
    lab.lineage("run:one", openlineage="events.jsonl")
    read = {(each["namespace"], each["name"]) for each in told()[0]["inputs"]}
    assert read == {("s3://bucket", "raw/f.csv"), ("https://host.example", "g.csv")}
    content = Path("events.jsonl").read_text()
    assert "Signature" not in content
    assert "hunter2secret" not in content


def test_events_are_what_the_client_has_classes_for(chain):
    """Read back into its classes, whose checks are those of the schemas."""
    from openlineage.client import event_v2 as classes

    for line in chain.lineage("derived/features.csv", openlineage="e.jsonl") and told("e.jsonl"):
        assert line["schemaURL"].endswith("#/$defs/RunEvent")
        event = classes.RunEvent(
            eventType=classes.RunState[line["eventType"]], eventTime=line["eventTime"],
            run=classes.Run(**line["run"]), job=classes.Job(**line["job"]),
            inputs=[classes.InputDataset(**each) for each in line["inputs"]],
            outputs=[classes.OutputDataset(**each) for each in line["outputs"]],
            producer=line["producer"],
        )  # fmt: skip
        assert event.run.runId == line["run"]["runId"]
        facets = [*line["run"]["facets"].values(), *line["job"]["facets"].values()]
        for dataset in (*line["inputs"], *line["outputs"]):
            facets += dataset["facets"].values()
        assert all({"_producer", "_schemaURL"} <= set(each) for each in facets)


def test_written_again_the_file_holds_each_event_once(chain):
    for _ in range(2):
        chain.lineage("model:delays", openlineage="events.jsonl")
    lines = Path("events.jsonl").read_text().splitlines()
    assert len(lines) == len(set(lines))


def test_another_file_is_not_overwritten(chain):
    for name in ("mlops.toml", "data"):
        before = Path(name).read_bytes() if Path(name).is_file() else None
        with pytest.raises(Conflict):
            chain.lineage("model:delays", openlineage=name)
        assert before is None or Path(name).read_bytes() == before
    with pytest.raises(BadInput, match="no folder"):
        chain.lineage("model:delays", openlineage="nowhere/events.jsonl")


def test_runs_are_told_to_a_server(chain, server, monkeypatch):
    monkeypatch.setenv("OPENLINEAGE_API_KEY", "key-of-mine")
    found = chain.lineage("derived/features.csv", openlineage=server.url)
    assert found.sent == f"sent 11 OpenLineage events to {server.url}"
    assert {path for path, _, _ in server.got} == {"/api/v1/lineage"}
    assert {headers["Authorization"] for _, headers, _ in server.got} == {"Bearer key-of-mine"}
    chain.lineage("derived/features.csv", openlineage="events.jsonl")
    assert [event for _, _, event in server.got] == told()


def test_a_path_of_the_address_is_where_events_go(chain, server):
    chain.lineage("model:delays", openlineage=f"{server.url}/hooks/lineage?team=a")
    assert {path for path, _, _ in server.got} == {"/hooks/lineage?team=a"}


@pytest.mark.parametrize(("status", "said"), [(403, "status 403"), (500, "500|broken")])
def test_a_server_that_refuses_is_told_without_key_and_password(
    chain, server, monkeypatch, status, said
):
    monkeypatch.setenv("OPENLINEAGE_API_KEY", "key-of-mine")
    server.status = status
    address = server.url.replace("://", "://ada:hunter2secret@")
    with pytest.raises(ToolFailed, match=said) as caught:
        chain.lineage("model:delays", openlineage=address)
    assert "0 of " in caught.value.message
    told_whole = "".join(traceback.format_exception(caught.value))
    assert "OPENLINEAGE_API_KEY" in told_whole, "the hint is in it"
    assert "key-of-mine" not in told_whole
    assert "hunter2secret" not in told_whole


def test_a_server_that_does_not_answer(chain, server, monkeypatch):
    monkeypatch.setattr(sending, "_PATIENCE", 0.2)
    server.wait = 1.0
    with pytest.raises(ToolFailed, match="no answer"):
        chain.lineage("model:delays", openlineage=server.url)


def test_a_server_that_is_not_there_and_credentials_in_its_address(chain, server):
    server.shutdown()
    server.server_close()
    address = server.url.replace("://", "://ada:hunter2secret@")
    with pytest.raises(ToolFailed, match="no connection") as caught:
        chain.lineage("model:delays", openlineage=address)
    assert "hunter2secret" not in str(caught.value)
    assert "hunter2secret" not in repr(caught.value.__cause__)


@pytest.mark.parametrize("address", ["ftp://host/x", "http://", "http://host:0", "s3://bucket/x"])
def test_an_address_that_takes_no_events(chain, address):
    with pytest.raises(UsageError, match="takes no events"):
        chain.lineage("model:delays", openlineage=address)


def test_without_the_extra_it_is_named(chain, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "openlineage.client", None)
    with pytest.raises(MissingExtra, match="mlops-jupyter\\[openlineage\\]"):
        chain.lineage("model:delays", openlineage="events.jsonl")
    assert not Path("events.jsonl").exists()


def test_a_project_is_called_by_its_remote(lab):
    assert events.project_name(lab.ws) == "project"
    for url in ("https://ada:pw@git.example/team/delays.git", "git@git.example:team/delays.git"):
        subprocess.run(["git", "config", "remote.origin.url", url], check=True)
        assert events.project_name(lab.ws).removeprefix("https://") == "git.example/team/delays"

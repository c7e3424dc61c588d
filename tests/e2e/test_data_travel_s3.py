"""Versions through S3-compatible storage: moto's server, an emulator, asked over loopback."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from mlops_jupyter import git
from mlops_jupyter.cli import main
from mlops_jupyter.data import checkout, path_of, pull, push, snapshot, verify
from mlops_jupyter.errors import MissingExtra, NotFound, ToolFailed
from tests import s3


@pytest.fixture
def versions(workspace, s3_server):
    root = workspace.root
    s3.make_remote(root, s3_server.address, *s3.KEYS)
    (root / "data").mkdir()
    for n in range(40):
        (root / "data" / f"{n} ü.csv").write_text(f"a\n{n}\n")
    (root / "big.bin").write_bytes(os.urandom(6_000_000))
    snapshot(workspace, "data")
    snapshot(workspace, "big.bin")
    return workspace


def clone_of(workspace, s3_server, make):
    subprocess.run(["git", "clone", "-q", workspace.root, make], check=True)
    (make / "mlops.toml").write_text("schema = 1\n")
    if not (make / ".dvc").is_dir():
        from mlops_jupyter.data.cache.prepare import prepare

        prepare(make)
    s3.make_remote(make, s3_server.address, *s3.KEYS)
    from mlops_jupyter.workspace import Workspace

    return Workspace.find(make)


def test_there_and_back(versions, s3_server, tmp_path):
    told = []
    done = push(versions, events=told.append)
    assert done.files == 42
    assert done.address == f"s3://{s3.BUCKET}/some/folder"
    assert any(event.total and event.done == event.total for event in told)
    assert push(versions).files == 0
    assert verify(versions, remote="").ok
    other = clone_of(versions, s3_server, tmp_path / "clone")
    assert pull(other).files == 42
    checkout(other, "data")
    assert (other.root / "data" / "7 ü.csv").read_text() == "a\n7\n"
    assert path_of(other, "big").read_bytes() == (versions.root / "big.bin").read_bytes()


def test_half_of_an_object_does_not_pass_for_whole_and_a_damaged_one_is_not_taken(
    versions, s3_server, tmp_path
):
    push(versions)
    name = next(name for name in s3_server.names() if not name.endswith(".dir"))
    body = s3_server.client.get_object(Bucket=s3.BUCKET, Key=name)["Body"].read()
    s3_server.client.put_object(Bucket=s3.BUCKET, Key=name, Body=body[:-1])
    assert not verify(versions, remote="").ok
    assert push(versions).files == 1
    s3_server.client.put_object(Bucket=s3.BUCKET, Key=name, Body=b"x" * len(body))
    with pytest.raises(ToolFailed, match="damaged content"):
        pull(clone_of(versions, s3_server, tmp_path / "clone"))


def test_credentials_of_the_environment(versions, s3_server, monkeypatch):
    s3.make_remote(versions.root, s3_server.address)
    with pytest.raises(ToolFailed) as caught:
        push(versions, "big")
    assert "credentials come from the environment or from DVC" in caught.value.hint
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.SECRET)
    assert push(versions, "big").files == 1


def test_a_bucket_that_is_not_there(versions, s3_server):
    text = (versions.root / ".dvc" / "config.local").read_text()
    (versions.root / ".dvc" / "config.local").write_text(text.replace(s3.BUCKET, "nobody-s"))
    with pytest.raises(ToolFailed, match="'bucket' does not do it"):
        push(versions, "big")


def test_a_server_that_does_not_answer(versions, capsys, monkeypatch):
    s3.make_remote(
        versions.root, "http://me:pa55word@127.0.0.1:9", *s3.KEYS,
        "connect_timeout = 1", "read_timeout = 1",
    )  # fmt: skip
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    assert main(["data", "push", "big"]) == ToolFailed.exit_code
    shown = capsys.readouterr()
    assert "does not do it" in shown.err
    assert "Traceback" not in shown.err
    assert "pa55word" not in shown.err + shown.out


def test_no_secret_is_shown_or_written(versions, s3_server, capsys):
    root = versions.root
    assert main(["data", "push"]) == 0
    assert main(["data", "push", "--json"]) == 0
    assert main(["data", "verify", "--remote"]) == 0
    assert main(["data", "pull", "--json"]) == 0
    shown = capsys.readouterr()
    files = [p.read_bytes() for p in (root / ".mlops").rglob("*") if p.is_file()]
    objects = git.output(root, "cat-file", "--batch-all-objects", "--batch", "--unordered")
    for secret in (s3.SECRET, s3.KEY):
        assert secret not in shown.out + shown.err
        assert not any(secret.encode() in content for content in [*files, objects])


def test_a_secret_in_the_shared_config_does_not_get_into_a_version(versions, s3_server):
    # Not where DVC says to keep it, and it happens.
    (versions.root / ".dvc" / "config.local").rename(versions.root / ".dvc" / "config")
    (versions.root / "new.csv").write_text("new")
    snapshot(versions, "new.csv")
    objects = git.output(versions.root, "cat-file", "--batch-all-objects", "--batch")
    assert s3.SECRET.encode() not in objects
    kept = git.run(versions.root, "show", "mlops/data/new/v1:.dvc/config")
    assert f"url = s3://{s3.BUCKET}/some/folder" in kept
    assert push(versions, "new").files == 1


def test_without_the_extra(versions, monkeypatch):
    monkeypatch.setitem(sys.modules, "dvc_s3", None)
    with pytest.raises(MissingExtra) as caught:
        push(versions)
    assert "mlops-jupyter[s3]" in caught.value.hint


def test_stock_dvc_pulls_what_was_pushed(versions, s3_server, tmp_path):
    push(versions)
    other = clone_of(versions, s3_server, tmp_path / "clone")
    git.run(other.root, "checkout", "--quiet", "--force", "mlops/data/data/v1")
    words = [sys.executable, "-m", "dvc", "pull", "--remote", "bucket"]
    done = subprocess.run(words, cwd=other.root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (other.root / "data" / "7 ü.csv").read_text() == "a\n7\n"


def test_a_version_that_was_never_pushed(versions, s3_server, tmp_path):
    with pytest.raises(NotFound, match="lacks content"):
        pull(clone_of(versions, s3_server, tmp_path / "clone"))

"""Forgetting in S3-compatible storage: moto's server, an emulator, asked over loopback."""

from __future__ import annotations

import os

import pytest

from mlops_jupyter import data
from mlops_jupyter.project.doctor import doctor
from tests import s3

CONFIG = """[core]
    remote = bucket
['remote "bucket"']
    url = s3://{bucket}/some/folder
    endpointurl = {address}
    region = us-east-1
    access_key_id = {key}
    secret_access_key = {secret}
"""


@pytest.fixture
def config(monkeypatch, tmp_path):
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


def check(workspace):
    return next(check for check in doctor(workspace).checks if check.name == "data")


@pytest.mark.usefixtures("config")
def test_a_bucket_that_does_not_answer_is_told_until_it_has_been_cleared(workspace):
    local = workspace.root / ".dvc" / "config.local"
    told = {"bucket": s3.BUCKET, "key": s3.KEY, "secret": s3.SECRET}
    for text in ("old", "new"):
        (workspace.root / "x.csv").write_text(text)
        data.snapshot(workspace, "x.csv")
    with s3.serving() as server:
        local.write_text(CONFIG.format(address=server.address, **told))
        data.push(workspace)
        objects = [name for name in server.names() if "/files/md5/" in name]
        assert len(objects) == 2

        local.write_text(CONFIG.format(address="http://127.0.0.1:9", **told))
        first = data.forget(workspace, "x@v1")
        assert not first.whole
        assert s3.SECRET not in first.to_text() + first.to_html()
        assert check(workspace).state == "bad"
        assert "bucket" in check(workspace).found
        assert [name for name in server.names() if "/files/md5/" in name] == objects

        local.write_text(CONFIG.format(address=server.address, **told))
        again = data.forget(workspace, "x@v1")
        assert again.whole
        (left,) = [name for name in server.names() if "/files/md5/" in name]
        assert left.endswith(data.resolve(workspace, "x@v2").hash[2:])
        assert not [name for name in server.names() if first.hash in name]
        assert check(workspace).state == "ok"

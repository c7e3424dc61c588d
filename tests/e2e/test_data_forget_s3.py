"""Forgetting in S3-compatible storage: moto's server, an emulator, asked over loopback."""

from __future__ import annotations

from mlops_jupyter import data
from mlops_jupyter.project.doctor import doctor
from tests import s3


def check(workspace):
    return next(check for check in doctor(workspace).checks if check.name == "data")


def test_a_bucket_that_does_not_answer_is_told_until_it_has_been_cleared(
    workspace, s3_server, monkeypatch
):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    for text in ("old", "new"):
        (workspace.root / "x.csv").write_text(text)
        data.snapshot(workspace, "x.csv")
    s3.make_remote(workspace.root, s3_server.address, *s3.KEYS)
    data.push(workspace)
    objects = [name for name in s3_server.names() if "/files/md5/" in name]
    assert len(objects) == 2

    s3.make_remote(workspace.root, "http://127.0.0.1:9", *s3.KEYS)
    first = data.forget(workspace, "x@v1")
    assert not first.whole
    assert s3.SECRET not in first.to_text() + first.to_html()
    assert check(workspace).state == "bad"
    assert "bucket" in check(workspace).found
    assert [name for name in s3_server.names() if "/files/md5/" in name] == objects

    s3.make_remote(workspace.root, s3_server.address, *s3.KEYS)
    again = data.forget(workspace, "x@v1")
    assert again.whole
    (left,) = [name for name in s3_server.names() if "/files/md5/" in name]
    assert left.endswith(data.resolve(workspace, "x@v2").hash[2:])
    assert not [name for name in s3_server.names() if first.hash in name]
    assert check(workspace).state == "ok"

"""Reads from an S3 server, a real one that runs here."""

import pandas as pd
import polars as pl
import pytest

from mlops_jupyter.tracking.capture import inputs
from mlops_jupyter.tracking.capture.reads import Reads
from tests.s3 import BUCKET, KEY, SECRET

FRAME = pd.DataFrame({"a": [1, 2, 3], "b": list("xyz")})


@pytest.fixture
def s3(s3_server):
    """The address of a server that has a table, and the table's ETag."""
    s3_server.put("x.csv", FRAME.to_csv(index=False).encode())
    etag = s3_server.client.head_object(Bucket=BUCKET, Key="x.csv")["ETag"].strip('"')
    return s3_server.address, etag


@pytest.fixture
def reads():
    watched = Reads()
    watched.start()
    yield watched
    watched.stop()


def test_a_bucket_is_a_source_with_its_etag_and_without_keys(workspace, s3, reads):
    address, etag = s3
    options = {"key": KEY, "secret": SECRET, "client_kwargs": {"endpoint_url": address}}
    assert len(pd.read_csv("s3://flights/x.csv", storage_options=options)) == 3
    (entry,), skipped = inputs.collect(workspace, reads)
    assert (entry.kind, entry.source, entry.rows) == ("url", "s3://flights/x.csv", 3)
    assert entry.etag == etag
    assert skipped == []
    assert KEY not in entry.model_dump_json()
    assert SECRET not in entry.model_dump_json()


def test_polars_reads_it_too_and_a_lazy_read_says_that_it_has_no_digest(workspace, s3, reads):
    options = {
        "aws_access_key_id": KEY, "aws_secret_access_key": SECRET, "aws_region": "us-east-1",
        "aws_endpoint_url": s3[0], "aws_allow_http": "true",
    }  # fmt: skip
    assert len(pl.read_csv("s3://flights/x.csv", storage_options=options)) == 3
    (entry,), skipped = inputs.collect(workspace, reads)
    assert (entry.source, entry.rows, skipped) == ("s3://flights/x.csv", 3, [])
    pl.scan_csv("s3://flights/x.csv", storage_options=options).collect()
    found, skipped = inputs.collect(workspace, reads)
    assert found == []
    assert skipped == ["digest of s3://flights/x.csv: it is read lazily, by a LazyFrame"]

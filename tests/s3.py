"""A real S3 server in a process of its own: moto's, an emulator, on this machine only."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import stock

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"
BUCKET = "flights"


@dataclass
class S3:
    """A server with one bucket; `client` speaks to it as boto3 does."""

    address: str
    client: Any

    def names(self) -> list[str]:
        """Return the names of all objects."""
        found = self.client.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        return sorted(entry["Key"] for entry in found)

    def put(self, name: str, body: bytes) -> None:
        """Write an object."""
        self.client.put_object(Bucket=BUCKET, Key=name, Body=body)

    def clear(self) -> None:
        """Remove all objects."""
        for name in self.names():
            self.client.delete_object(Bucket=BUCKET, Key=name)


# As DVC's own files have them, which git ignores.
KEYS = (f"access_key_id = {KEY}", f"secret_access_key = {SECRET}")


def make_remote(root: Path, endpoint: str, *settings: str) -> None:
    """Make a folder of the bucket the default remote of DVC, on this machine alone."""
    region = "region = us-east-1"
    url = f"s3://{BUCKET}/some/folder"
    stock.make_remote(root, url, f"endpointurl = {endpoint}", region, *settings, name="bucket")


@contextlib.contextmanager
def serving() -> Iterator[S3]:
    """Run a server."""
    import boto3

    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        log = server.stderr
        address = next(found[0] for line in log if (found := re.search(r"http://[\d.:]+", line)))
        # It tells of each request, and waits where nobody listens.
        listening = threading.Thread(target=lambda: [None for _ in log], daemon=True)
        listening.start()
        client = boto3.client(
            "s3", endpoint_url=address, region_name="us-east-1",
            aws_access_key_id=KEY, aws_secret_access_key=SECRET,
        )  # fmt: skip
        client.create_bucket(Bucket=BUCKET)
        yield S3(address, client)
        client.close()
        server.terminate()
        listening.join(10)

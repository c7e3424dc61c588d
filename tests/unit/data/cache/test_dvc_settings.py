"""What of DVC's settings a version carries."""

from __future__ import annotations

from mlops_jupyter.data.cache.dvc_settings import without_secrets

CONFIG = """[core]
    remote = s
    autostage = true
['remote "s"']
    url = https://me:hunter2@host.example/dvc?x=1
    Password = hunter2
    secret_access_key=hunter2
    region = us-east-1
    credentialpath = ~/.aws/credentials
# hunter two
"""


def test_credentials_are_left_out_and_all_else_stays_to_the_byte():
    kept = without_secrets(CONFIG.encode()).decode()
    assert "hunter2" not in kept
    gone = ("Password", "secret_access")
    wanted = [line for line in CONFIG.splitlines() if not line.strip().startswith(gone)]
    assert kept.splitlines() == [line.replace("me:hunter2@", "") for line in wanted]


def test_what_has_no_credentials_is_the_same_to_the_byte():
    content = b"[core]\r\n    remote = \xff s\r\n['remote \"s\"']\n\turl = ../../shelf"
    assert without_secrets(content) == content

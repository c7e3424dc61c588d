"""A bundle from anybody: nothing leaves its folder, nothing is taken on trust."""

import hashlib
import io
import json
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_jupyter.errors import BadInput, Conflict
from mlops_jupyter.tracking.transfer import bundles
from mlops_jupyter.tracking.transfer.description import (
    FileEntry,
    RunDescription,
    safe_path,
    uid_of,
)
from mlops_jupyter.tracking.transfer.reading import Described

UID = "01a20d66-4ca3-769c-a452-ac9eff1c9972"


def description(**changes):
    base = {
        "uid": UID, "origin_run_id": "f" * 32, "name": "forest", "experiment": "trees",
        "status": "FINISHED", "started": 1, "ended": 2, "described_at": 3,
    }  # fmt: skip
    return {**base, **changes}


def entry(path, content, **changes):
    digest = hashlib.sha256(content).hexdigest()
    return {"path": path, "size": len(content), "sha256": digest, **changes}


def bundle(text, members=(), compression=zipfile.ZIP_DEFLATED):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as archive:
        archive.writestr("run.json", text if isinstance(text, str) else json.dumps(text))
        for name, content in members:
            archive.writestr(name, content)
    made.seek(0)
    return made


def unpack(source, folder):
    with bundles.opened(source, "a.zip") as opened:
        return opened.unpack(folder)


def test_a_run_comes_back_as_it_was(tmp_path):
    file = tmp_path / "a.txt"
    file.write_bytes(b"hello")
    metrics = {"auc": [[0.5, 1, 0], [float("nan"), 2, 1], [float("inf"), 3, 2]]}
    made = RunDescription.model_validate(
        description(metrics=metrics, files=[entry("artifacts/notes/a.txt", b"hello")])
    )
    target = tmp_path / "run.zip"
    bundles.write(Described(made, {"artifacts/notes/a.txt": file}), target)
    folder = tmp_path / "out"
    folder.mkdir()
    with target.open("rb") as source:
        back = unpack(source, folder)
    assert back.description.digest == made.digest
    assert repr(back.description.metrics) == repr(made.metrics)
    assert back.places["artifacts/notes/a.txt"].read_bytes() == b"hello"


def test_the_same_run_gives_the_same_bytes(tmp_path):
    made = RunDescription.model_validate(description())
    for name in ("a", "b"):
        bundles.write(Described(made, {}), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_file_that_changes_meanwhile_makes_no_bundle(tmp_path):
    file = tmp_path / "a.txt"
    file.write_bytes(b"later")
    made = RunDescription.model_validate(description(files=[entry("artifacts/a.txt", b"hello")]))
    with pytest.raises(Conflict):
        bundles.write(Described(made, {"artifacts/a.txt": file}), tmp_path / "run.zip")


@pytest.mark.parametrize(
    "path",
    [
        "../a", "artifacts/../../a", "/etc/passwd", "artifacts//a", "artifacts/./a", "", ".",
        "C:/a", "artifacts\\..\\a", "artifacts/a\0b", "artifacts/" + "a" * 2000, "artifacts/",
    ],
)  # fmt: skip
def test_paths_that_leave_are_no_paths(path, tmp_path):
    source = bundle(description(files=[entry(path, b"x")]), [(path or "x", b"x")])
    with pytest.raises(BadInput):
        unpack(source, tmp_path)
    assert list(tmp_path.iterdir()) == []


@given(st.text(alphabet="ab./\\:C\0", max_size=12))
def test_no_path_leaves_its_folder(tmp_path_factory, path):
    root = tmp_path_factory.getbasetemp()
    try:
        safe = safe_path(path)
    except ValueError:
        return
    assert (root / safe).resolve().is_relative_to(root.resolve())
    assert (root / safe).resolve() != root.resolve()


@pytest.mark.parametrize(
    ("content", "members"),
    [
        ("no json", []),
        ("[" * 100_000, []),
        ("{}", []),
        (description(schema_version=2), []),
        (description(uid="../../x"), []),
        (description(status="<script>"), []),
        (description(files=[entry("artifacts/a", b"hello")]), []),
        (description(files=[entry("artifacts/a", b"hello")]), [("artifacts/a", b"hellO")]),
        (description(files=[entry("artifacts/a", b"hello")]), [("artifacts/a", b"hello!")]),
        (description(files=[entry("artifacts/a", b"hello")] * 2), [("artifacts/a", b"hello")]),
        (description(files=[entry("elsewhere/a", b"x")]), [("elsewhere/a", b"x")]),
        (description(files=[entry(f"models/{UID}/a", b"x")]), [(f"models/{UID}/a", b"x")]),
        (
            description(files=[entry("artifacts/a", b"x"), entry("artifacts/a/b", b"x")]),
            [("artifacts/a", b"x"), ("artifacts/a/b", b"x")],
        ),
        (description(files=[entry("artifacts/a", b"x", size=10**15)]), [("artifacts/a", b"x")]),
    ],
)
def test_what_is_not_what_it_says_is_refused(content, members, tmp_path):
    with pytest.raises(BadInput):
        unpack(bundle(content, members), tmp_path)


def test_what_is_no_zip_is_refused(tmp_path):
    for content in (b"", b"PK\x03\x04 and nothing more", b"x" * 1000):
        with pytest.raises(BadInput):
            unpack(io.BytesIO(content), tmp_path)


def test_a_bomb_is_noticed_before_anything_is_written(tmp_path):
    zeros = b"\0" * 3_000_000
    files = [entry(f"artifacts/{count}", zeros) for count in range(200)]
    one = bundle(description(files=files), [("artifacts/0", zeros)])
    with pytest.raises(BadInput, match="more than it can"):
        unpack(one, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_members_that_nobody_asked_for_are_left(tmp_path):
    source = bundle(description(), [("../../evil", b"x"), ("artifacts/b", b"x")])
    assert unpack(source, tmp_path).places == {}
    assert list(tmp_path.iterdir()) == []


def test_a_uid_is_kept_where_it_is_one_and_follows_from_the_id_elsewhere():
    assert uid_of(UID, "a") == UID
    for odd in (None, "", "x", "../x", UID.upper(), UID + "\n"):
        assert uid_of(odd, "a") == uid_of(None, "a") != uid_of(None, "b")
    assert FileEntry.model_validate(entry("artifacts/a", b"")).size == 0

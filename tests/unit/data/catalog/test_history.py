from __future__ import annotations

import json
import os
import re
import time
from datetime import datetime, timedelta

import pytest

from mlops_jupyter import git
from mlops_jupyter.data import matching, path_of, resolve, show, snapshot, versions
from mlops_jupyter.data.cache.dvc_store import cached_path, hash_file
from mlops_jupyter.data.catalog import tags
from mlops_jupyter.data.records import DataVersions
from mlops_jupyter.errors import NotFound, UsageError
from mlops_jupyter.render import html


@pytest.fixture
def three(ws):
    """data:x@v1, data:y@v1, data:x@v2, in this order."""
    first = snapshot(ws, "data/x.csv", message="first")
    (ws.root / "y.csv").write_text("y")
    other = snapshot(ws, "y.csv")
    (ws.root / "data" / "x.csv").write_text("longer than it was\n")
    second = snapshot(ws, "data/x.csv")
    return first, other, second


def test_nothing_yet(ws):
    assert versions(ws).versions == ()
    assert "mlops data snapshot" in versions(ws).to_text()
    with pytest.raises(NotFound) as error:
        versions(ws, "x")
    assert "mlops data snapshot PATH" in error.value.hint


def test_newest_first(ws, three):
    assert [v.ref for v in versions(ws).versions] == ["data:x@v2", "data:y@v1", "data:x@v1"]
    assert [v.ref for v in versions(ws, "x").versions] == ["data:x@v2", "data:x@v1"]
    assert versions(ws, "data:x") == versions(ws, "x")


def test_the_file_of_now_is_compared(ws, three):
    assert [v.file_now for v in versions(ws).versions] == ["same", "same", "changed"]
    (ws.root / "y.csv").unlink()
    (ws.root / "data" / "x.csv").write_text("LONGER than it was\n")  # of the same size
    assert [v.file_now for v in versions(ws).versions] == ["changed", "missing", "changed"]
    (ws.root / "data" / "x.csv").write_text("a,b\n1,2\n")
    assert [v.file_now for v in versions(ws, "x").versions] == ["changed", "same"]


def test_a_file_that_is_another_version_is_no_alarm(ws, three):
    newer, older = versions(ws, "x").versions
    assert (newer.file_is, older.file_is) == (None, newer.ref)
    listed = versions(ws, "x")
    assert re.search(r"^data:x@v1 .* is v2 ", listed.to_text(), re.MULTILINE)
    assert "changed" not in listed.to_html()
    assert html.WARN not in listed.to_html()
    assert show(ws, "x@v1").version.file_is == newer.ref
    assert "file now: is v2" in show(ws, "x@v1").to_text()
    (ws.root / "data" / "x.csv").write_text("what no version has\n")
    assert [v.file_is for v in versions(ws, "x").versions] == [None, None]
    assert html.WARN in versions(ws, "x").to_html()
    assert versions(ws, "x", limit=1).versions[0].file_is is None
    (ws.root / "data" / "x.csv").write_text("a,b\n1,2\n")
    assert versions(ws, "x", limit=1).versions[0].file_is == older.ref, "also of those not listed"


def test_figures_of_a_list_are_not_broken_and_all_pinned_needs_no_word(ws):
    snapshot(ws, "data")
    cells = re.findall(r"<t[hd]([^>]*)>([^<]*)<", versions(ws).to_html())
    whole = {text for style, text in cells if "white-space:nowrap" in style}
    assert {"version", "made", "just now", "size", "8 B", "now"} <= whole
    listed = versions(ws)
    assert listed.to_text().count("dvc gc") == listed.to_html().count("dvc gc") == 1
    assert "only if you run `dvc gc` yourself" in listed.to_text()
    snapshot(ws, "data", pin=True)
    assert "dvc gc" not in versions(ws).to_text()


def test_a_file_that_takes_long_to_read_is_unknown(ws, monkeypatch):
    from mlops_jupyter.data.catalog import files_now

    file = ws.root / "data" / "x.csv"
    os.utime(file, (10, 10))
    snapshot(ws, file)
    monkeypatch.setattr(files_now, "_READ_LIMIT", 0)
    assert versions(ws).versions[0].file_now == "same"  # DVC remembers its hash
    os.utime(file, (20, 20))
    assert versions(ws).versions[0].file_now == "unknown"


def test_a_folder_of_now_is_compared(ws):
    snapshot(ws, "data")
    assert versions(ws).versions[0].file_now == "same"
    (ws.root / "data" / "new.csv").write_text("new")
    assert versions(ws).versions[0].file_now == "changed"


def test_resolve(ws, three):
    first, _, second = three
    plain = {"file_now": "unknown"}
    assert resolve(ws, "data:x@v1") == first.model_copy(update=plain)
    assert resolve(ws, "x@2") == resolve(ws, "x") == second.model_copy(update=plain)
    assert path_of(ws, "y@v1").read_text() == "y"


@pytest.mark.parametrize(
    ("reference", "kind", "hint"),
    [
        ("data:x@v9", NotFound, "data:x@v2"),
        ("xx", NotFound, "did you mean 'x'"),
        ("data/x.csv", NotFound, "did you mean 'x'"),
        ("zebra", NotFound, "there are: x, y"),
        ("run:0190", UsageError, "data:NAME@vN"),
    ],
)
def test_what_is_not_there(ws, three, reference, kind, hint):
    with pytest.raises(kind) as error:
        resolve(ws, reference)
    assert hint in error.value.hint


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ("x.csv", "did you mean 'x'?"),
        ("../data/x.csv", "did you mean 'x'?"),
        ("data/x.csv", "did you mean 'x'?"),
        ("loose.csv", "read it itself, or keep it first: `mlops data snapshot loose.csv`"),
        ("data/loose.csv", "`mlops data snapshot loose.csv`"),
        ("deep/x.csv", "`mlops data snapshot deep/x.csv`"),
        ("x" * 5000, "there are: x, y"),
    ],
)
def test_a_path_in_the_place_of_a_name(ws, three, monkeypatch, given, hint):
    (ws.root / "data" / "loose.csv").write_text("a\n")
    (ws.root / "data" / "deep").mkdir()
    (ws.root / "data" / "deep" / "x.csv").write_text("a\n")
    monkeypatch.chdir(ws.root / "data")
    with pytest.raises(NotFound) as error:
        resolve(ws, given)
    assert hint in error.value.hint


def test_a_path_where_nothing_is_kept_yet(ws):
    with pytest.raises(NotFound) as error:
        resolve(ws, "data/x.csv")
    assert "`mlops data snapshot data/x.csv`" in error.value.hint


def test_content_that_is_not_on_this_machine(ws, three):
    path_of(ws, "y").unlink()
    with pytest.raises(NotFound) as error:
        path_of(ws, "y")
    assert "mlops data pull" in error.value.hint


def test_matching(ws, three):
    first = three[0]
    assert matching(ws, first.hash) == ["data:x@v1"]
    (ws.root / "data" / "x.csv").write_text("a,b\n1,2\n")
    assert hash_file(ws, ws.root / "data" / "x.csv") == first.hash
    snapshot(ws, "data/x.csv")
    assert matching(ws, first.hash) == ["data:x@v3", "data:x@v1"]
    assert matching(ws, "0" * 32) == []


def test_hash_of_a_file_anywhere(ws, tmp_path):
    file = tmp_path / "elsewhere.bin"
    file.write_bytes(b"hello\n")
    assert hash_file(ws, file) == "b1946ac92492d2347c6235b4d2611184"  # md5sum says so
    assert not cached_path(ws, "b1946ac92492d2347c6235b4d2611184").exists()
    with pytest.raises(NotFound):
        hash_file(ws, tmp_path / "nowhere")


def test_an_unchanged_file_is_not_read_again(ws):
    file = ws.root / "data" / "x.csv"
    os.utime(file, (10, 10))
    digest = hash_file(ws, file)
    # Other content under the same inode, time and size: only reading could tell.
    with file.open("r+") as opened:
        opened.write("b,a")
    os.utime(file, (10, 10))
    assert hash_file(ws, file) == digest


def _tag(ws, name, message):
    tree = git.run(ws.root, "write-tree")
    commit = git.run(
        ws.root,
        *("-c", "user.name=E", "-c", "user.email=e@e.org"),
        *("commit-tree", tree, "-m", message),
    )
    git.run(ws.root, "tag", name, commit)


def test_tags_that_others_made_do_no_harm(ws, three):
    content = {
        "name": "x", "version": 3, "path": "data/x.csv", "hash": "../../../../etc/passwd",
        "size": 1, "files": 1, "created": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    _tag(ws, "mlops/data/x/v3", f"evil\n\nMlops-Data: {json.dumps(content)}")
    _tag(ws, "mlops/data/x/v4", "no word of ours")
    _tag(ws, "mlops/data/x/vX", "no version")
    _tag(ws, "mlops/data/x/v5", "later\n\nMlops-Data: {not json")
    assert [v.ref for v in versions(ws).versions] == ["data:x@v2", "data:y@v1", "data:x@v1"]
    (ws.root / "data" / "x.csv").write_text("newest")
    assert snapshot(ws, "data/x.csv").version == 6  # their numbers are taken


def test_results_survive_json(ws, three):
    found = versions(ws)
    content = found.to_dict()
    assert (content["kind"], content["schema_version"]) == ("data_versions", 1)
    assert DataVersions.from_dict(json.loads(json.dumps(content))) == found


def test_shown_text_is_harmless(ws):
    evil = "<img src=x onerror=alert(1)>\x1b[2J"
    (ws.root / "<b>.csv").write_text("x")
    version = snapshot(ws, "<b>.csv", name="<i>", message=evil)
    for result in (version, versions(ws)):
        assert "<img" not in result.to_html()
        assert "<b>" not in result.to_html()
        assert "<i>" not in result.to_html()
        assert "\x1b" not in result.to_text()
        assert "<img src=x onerror=alert(1)>" in result.to_text()
        assert "script" not in result.to_html()


@pytest.fixture
def a_thousand(ws):
    """A thousand versions, made as git makes many at once."""
    first = snapshot(ws, "data/x.csv")
    tree = git.run(ws.root, "rev-parse", f"{first.commit}^{{tree}}")
    trailer = git.run(ws.root, "log", "-1", "--format=%B", first.commit).splitlines()[-1]
    content = json.loads(trailer.removeprefix("Mlops-Data: "))
    made = datetime.fromisoformat(content["created"])
    lines = []
    for number in range(2, 1001):
        content |= {
            "version": number,
            "hash": f"{number:032x}",
            "created": (made + timedelta(seconds=number)).isoformat(),
        }
        message = f"x\n\nMlops-Data: {json.dumps(content)}\n"
        lines.append(
            f"commit refs/tags/mlops/data/x/v{number}\n"
            f"committer A <a@b> {number} +0000\n"
            f"data {len(message.encode())}\n{message}\nM 040000 {tree} \n"
        )
    git.run(ws.root, "fast-import", "--quiet", stdin="".join(lines).encode())
    return ws


def test_of_a_thousand_the_newest_fifty_are_shown(a_thousand):
    found = versions(a_thousand, "x")
    assert [v.version for v in found.versions] == list(range(1000, 950, -1))
    assert (found.more, found.unpinned) == (950, 1000)
    text = found.to_text()
    assert len(text.splitlines()) == 53
    assert "and 950 older: --limit 1000" in text
    assert "950 older" in found.to_html()
    everything = versions(a_thousand, limit=None)
    assert (len(everything.versions), everything.more) == (1000, 0)
    assert "older" not in everything.to_text()
    with pytest.raises(UsageError):
        versions(a_thousand, limit=0)


def test_a_thousand_are_read_once(a_thousand, monkeypatch):
    assert resolve(a_thousand, "x@v7").version == 7
    time.sleep(0.06)  # until the file system's clock would tell a change
    assert resolve(a_thousand, "x").version == 1000
    with monkeypatch.context() as patch:
        patch.setattr(tags.git, "run", None)
        assert resolve(a_thousand, "x@v8").version == 8
        assert matching(a_thousand, f"{500:032x}") == ["data:x@v500"]
    git.run(a_thousand.root, "tag", "-d", "mlops/data/x/v1000")
    assert resolve(a_thousand, "x").version == 999
    git.run(a_thousand.root, "pack-refs", "--all")
    git.run(a_thousand.root, "tag", "-d", "mlops/data/x/v999")
    assert resolve(a_thousand, "x").version == 998

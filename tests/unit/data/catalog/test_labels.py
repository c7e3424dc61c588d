"""Labels: what may be one, what it names, and that it stays."""

from __future__ import annotations

import pytest

from mlops_jupyter import git
from mlops_jupyter.data import DataVersion, resolve, snapshot, versions
from mlops_jupyter.data.catalog import tags
from mlops_jupyter.errors import BadInput, Conflict, MlopsError, NotFound


@pytest.fixture
def labelled(ws):
    """Two versions, the first of which is published."""
    first = snapshot(ws, "data/x.csv", tag="as published")
    (ws.root / "data" / "x.csv").write_text("a,b\n3,4\n")
    return first, snapshot(ws, "data/x.csv")


def test_a_label_names_its_version(ws, labelled):
    first, second = labelled
    assert first.labels == ("as published",)
    assert second.labels == ()
    for reference in ("data:x@as published", "x@as published"):
        assert resolve(ws, reference).ref == first.ref
    assert "tagged as published" in versions(ws).to_text()
    assert "tagged as published" in versions(ws).to_html()
    # For whoever has git alone it is a tag at the version's commit.
    tag = git.run(ws.root, "rev-parse", "mlops/data/x/as%20published")
    assert tag == first.commit


def test_what_is_there_already_gets_a_label(ws, labelled):
    _, second = labelled
    again = snapshot(ws, "data/x.csv", tag="best")
    assert (again.ref, again.unchanged, again.labels) == (second.ref, True, ("best",))
    assert snapshot(ws, "data/x.csv", tag="best").labels == ("best",)
    snapshot(ws, "data/x.csv", tag="a second one")
    assert resolve(ws, "x@best").labels == ("a second one", "best")


def test_a_label_does_not_move(ws, labelled):
    for content in ("a,b\n3,4\n", "a,b\n5,6\n"):
        (ws.root / "data" / "x.csv").write_text(content)
        with pytest.raises(Conflict, match="data:x@v1 is tagged 'as published'"):
            snapshot(ws, "data/x.csv", tag="as published")
    assert len(versions(ws).versions) == 2
    with pytest.raises(BadInput, match="differs only in case"):
        snapshot(ws, "data/x.csv", tag="AS published")


def test_other_data_may_have_the_same(ws, labelled):
    (ws.root / "data" / "y.csv").write_text("y\n")
    snapshot(ws, "data/y.csv", tag="as published")
    assert resolve(ws, "y@as published").path == "data/y.csv"


def test_of_several_none_is_made_where_one_has_the_label(ws, labelled):
    (ws.root / "data" / "y.csv").write_text("y\n")
    with pytest.raises(Conflict):
        snapshot(ws, "data/y.csv", "data/x.csv", tag="as published")
    assert {version.name for version in versions(ws).versions} == {"x"}


@pytest.mark.parametrize("label", ["../../heads/main", "-f", "a.lock", "~1", "ü/ñ", "a:b", "日本"])
def test_hostile_labels_are_labels(ws, label):
    made = snapshot(ws, "data/x.csv", tag=label)
    assert made.labels == resolve(ws, f"data:x@{label}").labels == (label,)
    assert "refs/heads/main" not in git.run(ws.root, "for-each-ref")


@pytest.mark.parametrize(
    "label",
    ["", " ", " x", "v3", "V3", "3", "20130630", "latest", "Newest", "deadbeef", "a\nb", "a@b",
     "ab12cd34.dir", "x" * 300, "\x1b[31m"],
)  # fmt: skip
def test_what_would_read_as_something_else_is_refused(ws, label):
    with pytest.raises(BadInput) as error:
        snapshot(ws, "data/x.csv", tag=label)
    assert error.value.hint
    assert versions(ws).versions == ()


def test_a_whole_name_wins_and_hides_no_label(ws, labelled):
    with pytest.raises(BadInput, match="data:x@v1 by its tag already"):
        snapshot(ws, "data/x.csv", name="x@as published")
    snapshot(ws, "data/x.csv", name="x@raw")
    assert resolve(ws, "x@raw").name == "x@raw"
    with pytest.raises(BadInput, match="is data of its own"):
        snapshot(ws, "data/x.csv", name="x", tag="raw")


def test_what_no_version_is_tagged(ws, labelled):
    with pytest.raises(NotFound) as error:
        resolve(ws, "x@draft")
    assert "as published" in error.value.hint
    (ws.root / "data" / "y.csv").write_text("y\n")
    snapshot(ws, "data/y.csv")
    with pytest.raises(NotFound) as error:
        resolve(ws, "y@draft")
    assert "--tag" in error.value.hint


def _refs(ws, *lines: str) -> None:
    stdin = "".join(f"create refs/tags/mlops/data/{line}\n" for line in lines)
    git.run(ws.root, "update-ref", "--stdin", stdin=stdin.encode())


def test_tags_of_others_do_no_harm(ws, labelled):
    first, second = labelled
    blob = git.run(ws.root, "hash-object", "-w", "--stdin", stdin=b"Mlops-Data: {}")
    tree = git.run(ws.root, "rev-parse", f"{first.commit}^{{tree}}")

    def says(words: str) -> str:
        return git.run(ws.root, "commit-tree", tree, "-F", "-", stdin=words.encode())

    trailer = git.run(ws.root, "log", "-1", "--format=%B", first.commit).splitlines()[-1]
    assert trailer.startswith("Mlops-Data: ")
    wrong = says("x\n\nMlops-Data: {'")
    odd_hash = says(trailer.replace(first.hash, "../../../etc/passwd"))
    _refs(
        ws,
        f"x/v3 {blob}",
        f"x/v4 {wrong}",
        f"x/v5 {odd_hash}",
        f"x/v06 {first.commit}",
        f"x/v99999999999999999999 {first.commit}",
        f"x/%zz {first.commit}",
        f"x/%1B[31m {second.commit}".replace("[", "%5B"),
        f"x/deeper/still {first.commit}",
        f"other {first.commit}",
        f"blob/of {blob}",
        f"tree/v1 {tree}",
        f"%FF%2F%2E%2E%2F/v1 {first.commit}",
    )
    git.run(ws.root, "tag", "-a", "-m", "theirs", "mlops/data/x/theirs", first.commit)
    (ws.root / "data" / "x.csv").write_text("a,b\n7,8\n")
    made = snapshot(ws, "data/x.csv")
    assert made.version == 6  # the numbers of others are taken
    shown = versions(ws)
    assert [v.version for v in shown.versions if v.name == "x"] == [6, 2, 1]
    assert "\x1b" not in shown.to_text() + shown.to_html()
    for reference in ("x", "x@v3", "x@v4", "x@theirs", "x@%zz", "blob", "tree", "other", "x@v06"):
        try:
            assert isinstance(resolve(ws, reference), DataVersion)
        except MlopsError as error:
            assert error.hint


def test_a_commit_that_is_gone_is_told_by_git(ws, labelled):
    first, _ = labelled
    (ws.root / ".git" / "objects" / first.commit[:2] / first.commit[2:]).unlink()
    tags._known.clear()
    with pytest.raises(MlopsError) as error:
        versions(ws)
    assert first.commit in error.value.message or error.value.hint

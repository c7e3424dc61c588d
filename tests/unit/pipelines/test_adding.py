"""A notebook becomes a stage: what is proposed, written, refused."""

import pytest

from mlops_jupyter import git
from mlops_jupyter.data import snapshot
from mlops_jupyter.errors import BadInput, Conflict, NotFound
from mlops_jupyter.pipelines import add, show
from tests.stock import commit_all

CODE = "import helper\npd.read_csv('../raw.csv').to_csv('../clean.csv')"


@pytest.fixture
def notebook(workspace, write):
    (workspace.root / "raw.csv").write_text("a\n1\n")
    path = write(workspace.root / "notebooks" / "prepare.ipynb", CODE, parameters="rows: int = 2")
    (path.parent / "helper.py").write_text("X = 1\n")
    return path


def text(workspace, name):
    return (workspace.root / name).read_text()


def users_files(workspace):
    own = {".dvc", ".git", ".mlops"}
    return sorted(path for path in workspace.root.rglob("*") if not own & set(path.parts))


def test_a_stage_is_written_as_plain_dvc_yaml(workspace, notebook):
    done = add(workspace, notebook)
    assert done.written
    assert text(workspace, "dvc.yaml") == (
        """\
stages:
  prepare:
    cmd: mlops run notebooks/prepare.ipynb -f params.yaml:prepare
    deps:
    - notebooks/helper.py
    - notebooks/prepare.ipynb
    - raw.csv
    params:
    - prepare
    outs:
    - clean.csv
"""
    )
    assert text(workspace, "params.yaml") == "prepare:\n  rows: 2\n"
    assert "/clean.csv\n" in text(workspace, ".gitignore")
    assert done.files == ["dvc.yaml", "params.yaml", ".gitignore"]


def test_a_proposal_writes_nothing(workspace, notebook):
    before = users_files(workspace)
    ignored = text(workspace, ".gitignore")
    proposal = add(workspace, notebook, dry_run=True)
    assert not proposal.written
    assert [path.path for path in proposal.outputs] == ["clean.csv"]
    assert users_files(workspace) == before
    assert text(workspace, ".gitignore") == ignored


def test_it_is_said_where_no_run_tells_what_is_read(workspace, notebook):
    assert "no tracked run" in add(workspace, notebook, dry_run=True).notes[0]


def test_the_user_s_own_words_count_instead_of_the_proposed_ones(workspace, notebook):
    done = add(workspace, notebook, deps=["mlops.toml"], outs=["other"], dry_run=True)
    assert [path.path for path in done.outputs] == ["other"]
    assert [path.path for path in done.dependencies] == [
        "mlops.toml", "notebooks/helper.py", "notebooks/prepare.ipynb",
    ]  # fmt: skip


def test_values_of_params_yaml_stay_and_given_ones_win(workspace, notebook):
    before = "# mine\nprepare:\n    rows: 7   # many\nother: 1\n"
    (workspace.root / "params.yaml").write_text(before)
    assert add(workspace, notebook, dry_run=True).parameters == {"rows": 7}
    assert add(workspace, notebook, parameters=["rows=9"]).parameters == {"rows": 9}
    assert text(workspace, "params.yaml") == before.replace("rows: 7", "rows: 9")


def test_a_wrong_parameter_is_refused(workspace, notebook):
    with pytest.raises(BadInput, match="no parameter 'row'"):
        add(workspace, notebook, parameters=["row=9"])


def test_a_notebook_without_parameters_needs_no_section(workspace, write):
    done = add(workspace, write(workspace.root / "a b.ipynb", "1"))
    assert (done.name, done.command) == ("a_b", "mlops run 'a b.ipynb'")
    assert not (workspace.root / "params.yaml").exists()


def test_stages_follow_one_another_before_anything_ran(workspace, notebook, write):
    add(workspace, notebook)
    later = write(workspace.root / "notebooks" / "train.ipynb", "pd.read_csv('../clean.csv')")
    done = add(workspace, later)
    assert "clean.csv" in [path.path for path in done.dependencies]
    assert [(stage.name, stage.after) for stage in show(workspace).stages] == [
        ("prepare", []),
        ("train", ["prepare"]),
    ]


def test_what_is_there_stays_to_the_letter(workspace, notebook):
    before = "# ours\nstages:\n    old:   # first\n        cmd: \"echo 'x'\"\n\nplots: []\n"
    (workspace.root / "dvc.yaml").write_text(before)
    add(workspace, notebook)
    written = text(workspace, "dvc.yaml")
    head, tail = before.split("\n\n")
    assert written.startswith(f"{head}\n    prepare:\n")
    assert written.endswith(f"    - clean.csv\n\n{tail}")


def test_a_stage_of_that_name_is_not_overwritten(workspace, notebook):
    add(workspace, notebook)
    before = text(workspace, "dvc.yaml")
    with pytest.raises(Conflict, match="there is a stage 'prepare'"):
        add(workspace, notebook, outs=["x"])
    assert text(workspace, "dvc.yaml") == before


def test_a_stage_that_is_there_as_it_would_be_written_stays(workspace, notebook):
    add(workspace, notebook)
    before = text(workspace, "dvc.yaml").replace("stages:", "# mine\nstages:")
    (workspace.root / "dvc.yaml").write_text(before)
    assert not add(workspace, notebook, dry_run=True).written
    assert add(workspace, notebook, parameters=["rows=9"]).written
    assert text(workspace, "dvc.yaml") == before
    assert text(workspace, "params.yaml") == "prepare:\n  rows: 9\n"


def test_paths_count_from_the_workspace_wherever_one_is(workspace, notebook, monkeypatch):
    monkeypatch.chdir(notebook.parent)
    done = add(workspace, "prepare.ipynb", outs=["../clean.csv"])
    assert [path.path for path in done.outputs] == ["clean.csv"]
    written = text(workspace, "dvc.yaml")
    assert "wdir" not in written
    assert "    - raw.csv\n" in written
    assert "    - clean.csv\n" in written


def test_what_git_ignores_already_is_not_said_to_be_written(workspace, notebook):
    ignored = workspace.root / ".gitignore"
    ignored.write_text("/made/\n")
    assert add(workspace, notebook, outs=["made/x.csv"]).files == ["dvc.yaml", "params.yaml"]
    assert not (workspace.root / "made" / ".gitignore").exists()


def test_an_output_may_go_to_a_folder_that_is_not_there_yet(workspace, notebook):
    add(workspace, notebook, outs=["made/here/clean.csv"])
    assert text(workspace, "made/here/.gitignore") == "/clean.csv\n"


def test_an_output_that_git_tracks_is_refused(workspace, notebook):
    (workspace.root / "clean.csv").write_text("a\n")
    commit_all(workspace.root)
    with pytest.raises(BadInput, match=r"git tracks clean\.csv") as refused:
        add(workspace, notebook)
    assert "git rm --cached clean.csv" in refused.value.hint
    assert not (workspace.root / "dvc.yaml").exists()


@pytest.mark.parametrize(
    ("outs", "said"),
    [
        (["clean.csv"], "clean.csv"),  # another stage's
        (["folder/x"], "overlap"),  # within one of another's
        (["../x"], "outside the workspace"),
        (["."], "the workspace itself"),
        (["notebooks/other.ipynb"], "other.ipynb"),  # the notebook it runs
    ],
)
def test_outputs_that_cannot_be(workspace, notebook, write, outs, said):
    add(workspace, notebook, outs=["clean.csv", "folder"])
    other = write(workspace.root / "notebooks" / "other.ipynb", "1")
    before = text(workspace, "dvc.yaml")
    with pytest.raises(BadInput, match=said):
        add(workspace, other, outs=outs)
    assert text(workspace, "dvc.yaml") == before


def test_stages_in_a_ring_are_refused(workspace, notebook, write):
    add(workspace, notebook)
    other = write(workspace.root / "notebooks" / "other.ipynb", "1")
    with pytest.raises(BadInput, match="both a dependency and an output"):
        add(workspace, other, deps=["clean.csv"], outs=["raw.csv"])


@pytest.mark.parametrize("name", ["a/b", "a:b", "-a", "", "a@b"])
def test_names_that_dvc_or_a_shell_would_misread(workspace, notebook, name):
    if name:
        with pytest.raises(BadInput, match="no name for a stage"):
            add(workspace, notebook, name=name)
    else:
        assert add(workspace, notebook, name=name, dry_run=True).name == "prepare"


def test_a_broken_dvc_yaml_is_told(workspace, notebook):
    (workspace.root / "dvc.yaml").write_text("stages: [\n")
    with pytest.raises(BadInput, match=r"dvc\.yaml"):
        add(workspace, notebook)
    assert text(workspace, "dvc.yaml") == "stages: [\n"


def test_git_s_index_is_not_touched_whatever_dvc_is_set_to(workspace, notebook):
    git.run(workspace.root, "-c", "x.y=z", "add", ".gitignore")
    (workspace.root / ".dvc" / "config").write_text("[core]\n    autostage = true\n")
    before = git.run(workspace.root, "ls-files", "--stage")
    add(workspace, notebook)
    assert git.run(workspace.root, "ls-files", "--stage") == before


def test_versions_of_data_are_no_outputs_of_dvc_s(workspace, notebook):
    snapshot(workspace, "raw.csv")
    assert "raw.csv" in [path.path for path in add(workspace, notebook).dependencies]


def test_a_notebook_that_is_not_there(workspace):
    with pytest.raises(NotFound):
        add(workspace, "nothing.ipynb")

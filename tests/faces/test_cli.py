"""The command line, as a process of its own."""

import io
import json
import os
import subprocess
import sys

import pytest

from mlops_jupyter import cli, errors
from mlops_jupyter.commands import tree
from mlops_jupyter.commands.tree import leaves
from mlops_jupyter.results import Event
from mlops_jupyter.tracking.writer import open_run


def mlops(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mlops_jupyter", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **env},
    )


@pytest.fixture
def something(workspace):
    """A workspace with a run and two files."""
    open_run(workspace, experiment="e", name="a run").finish()
    for name in ("a.csv", "b.csv"):
        (workspace.root / name).write_text("x,y\n" + "1,2\n3,4\n" * 30)


@pytest.mark.usefixtures("something")
@pytest.mark.parametrize("words", ["runs", "drift a.csv b.csv"])
def test_json_is_one_document_with_kind_and_version(words: str):
    done = mlops(*words.split(), "--json")
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout)
    assert content["schema_version"] >= 1
    assert content["kind"]


@pytest.mark.usefixtures("something")
@pytest.mark.parametrize(
    "words",
    ["status", "doctor", "show last", "data versions", "data snapshot a.csv", "init",
     "log x=1 --run last"],
)  # fmt: skip
def test_so_is_that_of_other_verbs(words: str, capfd):
    """In this process: each of its own would import MLflow."""
    assert cli.main([*words.split(), "--json"]) == 0
    content = json.loads(capfd.readouterr().out)
    assert content["schema_version"] >= 1
    assert content["kind"]


def test_errors_have_their_exit_code_and_are_json_when_asked(workspace, capfd):
    done = mlops("show", "nothing", "--json")
    assert done.returncode == errors.NotFound.exit_code
    assert json.loads(done.stderr)["error"] == "NotFound"
    assert done.stdout == ""
    assert cli.main(["show", "nothing"]) == errors.NotFound.exit_code
    assert capfd.readouterr().err.startswith("mlops: no run 'nothing'\n  → ")


def test_usage_errors_exit_with_2_and_guess(workspace):
    done = mlops("stats")
    assert done.returncode == 2
    assert "did you mean `mlops status`?" in done.stderr


@pytest.mark.parametrize(
    ("verb", "told"), [("pin", "--pin"), ("label", "--tag LABEL"), ("tag", "--tag LABEL")]
)
def test_what_an_option_does_is_told_where_it_is_taken_for_a_command(verb, told, capsys):
    assert cli.main(["data", verb, "flights"]) == 2
    assert f"`mlops data snapshot PATH {told}`" in capsys.readouterr().err
    cli.main(["runs", verb])  # there it is no option of this kind
    assert "snapshot" not in capsys.readouterr().err


def pushes(_words, app):
    for done in range(6):
        app.events(Event("Pushing to store", done, 5))
    app.events(Event("Pushing tags"))


def test_progress_outside_a_terminal_says_a_thing_once(monkeypatch, capsys):
    monkeypatch.setattr(tree, "run", pushes)
    assert cli.main(["data", "push"]) == 0
    assert capsys.readouterr().err == "Pushing to store\nPushing tags\n"


def test_progress_on_a_terminal_is_one_line_that_goes_away(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(tree, "run", pushes)
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "20")
    assert cli.main(["data", "push"]) == 0
    shown = terminal.getvalue().split("\r")
    assert "\n" not in terminal.getvalue()
    assert "Pushing to st… 100%\x1b[K" in shown
    assert all(len(line.removesuffix("\x1b[K")) < 20 for line in shown)
    assert shown[-1] == "\x1b[K"


def test_an_unreachable_server_is_an_error_of_its_own(workspace):
    done = mlops("runs", MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    assert done.returncode == errors.StoreUnavailable.exit_code
    assert "--store local" in done.stderr
    assert (
        mlops("--store", "local", "runs", MLFLOW_TRACKING_URI="http://127.0.0.1:9").returncode == 0
    )


def test_without_a_workspace_it_says_how_to_make_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = mlops("runs")
    assert done.returncode == errors.NoWorkspace.exit_code
    assert "mlops init" in done.stderr


def test_names_print_in_any_locale(workspace):
    open_run(workspace, experiment="flüge ✈", name="日本語").finish()
    done = mlops("runs", LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr


def test_a_closed_pipe_is_no_error(workspace):
    command = f"{sys.executable} -m mlops_jupyter --help | true"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr


def test_the_shell_completes(workspace):
    done = mlops(_MLOPS_COMPLETE="bash_complete", COMP_WORDS="mlops tra", COMP_CWORD="1")
    assert done.stdout.strip() == "plain,track"


def test_tracking_is_for_notebooks(workspace):
    done = mlops("track", "x")
    assert done.returncode == 2
    assert "mlops_jupyter.track" in done.stderr


def test_a_live_name_needs_a_notebook(workspace):
    done = mlops("drift", "$frame", "a.csv")
    assert done.returncode == 2
    assert "notebook" in done.stderr


@pytest.mark.parametrize("path", leaves())
def test_every_verb_has_help(path, capsys):
    assert cli.main([*path.split(), "--help"]) == 0
    assert "Usage" in capsys.readouterr().out

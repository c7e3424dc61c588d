"""Running stages as `dvc repro` does, and saying what would run: real DVC, commands of a shell."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from mlops_jupyter import git
from mlops_jupyter.errors import BadInput, NotebookFailed, NotFound
from mlops_jupyter.pipelines import run, show, status
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.store.opening import client


def outcomes(done):
    return {stage.name: stage.outcome for stage in done.stages}


def states(workspace):
    return {
        stage.name: (stage.state, [reason.said for reason in stage.reasons])
        for stage in status(workspace).stages
    }


def repro(workspace, *words):
    done = subprocess.run(
        [sys.executable, "-m", "dvc", "repro", *words],
        cwd=workspace.root, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def test_stages_run_in_order_and_then_there_is_nothing_to_do(chain):
    told = []
    first = run(chain, events=told.append)
    assert outcomes(first) == dict.fromkeys(("first", "second", "third", "alone"), "ran")
    assert (chain.root / "three.txt").read_text().count("raw") == 2
    assert "second: told" in [event.message for event in told]
    assert (chain.root / first.stages[1].log).read_text() == "told\n"
    again = run(chain)
    assert set(outcomes(again).values()) == {"unchanged"}
    assert again.run_id is None
    assert again.lock_before == again.lock_after == first.lock_after
    assert "didn't change" in repro(chain)


def test_after_stock_repro_there_is_nothing_to_do(chain):
    repro(chain)
    assert set(outcomes(run(chain)).values()) == {"unchanged"}
    assert {state for state, _ in states(chain).values()} == {"unchanged"}


def test_what_changed_is_named_and_only_what_follows_runs(chain):
    run(chain)
    (chain.root / "params.yaml").write_text("second:\n  word: a\n  deep: {n: 2}\nother: 1\n")
    found = states(chain)
    assert found["first"] == ("unchanged", [])
    assert found["second"] == ("stale", ["second.deep.n: 1 → 2"])
    assert found["third"] == ("follows", [])
    assert found["alone"] == ("stale", ["params.yaml has changed"])
    planned = run(chain, ["third"], dry=True)
    assert outcomes(planned) == {"first": "unchanged", "second": "would run", "third": "would run"}
    done = run(chain, ["third"])
    assert outcomes(done) == {"first": "unchanged", "second": "ran", "third": "ran"}


def test_other_reasons(chain):
    run(chain)
    text = (chain.root / "dvc.yaml").read_text()
    (chain.root / "dvc.yaml").write_text(text.replace("cp raw.txt", "cp ./raw.txt"))
    (chain.root / "three.txt").unlink()
    found = states(chain)
    assert found["first"] == ("stale", ["its command has changed"])
    assert found["third"] == ("stale", ["three.txt is not there"])


def test_what_dvc_has_made_before_is_restored(chain):
    run(chain)
    (chain.root / "raw.txt").write_text("other\n")
    run(chain)
    (chain.root / "raw.txt").write_text("raw\n")
    assert outcomes(run(chain))["third"] == "restored"
    assert "raw" in (chain.root / "three.txt").read_text()


def test_force_runs_all(chain):
    run(chain)
    assert set(outcomes(run(chain, force=True)).values()) == {"ran"}


def test_a_failed_stage_stops_and_is_named_and_what_it_left_stays(chain):
    text = (chain.root / "dvc.yaml").read_text()
    broken = "echo half > two.txt; echo no luck; exit 3"
    text = text.replace("echo told; cat one.txt params.yaml > two.txt", broken)
    (chain.root / "dvc.yaml").write_text(text)
    with pytest.raises(NotebookFailed, match="stage 'second' failed: no luck") as failed:
        run(chain)
    result = failed.value.result
    assert outcomes(result)["second"] == "failed"
    assert "third" not in outcomes(result)
    assert (chain.root / "two.txt").read_text() == "half\n"
    kept = client(chain).get_run(result.run_id)
    assert kept.info.status == "FAILED"
    assert "no luck" in kept.data.tags[tags.ERROR]


def test_the_run_around_the_stages_holds_what_happened(chain):
    done = run(chain, ["second"])
    kept = client(chain).get_run(done.run_id)
    assert (kept.info.run_name, kept.info.status) == ("pipeline", "FINISHED")
    told = json.loads(kept.data.tags[tags.PIPELINE])
    assert [(stage["name"], stage["outcome"]) for stage in told["stages"]] == [
        ("first", "ran"),
        ("second", "ran"),
    ]
    assert told["lock"] == [None, done.lock_after]
    assert set(kept.data.metrics) >= {"seconds/first", "seconds/second"}
    files = client(chain).list_artifacts(done.run_id, "pipeline")
    assert [file.path for file in files] == [
        "pipeline/dvc.lock", "pipeline/dvc.yaml", "pipeline/params.yaml",
    ]  # fmt: skip
    later = run(chain)
    before = client(chain).list_artifacts(later.run_id, "pipeline/before")
    assert [file.path for file in before] == ["pipeline/before/dvc.lock"]


def test_git_s_index_is_not_touched(chain):
    (chain.root / ".dvc" / "config").write_text("[core]\n    autostage = true\n")
    before = git.run(chain.root, "ls-files", "--stage")
    run(chain)
    assert git.run(chain.root, "ls-files", "--stage") == before


def test_a_missing_dependency_is_told(chain):
    (chain.root / "raw.txt").unlink()
    with pytest.raises(NotebookFailed, match=r"stage 'first' failed: .*raw\.txt"):
        run(chain)


def test_a_stage_that_is_not_there_is_guessed(chain):
    with pytest.raises(NotFound, match="no stage 'secnd'") as wrong:
        run(chain, ["secnd"])
    assert "second" in wrong.value.hint


@pytest.mark.parametrize("verb", [run, status, show])
def test_without_a_pipeline_it_is_said_how_to_begin(workspace, verb):
    with pytest.raises(NotFound, match="no pipeline") as wrong:
        verb(workspace)
    assert "mlops pipeline add" in wrong.value.hint


@pytest.mark.parametrize("text", ["stages: 3\n", "stages: {a: {cmd: 1, deps: 2}}\n", "a: [\n"])
def test_a_wrong_dvc_yaml_is_told(workspace, text):
    (workspace.root / "dvc.yaml").write_text(text)
    with pytest.raises(BadInput, match=r"dvc\.yaml"):
        status(workspace)


def test_it_works_from_any_folder_of_the_workspace(chain, monkeypatch):
    (chain.root / "notebooks").mkdir()
    monkeypatch.chdir(chain.root / "notebooks")
    assert outcomes(run(chain, ["first"])) == {"first": "ran"}
    assert states(chain)["first"] == ("unchanged", [])


def test_ctrl_c_ends_the_stage_and_leaves_no_lock(chain):
    slow = "sleep 600"
    text = (chain.root / "dvc.yaml").read_text().replace("echo told", f"echo told; {slow}")
    (chain.root / "dvc.yaml").write_text(text)
    code = "import sys; from mlops_jupyter.cli import main; sys.exit(main(['pipeline', 'run']))"
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=chain.root, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    for line in process.stderr:
        if "second: told" in line:
            break
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    rest = process.communicate(timeout=120)[1]
    assert process.returncode == 130, rest
    newest = client(chain).search_runs(
        [each.experiment_id for each in client(chain).search_experiments()]
    )[0]
    assert newest.info.status == "KILLED"
    told = json.loads(newest.data.tags[tags.PIPELINE])["stages"]
    assert {stage["name"]: stage["outcome"] for stage in told}["second"] == "stopped"
    (chain.root / "dvc.yaml").write_text(text.replace(f"{slow};", ""))
    assert outcomes(run(chain, ["third"]))["third"] == "ran"


def test_the_graph_is_drawn(chain):
    graph = show(chain)
    assert [stage.name for stage in graph.stages if stage.name != "alone"] == [
        "first", "second", "third",
    ]  # fmt: skip
    second = next(stage for stage in graph.stages if stage.name == "second")
    assert (second.after, second.parameters) == (["first"], ["second"])
    assert graph.to_text().index("first") < graph.to_text().index("third")
    shown = graph.to_html()
    assert "<script" not in shown
    assert "second after first" in shown

from __future__ import annotations

import re
import subprocess
from dataclasses import replace

import pytest
import yaml

from mlops_jupyter.ci.github_workflow import with_inputs, workflow
from mlops_jupyter.ci.plan import of_schema
from tests.unit.ci.plans import FULL, SMALL


def read(plan):
    content = yaml.safe_load(workflow(plan))
    content["on"] = content.pop(True)  # YAML 1.1 reads the word so
    return content


def commands(content):
    return [step["run"].strip() for step in content["jobs"]["pipeline"]["steps"] if "run" in step]


def test_what_runs_in_which_order():
    assert [each.splitlines()[-1] for each in commands(read(FULL))] == [
        "python -m pip install -r requirements.txt",
        "mlops data pull --all",
        "mlops runs pull",
        "mlops pipeline run",
        '  ${INPUT_label:+-p "label=$INPUT_label"}',
        "mlops drift a b --fail-on-drift --json > mlops-report/drift-1.json",
        "python check.py",
        'cat mlops-report/report.md >> "$GITHUB_STEP_SUMMARY"',
        "mlops runs push",
    ]


def test_a_server_needs_no_exchange_of_runs():
    assert commands(read(SMALL))[1] == "mlops run notebooks/train.ipynb"
    assert "mlops runs" not in workflow(SMALL)


@pytest.mark.parametrize("plan", [SMALL, FULL])
def test_actions_are_pinned_to_commits_and_say_their_version(plan):
    used = re.findall(r"uses: (.*)", workflow(plan))
    assert len(used) >= 4
    for each in used:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each)


def test_each_job_may_do_what_it_needs_and_no_more():
    content = read(FULL)
    assert content["permissions"] == {}
    assert content["jobs"]["pipeline"]["permissions"] == {"contents": "read"}
    comment = content["jobs"]["comment"]
    assert comment["permissions"] == {"pull-requests": "write"}
    assert not [step for step in comment["steps"] if "checkout" in step.get("uses", "")]


def test_expressions_never_stand_in_a_command():
    content = read(FULL)
    for job in content["jobs"].values():
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")


def test_inputs_are_a_form_with_the_types_and_defaults_of_the_notebook():
    inputs = read(FULL)["on"]["workflow_dispatch"]["inputs"]
    assert inputs["depth"] == {
        "description": 'a "depth" $ {{ x }}',  # no expression any more
        "type": "number",
        "default": 5,
    }
    assert inputs["kind"]["options"] == ["a", "b'c"]
    assert inputs["kind"]["default"] == "b'c"
    assert inputs["fast"] == {"description": "fast", "type": "boolean", "default": True}
    assert inputs["label"] == {"description": "label", "type": "string"}


def test_without_parameters_there_is_no_form():
    assert read(SMALL)["on"]["workflow_dispatch"] is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [("5", ["-p", "depth=5"]), ("", []), ("a b'\"$HOME", ["-p", "depth=a b'\"$HOME"])],
)
def test_an_input_reaches_the_command_as_one_word_whatever_is_in_it(given, expected):
    plan = replace(FULL, inputs=(of_schema("depth", {"type": "string"}),))
    script = "\n".join(with_inputs(plan)).replace("mlops run", "printf '%s\\n'", 1)
    shown = subprocess.run(
        ["sh", "-c", script], capture_output=True, text=True, check=True,
        env={"INPUT_depth": given, "PATH": "/usr/bin:/bin"},
    ).stdout.splitlines()  # fmt: skip
    assert shown == ["notebooks/it's.ipynb", *expected]


def test_secrets_and_the_schedule():
    content = read(FULL)
    assert content["jobs"]["pipeline"]["env"] == {"REMOTE_KEY": "${{ secrets.REMOTE_KEY }}"}
    assert content["on"]["schedule"] == [{"cron": "0 6 * * 1"}]
    assert "schedule" not in read(SMALL)["on"]

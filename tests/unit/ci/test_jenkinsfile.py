from __future__ import annotations

import re
from dataclasses import replace

from mlops_jupyter.ci.jenkinsfile import jenkinsfile
from tests.unit.ci.plans import FULL, SMALL


def stages(plan):
    return re.findall(r"stage\('(.*)'\)", jenkinsfile(plan))


def test_what_runs_in_which_order():
    assert stages(SMALL) == ["Install", "Run", "Report"]
    assert stages(FULL) == [
        "Install",
        "Bring in the data",
        "Bring in earlier runs",
        "Run",
        "Run the notebook",
        "Gate 1",
        "Gate 2",
        "Report",
        "Keep the runs",
    ]


def test_a_gate_that_says_no_fails_the_build_and_the_report_is_made():
    text = jenkinsfile(FULL)
    assert text.count("catchError(buildResult: 'FAILURE'") == len(FULL.gates)


def test_parameters_offer_the_default_first():
    text = jenkinsfile(FULL)
    assert r"choice(name: 'kind', description: '', choices: ['b\'c', 'a'])" in text
    assert "booleanParam(name: 'fast', description: '', defaultValue: true)" in text
    assert "string(name: 'depth'" in text


def test_text_of_others_ends_no_string():
    plan = replace(SMALL, gates=("echo 'it''s' \\ '''${HOME}'''",))
    assert r"sh 'echo \'it\'\'s\' \\ \'\'\'${HOME}\'\'\''" in jenkinsfile(plan)
    plan = replace(SMALL, install=("first", "echo ''' \\"))
    assert "echo \\'\\'\\' \\\\\n" in jenkinsfile(plan)


def test_nothing_of_groovy_is_read_in_a_command():
    """Double quotes would interpolate."""
    assert not re.search(r'\bsh\s+"', jenkinsfile(FULL))


def test_when_it_runs():
    assert "cron('0 6 * * 1')" in jenkinsfile(FULL)
    assert "triggers" not in jenkinsfile(SMALL)

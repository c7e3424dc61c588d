"""A declarative Jenkinsfile: runs in a container, so that the machine needs only Docker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.ci.github_workflow import variable, with_inputs
from mlops_jupyter.ci.plan import REPORT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlops_jupyter.ci.plan import Input, Plan

PATH = "Jenkinsfile"

_HEAD = """\
// Written by `mlops ci jenkins` from mlops.toml, dvc.yaml and the notebook's parameters: change
// those and write it again. `mlops ci jenkins --check` says when this has fallen behind.
pipeline {{
    agent {{
        docker {{ image {image} }}
    }}
    options {{
        timeout(time: {timeout}, unit: 'MINUTES')
        disableConcurrentBuilds(abortPrevious: true)
    }}
"""
# The user of a container has no home there; nothing that is installed lies in the workspace.
_ENVIRONMENT = """\
    environment {
        HOME = "${WORKSPACE_TMP}"
        PATH = "${WORKSPACE_TMP}/venv/bin:${PATH}"
"""
_POST = """\
    post {{
        always {{
            archiveArtifacts artifacts: '{report}/**, .mlops/executed/**', allowEmptyArchive: true
        }}
    }}
}}
"""


def jenkinsfile(plan: Plan) -> str:
    """Return the Jenkinsfile's text.

    Parameters
    ----------
    plan : Plan
        What it has to do.

    Returns
    -------
    str
        Groovy, in Jenkins's declarative form.
    """
    parts = [_HEAD.format(image=_quoted(f"python:{plan.python}"), timeout=plan.timeout_minutes)]
    if plan.schedule:
        parts.append(f"    triggers {{\n        cron({_quoted(plan.schedule)})\n    }}\n")
    if plan.inputs:
        lines = "".join(f"        {_parameter(each)}\n" for each in plan.inputs)
        parts.append(f"    parameters {{\n{lines}    }}\n")
    secrets = "".join(f"        {name} = credentials({_quoted(name)})\n" for name in plan.secrets)
    parts.append(f"{_ENVIRONMENT}{secrets}    }}\n")
    parts.append("    stages {\n" + "".join(_stages(plan)) + "    }\n")
    return "".join(parts) + _POST.format(report=REPORT)


def _stages(plan: Plan) -> Iterator[str]:
    install = ['python -m venv "$WORKSPACE_TMP/venv"', *plan.install, f"mkdir -p {REPORT}"]
    yield _stage("Install", install)
    if plan.data:
        yield _stage("Bring in the data", ["mlops data pull --all"])
    if plan.exchange:
        yield _stage("Bring in earlier runs", ["mlops runs pull"])
    yield from _work(plan)
    for number, gate in enumerate(plan.gates, 1):
        yield _stage(f"Gate {number}", [gate], goes_on=True)
    yield _stage("Report", [f'mlops ci report --base "origin/{plan.base}" --to {REPORT}'])
    if plan.exchange:
        yield _stage("Keep the runs", ["mlops runs push"], when=f"branch {_quoted(plan.base)}")


def _work(plan: Plan) -> Iterator[str]:
    if plan.notebook is None or not plan.inputs:
        yield _stage("Run", [plan.work])
        return
    by_hand = ""
    if plan.work.startswith("mlops pipeline"):
        yield _stage("Run", [plan.work], when="not { triggeredBy 'UserIdCause' }")
        by_hand = "triggeredBy 'UserIdCause'"
    variables = {variable(each): f"params.{each.name}" for each in plan.inputs}
    yield _stage("Run the notebook", with_inputs(plan), when=by_hand, variables=variables)


def _stage(
    name: str,
    commands: Iterable[str],
    *,
    when: str = "",
    goes_on: bool = False,
    variables: dict[str, str] | None = None,
) -> str:
    """Return one stage; `goes_on`: its failure fails the build, and the report is still made."""
    lines = [f"stage({_quoted(name)}) {{"]
    if when:
        lines += ["    when {", f"        {when}", "    }"]
    if variables:
        lines += ["    environment {"]
        lines += [f'        {key} = "${{{value}}}"' for key, value in variables.items()]
        lines += ["    }"]
    lines += ["    steps {"]
    body = _script(list(commands))
    if goes_on:
        caught = "catchError(buildResult: 'FAILURE', stageResult: 'FAILURE') {"
        body = [caught, *(f"    {line}" for line in body), "}"]
    lines += [f"        {line}" for line in body]
    lines += ["    }", "}"]
    return "".join(f"        {line}\n" for line in lines)


def _script(commands: list[str]) -> list[str]:
    """Return the lines of a step with commands, in which nothing is Groovy's to read."""
    if len(commands) == 1:
        return [f"sh {_quoted(commands[0])}"]
    escaped = [each.replace("\\", "\\\\").replace("'''", "\\'\\'\\'") for each in commands]
    return ["sh '''", *(f"    {each}" for each in escaped), "'''"]


def _parameter(given: Input) -> str:
    about = f"name: {_quoted(given.name)}, description: {_quoted(given.description)}"
    if given.kind == "choice":
        ordered = sorted(given.options, key=lambda option: option != given.default)
        return f"choice({about}, choices: [{', '.join(map(_quoted, ordered))}])"
    if given.kind == "boolean":
        return f"booleanParam({about}, defaultValue: {given.default or 'false'})"
    return f"string({about}, defaultValue: {_quoted(given.default)})"


def _quoted(text: str) -> str:
    """Return text as a single-quoted Groovy string: no interpolation."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped.replace(chr(13), '')}'"

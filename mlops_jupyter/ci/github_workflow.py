"""A workflow of GitHub Actions.

Actions are pinned to commits, since a tag can be moved. Each job is allowed what it needs. What
comes from a user or a pull request reaches a shell through environment variables alone.
"""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

from mlops_jupyter.ci.plan import REPORT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlops_jupyter.ci.plan import Input, Plan

PATH = ".github/workflows/mlops.yml"

_CHECKOUT = "actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2"
_PYTHON = "actions/setup-python@a309ff8b426b58ec0e2a45f0f869d46889d02405 # v6.2.0"
_CACHE = "actions/cache@27d5ce7f107fe9357f9df03efb73ab90386fccae # v5.0.5"
_UPLOAD = "actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a # v7.0.1"
_DOWNLOAD = "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1"

_HEAD = """\
# Written by `mlops ci github` from mlops.toml, dvc.yaml and the notebook's parameters: change
# those and write it again. `mlops ci github --check` says when this has fallen behind.
name: mlops

on:
  pull_request:
  push:
    branches: [{base}]
{schedule}  workflow_dispatch:{inputs}

permissions: {{}}

concurrency:
  group: ${{{{ github.workflow }}}}-${{{{ github.ref }}}}
  cancel-in-progress: ${{{{ github.event_name == 'pull_request' }}}}

jobs:
  pipeline:
    name: Pipeline
    runs-on: ubuntu-24.04
    timeout-minutes: {timeout}
    permissions:
      contents: read
{secrets}    steps:
"""

_COMMENT = """\

  comment:
    name: Comment on the pull request
    needs: pipeline
    # Of a fork's pull request the token may only read; the report is in the summary there.
    if: >-
      always() && github.event_name == 'pull_request'
      && github.event.pull_request.head.repo.full_name == github.repository
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    permissions:
      pull-requests: write # this job runs nothing of the pull request's
    steps:
      - name: Get the report
        uses: {download}
        with:
          name: {report}
          path: {report}
      - name: Write the comment, or renew it
        env:
          GH_TOKEN: ${{{{ github.token }}}}
          NUMBER: ${{{{ github.event.pull_request.number }}}}
        run: >-
          gh pr comment "$NUMBER" --repo "$GITHUB_REPOSITORY"
          --edit-last --create-if-none --body-file {report}/report.md
"""

_BY_HAND = "github.event_name == 'workflow_dispatch'"


def workflow(plan: Plan) -> str:
    """Return the workflow's text.

    Parameters
    ----------
    plan : Plan
        What it has to do.

    Returns
    -------
    str
        YAML.
    """
    head = _HEAD.format(
        base=_quoted(plan.base),
        schedule=f"  schedule:\n    - cron: {_quoted(plan.schedule)}\n" if plan.schedule else "",
        inputs="\n    inputs:" * bool(plan.inputs) + "".join(map(_input, plan.inputs)),
        timeout=plan.timeout_minutes,
        secrets=_secrets(plan.secrets),
    )
    steps = "\n".join(_indented(step) for step in _steps(plan))
    return head + steps + _COMMENT.format(download=_DOWNLOAD, report=REPORT)


def _steps(plan: Plan) -> Iterator[str]:
    yield _uses(
        "Check out, with the history that the report looks back on",
        _CHECKOUT,
        "fetch-depth: 0",
        "persist-credentials: false",
    )
    locks = [f"cache-dependency-path: {plan.locks[0]}"] if plan.locks else []
    yield _uses(
        "Set up Python",
        _PYTHON,
        f"python-version: {_quoted(plan.python)}",
        *(["cache: pip", *locks] if locks else []),
    )
    yield _run("Install", plan.install)
    if plan.data:
        yield _uses(
            "Keep the content of data between builds",
            _CACHE,
            "path: .dvc/cache",
            "key: dvc-${{ hashFiles('**/dvc.lock', '**/*.dvc') }}",
            "restore-keys: dvc-",
        )
        yield _run("Bring in the data", ["mlops data pull --all"])
    if plan.exchange:
        yield _run("Bring in earlier runs", ["mlops runs pull"])
    yield from _work(plan)
    for number, gate in enumerate(plan.gates, 1):
        words = gate.split(" > ")[0] if gate.startswith("mlops drift") else gate
        yield _run(f"Gate {number}: {_short(words)}", [f"mkdir -p {REPORT}", gate])
    yield _run(
        "Report",
        [
            f'mlops ci report --base "$BASE" --to {REPORT}',
            f'cat {REPORT}/report.md >> "$GITHUB_STEP_SUMMARY"',
        ],
        condition="always()",
        env=[f"BASE: ${{{{ github.event.pull_request.base.sha || {_expression(plan.base)} }}}}"],
    )
    if plan.exchange:
        yield _run(
            "Keep the runs, as what later ones are held against",
            ["mlops runs push"],
            condition=f"github.ref == {_expression(f'refs/heads/{plan.base}')}",
        )
    yield _uses(
        "Keep the report and the executed notebooks",
        _UPLOAD,
        f"name: {REPORT}",
        "path: |",
        f"  {REPORT}",
        "  .mlops/executed",
        "include-hidden-files: true",
        condition="always()",
    )


def _work(plan: Plan) -> Iterator[str]:
    if plan.notebook is None or not plan.inputs:
        yield _run(_short(plan.work), [plan.work])
        return
    if plan.work.startswith("mlops pipeline"):
        yield _run(_short(plan.work), [plan.work], condition=_BY_HAND.replace("==", "!="))
        condition = _BY_HAND
    else:
        condition = ""
    yield _run(
        f"Run {plan.notebook}",
        with_inputs(plan),
        condition=condition,
        env=[f"{variable(each)}: ${{{{ inputs.{each.name} }}}}" for each in plan.inputs],
    )


def variable(given: Input) -> str:
    """Return the environment variable that carries an input to the shell."""
    return f"INPUT_{given.name}"


def with_inputs(plan: Plan) -> list[str]:
    """Return the lines of the command that runs the notebook; an empty input is left out."""
    lines = [f"mlops run {shlex.quote(str(plan.notebook))}"]
    for each in plan.inputs:
        name = variable(each)
        lines.append(f'  ${{{name}:+-p "{each.name}=${name}"}}')
    return [f"{line} \\" for line in lines[:-1]] + lines[-1:]


def _input(given: Input) -> str:
    lines = [f"{given.name}:", f"  description: {_quoted(given.description or given.name)}"]
    lines.append(f"  type: {given.kind}")
    if given.default:
        plain = given.kind in ("number", "boolean")
        lines.append(f"  default: {given.default if plain else _quoted(given.default)}")
    if given.options:
        lines.append("  options:")
        lines += [f"    - {_quoted(option)}" for option in given.options]
    return "".join(f"\n      {line}" for line in lines)


def _secrets(names: Iterable[str]) -> str:
    lines = [f"      {name}: ${{{{ secrets.{name} }}}}\n" for name in names]
    return "".join(["    env:\n", *lines]) if lines else ""


def _uses(name: str, action: str, *inputs: str, condition: str = "") -> str:
    lines = [f"- name: {_quoted(name)}", *_condition(condition), f"  uses: {action}", "  with:"]
    return "\n".join([*lines, *(f"    {line}" for line in inputs)])


def _run(
    name: str, commands: Iterable[str], *, condition: str = "", env: Iterable[str] = ()
) -> str:
    lines = [f"- name: {_quoted(name)}", *_condition(condition)]
    if variables := list(env):
        lines += ["  env:", *(f"    {line}" for line in variables)]
    return "\n".join([*lines, "  run: |", *(f"    {line}" for line in commands)])


def _condition(condition: str) -> list[str]:
    return [f"  if: {condition}"] if condition else []


def _indented(step: str) -> str:
    return "\n".join(f"      {line}" for line in step.splitlines()) + "\n"


def _quoted(text: str | None) -> str:
    """Return text as YAML: JSON's strings are YAML's too; an expression in it would be read."""
    return json.dumps((text or "").replace("${{", "$ {{"), ensure_ascii=False)


def _expression(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _short(command: str) -> str:
    return command if len(command) <= 72 else command[:71] + "…"

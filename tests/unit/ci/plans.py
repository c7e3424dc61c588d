"""Plans for tests."""

from __future__ import annotations

from dataclasses import replace

from mlops_jupyter.ci.plan import Plan, of_schema

SMALL = Plan(
    python="3.11",
    install=("python -m pip install -r requirements.txt",),
    locks=("requirements.txt",),
    data=False,
    exchange=False,
    work="mlops run notebooks/train.ipynb",
    notebook=None,
    inputs=(),
    gates=(),
    base="main",
    secrets=(),
    schedule=None,
    timeout_minutes=60,
)
FULL = replace(
    SMALL,
    data=True,
    exchange=True,
    work="mlops pipeline run",
    notebook="notebooks/it's.ipynb",
    inputs=(
        of_schema("depth", {"type": "integer", "default": 5, "description": 'a "depth" ${{ x }}'}),
        of_schema("kind", {"enum": ["a", "b'c"], "default": "b'c"}),
        of_schema("fast", {"type": "boolean", "default": True}),
        of_schema("label", {"type": "string"}),
    ),
    gates=(
        "mlops drift a b --fail-on-drift --json > mlops-report/drift-1.json",
        "python check.py",
    ),
    secrets=("REMOTE_KEY",),
    schedule="0 6 * * 1",
)

"""The panel's TypeScript types are those of the Python records."""

from __future__ import annotations

import importlib.util
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "generate_types.py"


def _load():
    spec = importlib.util.spec_from_file_location("generate_types", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_generated_file_is_fresh():
    script = _load()
    assert script.TARGET.read_text(encoding="utf-8") == script.source(), (
        "run `python scripts/generate_types.py`"
    )

"""What starts often imports nothing heavy: seen in fresh processes."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = [
    "mlflow",
    "dvc",
    "evidently",
    "papermill",
    "pandas",
    "sklearn",
    "dask",
    "feast",
    "duckdb",
    "ibis",
    "pyspark",
    "openlineage",
    "polars",
    "pyarrow",
    "scipy",
]

LOAD_EXT = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_line_magic("load_ext", "mlops_jupyter")
assert "mlops" in shell.magics_manager.magics["line"]
"""
SERVER = """
import mlops_jupyter
for point in mlops_jupyter._jupyter_server_extension_points():
    __import__(point["module"])
"""


def heavy_after(program: str, folder, heavy=tuple(HEAVY)) -> list[str]:
    report = f"""
import json, sys
print("heavy:" + json.dumps([name for name in {list(heavy)} if name in sys.modules]))
"""
    done = subprocess.run(
        [sys.executable, "-c", program + report],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.rpartition("heavy:")[2])


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("import mlops_jupyter", id="import"),
        pytest.param(LOAD_EXT, id="load_ext"),
        pytest.param(
            "from mlops_jupyter.cli import main; assert main(['--help']) == 0", id="mlops --help"
        ),
        pytest.param(
            "from mlops_jupyter.cli import main; assert main(['run', '--help']) == 0",
            id="mlops run --help",
        ),
        pytest.param(SERVER, id="server extension"),
        pytest.param(
            "import mlops_jupyter as m; [getattr(m, name) for name in m.__all__]", id="public names"
        ),
    ],
)
def test_starts_light(program, tmp_path):
    assert heavy_after(program, tmp_path) == []


def test_loading_the_extension_brings_no_results_and_no_network(tmp_path):
    """They would cost more than all the rest of it."""
    assert heavy_after(LOAD_EXT, tmp_path, ("pydantic", "click", "http.client", "ssl")) == []


def test_the_probe_sees_heavy_imports(tmp_path):
    assert "scipy" in heavy_after("import scipy", tmp_path)

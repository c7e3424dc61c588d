"""Watching imports and reads, and leaving nothing behind."""

import inspect
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from mlops_jupyter.tracking.capture.imports import ImportWatcher
from mlops_jupyter.tracking.capture.reads import Reads


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    name = "mlops_test_package"
    (tmp_path / f"{name}.py").write_text("VALUE = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield name
    sys.modules.pop(name, None)


def test_the_callback_comes_after_the_import_and_the_module_looks_untouched(package: str):
    called = []
    watcher = ImportWatcher({package: lambda: called.append(sys.modules[package].VALUE)})
    watcher.start()
    try:
        module = __import__(package)
    finally:
        watcher.stop()
    assert called == [1]
    assert type(module.__loader__).__name__ == "SourceFileLoader"
    assert module.__spec__.loader is module.__loader__
    assert watcher not in sys.meta_path


def test_a_package_that_is_there_is_reported_at_once():
    called = []
    watcher = ImportWatcher({"json": lambda: called.append(1)})
    watcher.start()
    watcher.stop()
    assert called == [1]


def test_a_missing_package_fails_as_ever():
    watcher = ImportWatcher({"no_such_package_here": lambda: None})
    watcher.start()
    try:
        with pytest.raises(ModuleNotFoundError):
            import no_such_package_here  # noqa: F401
    finally:
        watcher.stop()


def test_reads_are_seen_with_rows_and_the_readers_put_back(tmp_path: Path):
    path = tmp_path / "a b.csv"
    path.write_text("x\n1\n2\n")
    before = pd.read_csv
    reads = Reads()
    reads.start()
    try:
        assert inspect.signature(pd.read_csv) == inspect.signature(before)
        assert len(pd.read_csv(path)) == 2
        assert len(pd.read_csv(filepath_or_buffer=str(path))) == 2
        with path.open() as buffer:
            pd.read_csv(buffer)  # no path: nothing to know
        with pytest.raises(FileNotFoundError):
            pd.read_csv(tmp_path / "missing.csv")
    finally:
        reads.stop()
    assert pd.read_csv is before
    (read,) = reads.files.values()
    assert (read.path, read.rows, read.unchanged()) == (path, 2, True)
    path.write_text("x\n1\n2\n3\n")
    assert not read.unchanged()


def test_a_reader_that_somebody_else_replaced_since_is_left_alone(monkeypatch):
    reads = Reads()
    reads.start()
    theirs = lambda *_args: None  # noqa: E731
    monkeypatch.setattr(pd, "read_json", theirs)
    reads.stop()
    assert pd.read_json is theirs


def test_a_library_imported_later_is_watched_too(tmp_path: Path):
    code = (
        "import sys\n"
        "from mlops_jupyter.tracking.capture.reads import Reads\n"
        "reads = Reads(); reads.start()\n"
        "assert 'pandas' not in sys.modules\n"
        "import pandas\n"
        "pandas.DataFrame({'x': [1]}).to_csv('a.csv')\n"
        "pandas.read_csv('a.csv')\n"
        "print([p.name for p in reads.files])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "['a.csv']"

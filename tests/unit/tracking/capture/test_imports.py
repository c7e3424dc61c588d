"""Watching imports, and leaving nothing behind."""

import sys
from pathlib import Path

import pytest

from mlops_jupyter.tracking.capture.imports import ImportWatcher


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

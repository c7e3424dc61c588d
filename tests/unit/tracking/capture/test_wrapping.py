"""A wrapped reader is the reader, to everybody but us."""

import importlib
import inspect
import io
import multiprocessing
import pickle
import pydoc
import subprocess
import sys
import traceback
import warnings
from pathlib import Path

import cloudpickle
import duckdb
import joblib
import pandas as pd
import pyarrow.parquet as pq
import pytest

from mlops_jupyter.tracking.capture.readers import TABLE
from mlops_jupyter.tracking.capture.reads import Reads


def functions():
    for library, spots in TABLE.items():
        module = importlib.import_module(library)
        for spot in spots:
            for name in spot.names.split():
                owner = module
                *path, last = name.split(".")
                for part in path:
                    owner = getattr(owner, part, None)
                if getattr(owner, last, None) is not None:
                    yield owner, last


def test_all_are_put_back():
    before = [(owner, name, getattr(owner, name)) for owner, name in functions()]
    reads = Reads()
    reads.start()
    changed = sum(getattr(owner, name) is not original for owner, name, original in before)
    reads.stop()
    assert changed > 100
    assert all(getattr(owner, name) is original for owner, name, original in before)


def test_every_library_still_has_most_of_what_the_table_names():
    known = {(id(owner), name) for owner, name in functions()}
    named = sum(len(spot.names.split()) for spots in TABLE.values() for spot in spots)
    assert len(known) > 0.85 * named


def test_two_who_watch_both_see_and_the_last_puts_back(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("x\n1\n")
    before = pd.read_csv
    one, other = Reads(), Reads()
    one.start()
    other.start()
    pd.read_csv(path)
    one.stop()
    assert pd.read_csv is not before
    pd.read_csv(path)
    other.stop()
    assert pd.read_csv is before
    assert len(one.items) == len(other.items) == 1


def test_a_reader_that_somebody_else_replaced_since_is_left_alone(monkeypatch):
    reads = Reads()
    reads.start()
    theirs = lambda *_args: None  # noqa: E731
    monkeypatch.setattr(pd, "read_json", theirs)
    reads.stop()
    assert pd.read_json is theirs


def test_name_signature_help_and_source_stay(reads):
    original = pd.read_csv.__wrapped__
    assert inspect.isfunction(pd.read_csv)
    assert inspect.signature(pd.read_csv) == inspect.signature(original)
    assert inspect.getsource(pd.read_csv) == inspect.getsource(original)
    assert pd.read_csv.__doc__ == original.__doc__
    assert "read_csv(" in pydoc.render_doc(pd.read_csv)
    assert isinstance(pq.ParquetFile, type)


@pytest.mark.parametrize("dumps", [pickle.dumps, cloudpickle.dumps])
def test_it_pickles_by_name_and_is_the_original_elsewhere(reads, dumps, tmp_path):
    data = dumps(pd.read_csv)
    assert pickle.loads(data) is pd.read_csv
    assert b"mlops" not in data
    (tmp_path / "a.pkl").write_bytes(data)
    code = "import pickle, pandas; print(pickle.load(open('a.pkl', 'rb')) is pandas.read_csv)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "True"


def test_pools_of_processes_take_it(reads, tmp_path):
    files = [tmp_path / f"{n}.csv" for n in range(3)]
    for file in files:
        file.write_text("x\n1\n2\n")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert [len(frame) for frame in pool.map(pd.read_csv, files)] == [2, 2, 2]
    found = joblib.Parallel(n_jobs=2, backend="threading")(
        joblib.delayed(pd.read_csv)(file) for file in files
    )
    assert [len(frame) for frame in found] == [2, 2, 2]
    # Threads are this process; other processes keep what they read to themselves.
    assert {read.path for read in reads.items.values()} >= set(files)


def test_a_warning_is_about_the_users_line(reads):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pd.read_csv(io.StringIO("a\n1"), delim_whitespace=True)
        line = inspect.currentframe().f_lineno - 1
    assert [(w.filename, w.lineno) for w in caught] == [(__file__, line)]


def test_an_error_is_the_libraries_own_and_ours_is_hidden(reads):
    with pytest.raises(pd.errors.EmptyDataError) as raised:
        pd.read_csv(io.StringIO(""))
    frames = [frame for frame, _ in traceback.walk_tb(raised.value.__traceback__)]
    ours = [f for f in frames if "__tracebackhide__" in f.f_locals]
    shown = [f for f in frames if f not in ours]
    assert "wrapping" in Path(ours[0].f_code.co_filename).name
    assert not any("mlops_jupyter" in f.f_code.co_filename for f in shown)
    assert shown[0].f_code.co_filename == __file__


def test_variables_of_the_caller_are_found_but_not_changed(reads):
    def query():
        here = pd.DataFrame({"a": [4]})
        found = duckdb.sql("SELECT a FROM here").fetchall()
        return found, sorted(locals())

    assert query() == ([(4,)], ["found", "here"])


def test_an_observer_that_fails_is_told_and_the_call_goes_on(tmp_path, monkeypatch):
    from mlops_jupyter.tracking.capture import tables

    def broken(_place):
        raise RuntimeError("no eyes")

    monkeypatch.setattr(tables, "seen", broken)
    reads = Reads()
    reads.start()
    try:
        (tmp_path / "a.csv").write_text("x\n1\n")
        assert len(pd.read_csv(tmp_path / "a.csv")) == 1
    finally:
        reads.stop()
    assert any("no eyes" in problem for problem in reads.problems)

"""What surrounds runs: what it costs on disk and in the cell, and what leaves for a server."""

import json
import random
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

import mlops_jupyter as mlops
from mlops_jupyter.settings import PrivacySettings
from mlops_jupyter.tracking import tags, writer
from mlops_jupyter.tracking.capture import surroundings
from mlops_jupyter.tracking.capture.journal import Journal
from tests.shells import Cells

CELLS = 60
PATIENT = "ecalevoL adA"[::-1]  # not as it is: this file itself may be kept with a run


def notebook_of_5_mb(chance):
    """Pictures, tables and text, as a notebook of five megabytes has them."""
    cells = []
    for number in range(CELLS):
        picture = chance.randbytes(42_000).hex()
        outputs = [
            new_output("display_data", data={"image/png": picture}),
            new_output("stream", text="".join(f"{chance.random()}\n" for _ in range(40))),
        ]
        cells.append(new_code_cell(f"plot({number})", id=f"c{number}", outputs=outputs))
    return new_notebook(cells=cells)


def size_of(folder: Path) -> int:
    """Return what a folder takes, a file that several names lead to once."""
    files = {p.stat().st_ino: p.stat().st_blocks * 512 for p in folder.rglob("*") if p.is_file()}
    return sum(files.values())


def runs_of_one_notebook(workspace, monkeypatch, count):
    """Keep so many runs; each time a cell is edited, and all cells have run once more."""
    file = workspace.root / "big.ipynb"
    monkeypatch.setenv("MLOPS_NOTEBOOK", str(file))
    made, journal = notebook_of_5_mb(random.Random(0)), Journal()
    nbformat.write(made, file)
    assert file.stat().st_size > 5_000_000
    for number in range(count):
        made.cells[number % CELLS].source = f"plot({number}, edited=True)"
        nbformat.write(made, file)
        for cell in made.cells:
            entry = journal.begin(cell.source, cell_id=cell.id, count=len(journal.entries) + 1)
            for output in cell.outputs:
                journal.add(entry, dict(output))
            journal.end(entry, None, [])
        run = writer.open_run(workspace, experiment="big")
        kept = surroundings.keep(
            run, workspace, journal=journal, namespace={}, source="fit()", remote=False
        )
        assert {"notebook", "journal"} <= set(kept.captured), kept
        run.finish()
    last = mlops.journal(workspace, saved=True, to="back.ipynb")
    assert len(last.cells) == CELLS
    assert nbformat.read(workspace.root / "back.ipynb", 4).cells == made.cells
    assert len(mlops.journal(workspace).cells) == count * CELLS


def test_runs_of_a_5_mb_notebook_share_what_is_the_same(workspace, monkeypatch):
    runs_of_one_notebook(workspace, monkeypatch, 1)
    first = size_of(workspace.state_dir)
    (workspace.root / "back.ipynb").unlink()
    runs_of_one_notebook(workspace, monkeypatch, 12)
    used = size_of(workspace.state_dir) - first
    assert used < 12 * 130_000  # 200 of them: 26 MB


@pytest.mark.slow
def test_200_runs_of_a_5_mb_notebook_cost_less_than_30_mb(workspace, monkeypatch):
    before = size_of(workspace.state_dir)
    runs_of_one_notebook(workspace, monkeypatch, 200)
    used = size_of(workspace.state_dir) - before
    print(f"200 runs of a 5 MB notebook: {used / 1e6:.1f} MB")
    assert used < 30_000_000


def kept_files(workspace, run):
    root = next(workspace.artifacts_dir.glob(f"*/{run.run_id}/artifacts"))
    return {p.relative_to(root).as_posix(): p.read_text() for p in root.rglob("*") if p.is_file()}


@pytest.fixture
def journal():
    made = Journal()
    entry = made.begin("print(patient)", count=1)
    made.stream(entry, "stdout", PATIENT)
    made.end(entry, None, [])
    return made


@pytest.mark.parametrize(
    ("policy", "remote", "shown", "code"),
    [
        ({}, False, True, True),
        ({}, True, False, True),
        ({"outputs": "always"}, True, True, True),
        ({"outputs": "never"}, False, False, True),
        ({"source": "local"}, True, False, False),
        ({"source": "local"}, False, True, True),
        ({"outputs": "always", "source": "never"}, False, False, False),
    ],
)
def test_what_may_leave_is_for_mlops_toml_to_say(  # noqa: PLR0917 - a table of cases
    workspace, journal, monkeypatch, policy, remote, shown, code
):
    file = workspace.root / "it.ipynb"
    monkeypatch.setenv("MLOPS_NOTEBOOK", str(file))
    output = new_output("stream", text=PATIENT)
    nbformat.write(new_notebook(cells=[new_code_cell("print(patient)", outputs=[output])]), file)
    privacy = PrivacySettings(**policy)
    settings = workspace.settings.model_copy(update={"privacy": privacy})
    guarded = type(workspace)(workspace.root, settings)
    run = writer.open_run(guarded, experiment="private")
    kept = surroundings.keep(
        run, guarded, journal=journal, namespace={}, source="print(patient)", remote=remote
    )
    files = kept_files(guarded, run)
    assert [name for name, text in files.items() if PATIENT in text and not shown] == []
    assert any(PATIENT in text for text in files.values()) is shown
    assert ("print(patient)" in str(files)) is code
    if not code:
        assert "left out by [privacy] source in mlops.toml" in str(kept.not_captured)
    elif not shown:
        assert "outputs: left out by [privacy] outputs in mlops.toml" in kept.not_captured


def test_a_capture_that_fails_takes_no_other_with_it(workspace, journal, monkeypatch):
    file = workspace.root / "it.ipynb"
    file.write_text("no notebook")
    monkeypatch.setenv("MLOPS_NOTEBOOK", str(file))
    run = writer.open_run(workspace, experiment="broken")
    kept = surroundings.keep(
        run, workspace, journal=journal, namespace={}, source="x", remote=False
    )
    assert "journal" in kept.captured
    assert [told for told in kept.not_captured if told.startswith("notebook it.ipynb: ")]
    shown = mlops.show(workspace, run.run_id)
    assert json.loads(shown.tags[tags.JOURNAL])["runnable"] is True


def test_recording_costs_a_cell_next_to_nothing_and_memory_stays_flat(workspace):
    """With a thousand cells in the journal, each of which prints a tenth of a megabyte."""
    cells = Cells()
    try:
        bare = timed(cells, 200)
        cells.run("%load_ext mlops_jupyter")
        for number in range(1000):
            cells.run(f"print('x' * 100_000, {number})")
        journal = cells.shell.mlops_face.recorder.journal
        assert len(journal.entries) == 1000
        assert sum(entry.size for entry in journal.entries) < 40_000_000
        recorded = timed(cells, 200)
    finally:
        cells.close()
    assert recorded[100] - bare[100] < 0.002
    assert recorded[198] - bare[198] < 0.010


def timed(cells, count):
    """The processor's seconds of each cell: those on the clock are the machine's too."""
    took = []
    for number in range(count):
        started = time.thread_time()
        cells.shell.run_cell(f"x = {number}")
        took.append(time.thread_time() - started)
    return sorted(took)

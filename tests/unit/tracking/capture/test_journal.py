"""What the journal remembers, what it lets go of, and what it says of running again."""

import json

import pytest

from mlops_jupyter.tracking.capture import executions
from mlops_jupyter.tracking.capture import journal as journals
from mlops_jupyter.tracking.capture.journal import Journal
from mlops_jupyter.tracking.capture.masking import Masker
from mlops_jupyter.tracking.capture.outputs import Packer, unpack


@pytest.fixture
def journal():
    return Journal()


@pytest.fixture
def packer(workspace):
    return Packer(workspace, Masker())


def ran(journal, source, *, error=None, text="", cell_id=None, count=None):
    entry = journal.begin(source, cell_id=cell_id, count=count or len(journal.entries) + 1)
    if text:
        journal.stream(entry, "stdout", text)
    journal.end(entry, error, ["Traceback"])
    return entry


def written(journal, packer, *, outputs=True):
    made = journal.write(packer, outputs=outputs)
    files = packer.notebook("journal/journal.ipynb", made.cells, made.metadata)

    def read(name):
        content = files[f"journal/{name}"]
        return content if isinstance(content, bytes) else content.read_bytes()

    return unpack(json.loads(files["journal/journal.ipynb"]), read)


def test_a_stream_keeps_its_beginning_and_its_end(journal, packer, monkeypatch):
    monkeypatch.setattr(executions, "STREAM_LIMIT", 100)
    entry = journal.begin("x", count=1)
    for number in range(1000):
        journal.stream(entry, "stdout", f"{number:03d}\n")
    journal.end(entry, None, [])
    (output,) = written(journal, packer)["cells"][0]["outputs"]
    assert output["text"].startswith("000\n001\n")
    assert output["text"].endswith("998\n999\n")
    assert "[… 3902 characters not kept …]" in output["text"]


def test_output_that_no_run_has_written_is_bounded_and_the_oldest_goes(
    journal, packer, monkeypatch
):
    monkeypatch.setattr(journals, "MEMORY_LIMIT", 10_000)
    for number in range(100):
        ran(journal, f"cell {number}", text=str(number % 10) * 1000)
    assert sum(entry.size for entry in journal.entries) < 20_000
    cells = written(journal, packer)["cells"]
    assert cells[0]["outputs"][0]["data"]["text/plain"].startswith("[output not kept")
    assert cells[-1]["outputs"][0]["text"] == "9" * 1000


def test_what_a_run_has_written_is_no_longer_held_in_memory(journal, packer):
    entry = ran(journal, "x", text="a" * 100_000)
    first = written(journal, packer)
    assert entry.size == 0
    assert written(journal, packer) == first  # read back from where it lies


def test_a_secret_that_shows_later_is_taken_out_of_what_was_packed_before(journal, packer):
    ran(journal, "print(x)", text="swordfish1 " * 1000)
    ran(journal, "print(x)", text="it is swordfish1")
    assert "swordfish1" in json.dumps(written(journal, packer))
    ran(journal, "password = 'swordfish1'")
    assert "swordfish1" not in json.dumps(written(journal, packer))


def test_an_output_that_was_freed_meanwhile_is_said_to_be_gone(journal, packer, workspace):
    ran(journal, "x", text="a" * 100_000)
    written(journal, packer)
    for path in (workspace.state_dir / "objects").rglob("*"):
        if path.is_file():
            path.unlink()
    (output,) = written(journal, packer)["cells"][0]["outputs"]
    assert output["data"]["text/plain"] == "[output not kept: freed since]"


def test_outputs_are_left_out_and_come_back_where_they_may(journal, packer):
    ran(journal, "x", text="shown")
    (cell,) = written(journal, packer, outputs=False)["cells"]
    assert (cell["outputs"], cell["metadata"]["mlops"]["outputs"]) == ([], "left out")
    (cell,) = written(journal, packer)["cells"]
    assert cell["outputs"][0]["text"] == "shown"


def test_a_cell_that_still_runs_is_written_as_far_as_it_is(journal, packer):
    entry = journal.begin("x", count=1)
    journal.stream(entry, "stdout", "half")
    assert written(journal, packer)["cells"][0]["outputs"][0]["text"] == "half"
    journal.stream(entry, "stdout", " and half")
    journal.end(entry, None, [])
    assert written(journal, packer)["cells"][0]["outputs"][0]["text"] == "half and half"
    journal.stream(entry, "stdout", ", late")  # a thread that the cell has left behind
    texts = [output["text"] for output in written(journal, packer)["cells"][0]["outputs"]]
    assert "".join(texts) == "half and half, late"


def test_a_gap_in_the_history_a_question_and_a_stop_make_it_not_runnable(journal, packer):
    journal.remember([(1, "a = 1", None), (2, "1/0", "ZeroDivisionError")])
    assert written(journal, packer)["metadata"]["mlops"]["runnable"]
    assert written(journal, packer)["cells"][1]["metadata"]["tags"] == ["raises-exception"]
    ran(journal, "x = input('?')", count=5)
    ran(journal, "wait()", count=6, error=KeyboardInterrupt())
    about = written(journal, packer)["metadata"]["mlops"]
    assert about["why"] == (
        "not recorded: cells [3], [4]; cell [5] asks for input; cell [6] was stopped by hand"
    )


def test_cells_that_only_spoke_to_us_are_left_out(journal, packer):
    ran(journal, "%load_ext mlops_jupyter\n%mlops track trees")
    ran(journal, "%mlops runs")
    ran(journal, "x = 1")
    content = written(journal, packer)
    assert [cell["source"] for cell in content["cells"]] == ["x = 1"]
    assert content["metadata"]["mlops"]["runnable"]


def test_anything_that_a_cell_can_show_is_written(journal, packer):
    entry = journal.begin("x", count=1)
    data = {"application/json": {"a": [float("nan"), b"bytes", object]}, "text/plain": "\ud800"}
    journal.add(entry, {"output_type": "display_data", "data": data, "metadata": {}})
    journal.end(entry, None, [])
    assert written(journal, packer)["cells"][0]["outputs"]

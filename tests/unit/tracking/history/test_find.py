"""Finding a run by what people call it."""

import pytest

from mlops_jupyter.errors import NotFound, UsageError
from mlops_jupyter.tracking.history import find
from mlops_jupyter.tracking.history.details import show
from mlops_jupyter.tracking.writer import open_run

ODD_NAMES = [
    "it's", 'say "hi"', "it's \"both\"", "back\\slash", "ends with \\", "50% off_", "data:x@v1",
    "run:me", "line\nbreak", "a -- comment", "a; b", "日本語 ✈", "`tick`", "' OR 1=1 --", "''", "%",
    "(", "naïve", "a" * 32, "tab\there", "/* */",
]  # fmt: skip


def test_any_name_finds_its_run_alone(store):
    made = {name: store.run(name) for name in ODD_NAMES}
    for name, run_id in made.items():
        assert find.run(store.client, f"run:{name}").info.run_id == run_id, name


def test_by_id_by_our_id_and_by_their_beginnings(workspace, store):
    for place in range(5):
        store.run(f"r{place}")
    opened = open_run(workspace, experiment="flights", name="mine")
    opened.finish()
    for reference in (opened.run_id, opened.uid, opened.run_id[:6], f"run:{opened.run_id[:10]}",
                      opened.uid[:20], "mine", "last"):  # fmt: skip
        assert find.run(store.client, reference).info.run_id == opened.run_id, reference
    for reference in (opened.run_id[:5], "zzzzzz", "", "run:", "%", "_" * 32, "0" * 32):
        with pytest.raises(NotFound):
            find.run(store.client, reference)


def test_several_of_a_name_are_listed(store):
    made = [store.run("twin") for _ in range(3)]
    with pytest.raises(UsageError, match="may mean any of 3 runs") as caught:
        find.run(store.client, "twin")
    assert all(run_id in caught.value.hint for run_id in made)


def test_a_deleted_run_is_said_to_be_deleted(workspace, store):
    run_id = store.run("gone")
    store.client.delete_run(run_id)
    for reference in (run_id, run_id[:8], "gone"):
        with pytest.raises(NotFound, match="was deleted") as caught:
            show(workspace, reference)
        assert f"mlops restore {reference}" in caught.value.hint
    assert find.run(store.client, "gone", deleted=True).info.run_id == run_id
    store.run("there")
    with pytest.raises(NotFound, match="is not deleted"):
        find.run(store.client, "there", deleted=True)
    with pytest.raises(NotFound, match="no deleted run"):
        find.run(store.client, "never", deleted=True)

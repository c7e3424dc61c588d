"""Which run the pictures of a later cell belong to, told by names."""

import base64

import pytest

from mlops_jupyter.tracking.capture import journal as journals
from mlops_jupyter.tracking.capture.journal import Journal
from mlops_jupyter.tracking.figures import Figures

PNG = base64.b64encode(b"a picture").decode()


class Model:
    pass


@pytest.fixture
def followed():
    """Two runs whose models the notebook calls `first` and `second`."""
    figures, names = Figures(), {"first": Model(), "second": Model()}
    figures.trained([("run 1", names["first"])], "first = fit()\np = first.predict(X)", names)
    figures.trained([("run 2", names["second"])], "second = fit()", names)
    return figures


@pytest.fixture
def shown():
    journal = Journal()
    journals.use(journal)
    entry = journal.begin("plot", count=7)
    journal.add(entry, {"output_type": "display_data", "data": {"image/png": PNG}})
    yield entry
    journals.use(None)


@pytest.mark.parametrize(
    ("cells", "run"),
    [
        (["plot(first)"], "run 1"),
        (["plot(second.importances)"], "run 2"),
        (["plot(p)"], "run 1"),
        (["q = first.predict(X)", "r = q - y", "plot(r)"], "run 1"),
        (["plot(X)"], None),
        (["p = other(X)", "plot(p)"], None),
        (["first = load()", "plot(first)"], None),
        (["%time plot(second)"], "run 2"),
        (["plot(first", "plot(second)"], "run 2"),  # what does not parse tells nothing
    ],
)
def test_by_the_model_and_what_was_made_of_it(followed, shown, cells, run):
    for cell in cells[:-1]:
        followed.of_cell(cell)
    found = followed.of_cell(cells[-1])
    assert (found and found[0]) == run
    if found:
        assert found[1] == {"figures/cell-7-1.png": b"a picture"}


def test_a_cell_without_pictures_has_none(followed):
    journal = Journal()
    journals.use(journal)
    journal.begin("print(first)", count=3)
    assert followed.of_cell("print(first)") is None
    journals.use(None)

"""Packed notebooks: what is big lies beside them, and comes back."""

import copy
import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from mlops_jupyter.tracking.capture.masking import Masker
from mlops_jupyter.tracking.capture.outputs import LIMIT, Packer, unpack
from mlops_jupyter.tracking.capture.saved_notebook import Reader


@pytest.fixture
def reader(workspace):
    return Reader(Packer(workspace, Masker()))


def kept(reader, path):
    saved = reader.read(path, outputs=True)
    return reader.packer.notebook("notebook/it.ipynb", saved.cells, saved.metadata)


def back(files):
    def read(name):
        content = files[f"notebook/{name}"]
        return content if isinstance(content, bytes) else content.read_bytes()

    return unpack(json.loads(files["notebook/it.ipynb"]), read)


def same(content, made):
    return nbformat.reads(json.dumps(content), 4).cells == made.cells


def big(count, size=6000):
    cells = [
        new_code_cell(
            f"plot({n})",
            id=f"cell{n}",
            execution_count=n,
            outputs=[new_output("display_data", data={"image/png": f"{n:06d}" * (size // 6)})],
        )
        for n in range(count)
    ]
    return new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})


def test_what_was_packed_comes_back_whole(reader, tmp_path):
    made = big(5)
    made.cells.append(new_markdown_cell("a", id="m"))
    made.cells[-1].attachments = {"p.png": {"image/png": "x" * 9000}}
    nbformat.write(made, tmp_path / "it.ipynb")
    files = kept(reader, tmp_path / "it.ipynb")
    assert len(files["notebook/it.ipynb"]) < 4000
    assert same(back(files), made)


def test_a_packed_notebook_is_a_notebook(reader, tmp_path):
    nbformat.write(big(5), tmp_path / "it.ipynb")
    packed = nbformat.reads(kept(reader, tmp_path / "it.ipynb")["notebook/it.ipynb"].decode(), 4)
    nbformat.validate(packed)
    assert "kept" not in packed.cells[0].outputs[0].data
    assert packed.cells[0].outputs[0].data["text/plain"] == "[image/png, 6 kB]"


def test_a_long_notebook_shares_its_pieces_with_the_next_one(reader, tmp_path):
    made = big(1500, size=600)
    nbformat.write(made, tmp_path / "it.ipynb")
    first = kept(reader, tmp_path / "it.ipynb")
    changed = copy.deepcopy(made)
    changed.cells.insert(700, new_code_cell("new = 1", id="new"))
    nbformat.write(changed, tmp_path / "it.ipynb")
    second = kept(reader, tmp_path / "it.ipynb")
    assert same(back(second), changed)
    fresh = [second[name] for name in second.keys() - first.keys()]
    assert sum(path.stat().st_size for path in fresh) < 250_000  # of 1.2 MB
    assert len(second["notebook/it.ipynb"]) < 40_000


def test_what_is_too_long_is_said_to_be(reader, tmp_path):
    nbformat.write(big(1, size=LIMIT + 6000), tmp_path / "it.ipynb")
    (cell,) = back(kept(reader, tmp_path / "it.ipynb"))["cells"]
    assert cell["outputs"][0]["data"]["text/plain"] == "[output of 8.0 MB not kept: too long]"


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"cells": 5}', "[" * 5000, "\ud800"])
def test_what_is_no_notebook_is_refused(reader, tmp_path, content):
    (tmp_path / "it.ipynb").write_text(content, errors="surrogatepass")
    with pytest.raises(ValueError):
        reader.read(tmp_path / "it.ipynb", outputs=True)


def test_odd_cells_break_nothing(reader, tmp_path):
    cells = [
        None,
        5,
        {},
        {"cell_type": "code", "outputs": 5, "source": ["a", 5]},
        {"cell_type": "markdown", "source": None, "metadata": 5, "attachments": 5},
        {"cell_type": "code", "outputs": [None, {"data": 5}], "metadata": {"mlops": 5}},
    ]
    (tmp_path / "it.ipynb").write_text(json.dumps({"cells": cells, "metadata": 5}))
    assert len(back(kept(reader, tmp_path / "it.ipynb"))["cells"]) == 4


def test_pieces_that_name_themselves_end():
    piece = [{"metadata": {"mlops": {"cells": "a" * 32}}}] * 1000

    def read(_name):
        return json.dumps(piece).encode()

    assert len(unpack({"cells": piece}, read)["cells"]) < 400_000


@pytest.mark.parametrize("digest", ["../" * 20 + "etc/passwd", "a" * 31, 5, None, "A" * 32])
def test_what_lies_beside_is_named_by_a_digest_and_nothing_else(digest):
    asked = []

    def read(name):
        asked.append(name)
        raise FileNotFoundError

    output = {"output_type": "display_data", "metadata": {"mlops": {"output": digest}}}
    cells = [{"metadata": {"mlops": {"cells": digest}}}, {"outputs": [output]}]
    assert unpack({"cells": cells}, read)["cells"] == cells
    assert asked == []

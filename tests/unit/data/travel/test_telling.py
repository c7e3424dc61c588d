"""What is told while content travels, and of how much did."""

from __future__ import annotations

from mlops_jupyter.data import checkout, pull, push, snapshot, verify


def test_how_much_of_a_version_travelled_is_said(ws, shelf, clone):
    (ws.root / "data" / "big.csv").write_text("x" * 5000)
    snapshot(ws, "data")
    assert "  sent 5.1 kB" in str(push(ws))
    (ws.root / "data" / "y.csv").write_text("y" * 3000)
    snapshot(ws, "data")
    assert "data:data@v2  data  sent 3.2 kB of 8.0 kB" in str(push(ws))
    other = clone()
    pull(other, "data@v1")
    assert "data:data@v2  data  fetched 3.2 kB of 8.0 kB" in str(pull(other, "data@v2"))


def test_a_pull_says_what_puts_it_in_place(versions, shelf, clone):
    push(versions)
    other = clone()
    one = pull(other, "x")
    assert str(one).endswith("\n  `mlops data checkout data:x@v2` puts it in place")
    both = str(pull(other, all=True))
    assert "`mlops data checkout REF` puts one in place: data:data@v1, data:x@v2" in both
    assert "all is here already" in str(pull(other, all=True))
    checkout(other, "x")
    assert "checkout" not in str(pull(other, all=True)), "the folder is there, too"


def test_progress_is_told_some_twenty_times(ws, shelf):
    for n in range(200):
        (ws.root / "data" / f"{n}.csv").write_text(f"{n:03}\n")
    snapshot(ws, "data")
    for verb in (push, verify):
        told = []
        verb(ws, events=told.append)
        counted = [event for event in told if event.total]
        assert 2 <= len(counted) <= 45  # of files, and of their list
        assert counted[-1].done == counted[-1].total

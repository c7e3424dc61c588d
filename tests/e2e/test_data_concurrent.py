"""Several processes take snapshots at once: every content gets a version of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from mlops_jupyter import git
from mlops_jupyter.data import path_of, snapshot, versions
from mlops_jupyter.data.catalog import trees
from tests import kernels

# Forked by one that has imported what takes seconds: so they are indeed at it at the same time.
TAKE = """
import json, os, sys
import dvc.repo
import mlops_jupyter as mlops
assert mlops.data.snapshot
answers = []
for paths in json.loads(sys.argv[1]):
    heard, said = os.pipe()
    if not os.fork():
        ws = mlops.Workspace.find()
        made = [mlops.data.snapshot(ws, path, name="x") for path in paths]
        told = [[version.version, version.hash, version.unchanged] for version in made]
        os.write(said, json.dumps(told).encode())
        os._exit(0)
    os.close(said)
    answers.append(heard)
print(json.dumps([json.loads(os.read(heard, 100_000)) for heard in answers]))
"""


def _at_once(workspace, *paths_of_each: list[str]) -> list[list[object]]:
    """Let a process for each list take snapshots of all of it under one name; return all."""
    done = subprocess.run(
        [sys.executable, "-c", TAKE, json.dumps(paths_of_each)],
        cwd=workspace.root,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )
    assert done.returncode == 0, done.stderr
    return [version for made in json.loads(done.stdout) for version in made]


def test_different_content_gets_different_versions(workspace):
    for number in range(6):
        (workspace.root / f"{number}.csv").write_text(f"{number}\n")
    made = _at_once(workspace, *([f"{i}.csv" for i in range(k, 6, 3)] for k in range(3)))
    assert sorted(version for version, _, _ in made) == [1, 2, 3, 4, 5, 6]
    listed = {version.version: version.hash for version in versions(workspace, "x").versions}
    assert listed == {version: hash_ for version, hash_, _ in made}
    for number in range(1, 7):
        assert path_of(workspace, f"x@v{number}").is_file()


def test_eight_at_once_leave_no_gap(workspace):
    for number in range(16):
        (workspace.root / f"{number}.csv").write_text(f"{number}\n")
    made = _at_once(workspace, *([f"{k}.csv", f"{8 + k}.csv"] for k in range(8)))
    assert sorted(version for version, _, _ in made) == list(range(1, 17))
    assert len({hash_ for _, hash_, _ in made}) == 16


def test_two_kernels_and_one_name(workspace):
    for number in range(8):
        (workspace.root / f"{number}.csv").write_text(f"{number}\n")
    take = "for n in range({}, 8, 2): get_ipython().run_line_magic("
    take += "'mlops', f'data snapshot {{n}}.csv --name x --tag only-{{n}}')"
    with (
        kernels.started(workspace.root, "one.ipynb") as one,
        kernels.started(workspace.root, "two.ipynb") as two,
    ):
        for kernel in (one, two):
            kernel.ok("%load_ext mlops_jupyter")
            kernel.ok("%mlops data versions")  # what takes seconds is imported
        one.client.execute(take.format(0))
        two.ok(take.format(1))
        assert "data:x@v8" in one.ok("%mlops data versions")
    found = {version.version: version for version in versions(workspace, "x").versions}
    assert sorted(found) == list(range(1, 9))
    for version in found.values():
        (label,) = version.labels
        assert path_of(workspace, version.ref).read_text() == f"{label[-1]}\n"
    assert len({version.labels for version in found.values()}) == 8


def test_the_same_content_gets_one_version(workspace):
    (workspace.root / "a.bin").write_bytes(os.urandom(5_000_000))
    made = _at_once(workspace, ["a.bin"], ["a.bin"], ["a.bin"])
    assert sorted(made) == sorted([[1, made[0][1], False], *[[1, made[0][1], True]] * 2])


def test_a_number_taken_at_the_last_moment_is_not_overwritten(workspace, monkeypatch):
    # Two workspaces of one repository have no lock in common; git's creation of the tag decides.
    (workspace.root / "a.csv").write_text("a")
    write_tree, rivals = trees._written, []

    def and_a_rival_is_faster(top, *rest):
        made = write_tree(top, *rest)
        if not rivals:
            identity = ("-c", "user.name=R", "-c", "user.email=r@r")
            rivals.append(git.run(top, *identity, "commit-tree", made, "-m", "rival"))
            git.run(top, "tag", "mlops/data/a/v1", rivals[0])
        return made

    monkeypatch.setattr(trees, "_written", and_a_rival_is_faster)
    assert snapshot(workspace, "a.csv").version == 2
    assert git.run(workspace.root, "rev-parse", "mlops/data/a/v1") == rivals[0]

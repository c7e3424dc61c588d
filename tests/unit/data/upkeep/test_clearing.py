from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from mlops_jupyter import data
from mlops_jupyter.data.cache import sharing
from mlops_jupyter.data.cache.dvc_store import hash_file, opened
from mlops_jupyter.data.catalog import automatic
from mlops_jupyter.data.catalog.automatic import Sighting
from mlops_jupyter.data.reading.scratch import Scratch
from mlops_jupyter.data.upkeep import clearing
from mlops_jupyter.errors import Conflict


def keep(repository, name: str, text: str) -> data.DataVersion:
    file = repository.write(name, text)
    return automatic.keep(repository.ws, Sighting(file, hash_file(repository.ws, file), len(text)))


def kinds(freed: data.FreedData) -> dict[str, int]:
    return {entry.kind: entry.count for entry in freed.entries}


class TestCopies:
    def test_those_that_no_run_needs_go_with_their_refs(self, repository):
        old, used = keep(repository, "x.csv", "old"), keep(repository, "x.csv", "used")
        freed = repository.clear(used={used.hash})
        assert kinds(freed) == {"automatic": 1}
        assert freed.total > 0
        assert repository.cached() == {used.hash}
        assert [v.hash for v in automatic.read(repository.ws)] == [used.hash]
        assert old.hash not in repository.git("for-each-ref")

    def test_the_young_stay(self, repository):
        kept = keep(repository, "x.csv", "young")
        assert clearing.gc(repository.ws, used=set()).entries == []
        assert repository.cached() == {kept.hash}

    def test_what_was_just_moved_in_with_its_old_time_is_young(self, repository):
        file = repository.write("mine.csv", "mine")
        hash_ = hash_file(repository.ws, file)
        os.utime(file, (1_500_000_000, 1_500_000_000))
        with opened(repository.ws) as store:
            store.cached(hash_).parent.mkdir(parents=True)
            file.rename(store.cached(hash_))  # its pointer is yet to be written
        assert clearing.gc(repository.ws, used=set()).entries == []
        assert repository.cached() == {hash_}

    def test_where_runs_cannot_be_asked_all_stay(self, repository):
        kept = keep(repository, "x.csv", "x")
        freed = repository.clear(used=None)
        assert "not all runs could be asked" in freed.kept[0]
        assert repository.cached() == {kept.hash}

    def test_content_that_a_version_has_too_stays_in_the_cache(self, repository):
        kept = keep(repository, "x.csv", "x")
        data.snapshot(repository.ws, "x.csv")
        assert kinds(repository.clear()) == {"automatic": 1}
        assert repository.cached() == {kept.hash}

    def test_a_dry_run_says_the_same_and_removes_nothing(self, repository):
        keep(repository, "x.csv", "x" * 10_000)
        planned = repository.clear(dry_run=True)
        assert len(repository.cached()) == 1
        done = repository.clear()
        assert (planned.entries, planned.total) == (done.entries, done.total)
        assert "could be freed" in planned.to_text()
        assert "copy of what a deleted run read" in done.to_html()


class TestWhatUsersOfDvcPutThere:
    """Nothing that any pointer of theirs names is lost."""

    def test_a_pointer_in_the_work_tree_that_git_does_not_know(self, repository):
        hash_ = repository.add_by_dvc("mine.csv", "mine")
        repository.clear()
        assert repository.cached() == {hash_}

    def test_pointers_in_commits_of_any_branch_and_long_replaced_ones(self, repository):
        first = repository.add_by_dvc("mine.csv", "first")
        repository.git("add", "-A")
        repository.git("commit", "-qm", "first")
        repository.git("switch", "-qc", "other")
        second = repository.add_by_dvc("mine.csv", "second")
        repository.git("commit", "-qam", "second")
        repository.git("rm", "-q", "mine.csv.dvc")
        repository.git("commit", "-qm", "gone")
        repository.git("switch", "-q", "-")
        repository.git("mv", "mine.csv.dvc", "mine.txt")
        repository.git("commit", "-qm", "renamed")
        assert repository.clear().entries == []
        assert repository.cached() == {first, second}

    def test_pointers_that_only_a_merge_has_or_a_side_that_came_to_nothing(self, repository):
        def commit_pointer(text: str) -> str:
            hash_ = repository.add_by_dvc("mine.csv", text)
            repository.git("add", "mine.csv.dvc")
            repository.git("commit", "-qm", text)
            return hash_

        repository.git("branch", "merging")
        repository.git("branch", "other")
        repository.git("switch", "-qc", "side")
        passed_over = [commit_pointer("first"), commit_pointer("second")]
        repository.git("switch", "-q", "-")
        repository.git("commit", "-q", "--allow-empty", "-m", "meanwhile")
        repository.git("merge", "-q", "-s", "ours", "-m", "without it", "side")
        repository.git("switch", "-q", "merging")
        repository.git("commit", "-q", "--allow-empty", "-m", "meanwhile")
        repository.git("switch", "-q", "other")
        repository.git("commit", "-q", "--allow-empty", "-m", "nothing")
        repository.git("merge", "-q", "--no-commit", "--no-ff", "merging")
        merged = commit_pointer("of the merge")
        repository.git("switch", "-q", "--detach", "merging")
        repository.git("branch", "-qD", "side")
        repository.git("reflog", "expire", "--expire=all", "--all")
        repository.clear()
        assert repository.cached() == {*passed_over, merged}

    def test_pointers_that_are_staged_stashed_or_only_in_the_reflog(self, repository):
        repository.write("a", "a")
        repository.git("add", "a")
        repository.git("commit", "-qm", "a")
        amended = repository.add_by_dvc("mine.csv", "amended")
        repository.git("add", "mine.csv.dvc")
        repository.git("commit", "-qm", "pointer")
        repository.git("reset", "-q", "--hard", "HEAD~1")
        stashed = repository.add_by_dvc("mine.csv", "stashed")
        repository.git("add", "mine.csv.dvc")
        repository.git("stash", "-q")
        staged = repository.add_by_dvc("mine.csv", "staged")
        repository.git("add", "mine.csv.dvc")
        (repository.root / "mine.csv.dvc").unlink()
        repository.clear()
        assert repository.cached() == {amended, stashed, staged}

    def test_a_folder_with_its_files_and_another_worktree(self, repository, tmp_path):
        for name in "ab":
            repository.write(f"many/{name}", name)
        repository.take_by_dvc("many")
        pointer = repository.root / "many.dvc"
        repository.write("a", "a")
        repository.git("add", "a")
        repository.git("commit", "-qm", "a")
        repository.git("worktree", "add", "-q", str(tmp_path / "tree"))
        pointer.rename(tmp_path / "tree" / "many.dvc")
        before = repository.cached()
        repository.clear()
        assert len(before) == 3
        assert repository.cached() == before
        repository.git("add", "-f", "many.dvc", folder=tmp_path / "tree")
        (tmp_path / "tree" / "many.dvc").unlink()  # only that worktree's index has it
        repository.clear()
        assert repository.cached() == before

    def test_stages_and_what_dvc_remembers_of_their_runs(self, repository):
        repository.add_by_dvc("mine.csv", "mine")
        (repository.root / "mine.csv.dvc").unlink()
        (hash_,) = repository.cached()
        run = repository.write(".dvc/cache/runs/ab/abc/def", f"outs:\n- md5: {hash_}\n  path: o\n")
        repository.clear()
        assert repository.cached() == {hash_}
        run.unlink()
        repository.write("sub/dvc.lock", f"outs:\n- md5: {hash_}\n")
        repository.clear()
        assert repository.cached() == {hash_}

    def test_what_none_of_these_names_goes(self, repository):
        repository.add_by_dvc("mine.csv", "mine")
        (repository.root / "mine.csv.dvc").unlink()
        assert kinds(repository.clear()) == {"contents": 1}
        assert repository.cached() == set()

    def test_a_cache_elsewhere_is_left_alone(self, repository, tmp_path):
        repository.write(".dvc/config", f"[cache]\n    dir = {tmp_path / 'shared'}\n")
        kept = keep(repository, "x.csv", "x")
        freed = repository.clear()
        assert "others may use it" in freed.kept[0]
        assert freed.entries == []
        assert data.path_of(repository.ws, kept.ref).is_file()

    def test_a_damaged_list_of_a_folder_stops_it(self, repository):
        repository.write("many/a", "a")
        version = data.snapshot(repository.ws, "many")
        repository.add_by_dvc("mine.csv", "mine")
        (repository.root / "mine.csv.dvc").unlink()
        with opened(repository.ws) as store:
            place = store.cached(version.hash)
        place.chmod(0o600)
        place.write_text("{")
        before = repository.cached()
        assert "no sound list" in repository.clear().kept[0]
        assert repository.cached() == before


class TestOtherFiles:
    def test_half_written_ones(self, repository):
        left = repository.write(".dvc/cache/files/md5/.abc.tmp", "half")
        assert kinds(repository.clear()) == {"unfinished": 1}
        assert not left.exists()

    def test_what_killed_comparisons_left(self, repository):
        left = [
            repository.write(f".mlops/{name}/rows.parquet", "half")
            for name in ("compare-ab12", "duckdb-cd34", "drift-ef56")
        ]
        assert kinds(repository.clear(least=timedelta(hours=1))) == {}
        assert kinds(repository.clear()) == {"unfinished": 3}
        assert not any(file.parent.exists() for file in left)

    def test_what_a_comparison_reads_that_goes_on_stays_however_old_it_is(self, repository):
        made = Scratch(repository.ws.state_dir, "drift-")
        assert kinds(repository.clear()) == {}
        assert made.path.exists()
        made.remove()
        assert not made.path.exists()

    def test_what_a_checkout_replaced_goes_after_thirty_days(self, repository):
        now = datetime.now(UTC)
        for days in (29, 31):
            moment = (now - timedelta(days=days)).strftime("%Y%m%dT%H%M%SZ")
            repository.write(f".mlops/replaced/{moment}-abcdef/x.csv", "x" * 5000)
        assert kinds(repository.clear()) == {"replaced": 1}
        (left,) = (repository.root / ".mlops/replaced").iterdir()
        assert left.name.startswith((now - timedelta(days=29)).strftime("%Y%m%d"))

    def test_profiles_of_contents_that_are_no_version(self, repository):
        kept = repository.snapshot("x.csv", "x")
        repository.write(f".mlops/profiles/{kept.hash}.json", "{}")
        gone = repository.write(f".mlops/profiles/{'0' * 32}.json", "{}")
        assert kinds(repository.clear()) == {"profiles": 1}
        assert not gone.exists()

    def test_a_folder_without_dvc(self, tmp_path):
        from mlops_jupyter.workspace import Workspace

        (tmp_path / "mlops.toml").write_text("schema = 1\n")
        assert clearing.gc(Workspace.find(tmp_path)).entries == []


def test_never_while_data_is_taken_in(repository, monkeypatch):
    monkeypatch.setattr(sharing, "_PATIENCE_S", 0.1)
    with sharing.taking(repository.root), pytest.raises(Conflict, match="taken in"):
        repository.clear()
    repository.clear()


def test_never_while_dvc_works(repository):
    from dvc.repo import Repo

    with Repo(str(repository.root)) as repo, repo.lock:
        code = (
            "from mlops_jupyter import Workspace, data\n"
            "from mlops_jupyter.errors import Conflict\n"
            "try: data.gc(Workspace.find())\n"
            "except Conflict as e: print(e.message)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=repository.root, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
    assert "DVC" in done.stdout

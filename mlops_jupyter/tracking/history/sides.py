"""What is known of one run, whoever wrote it: its own, and what is kept with the run above it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.capture.outputs import dicts
from mlops_jupyter.tracking.history import foreign, run_data
from mlops_jupyter.tracking.history.compare_cells import Ran, RanCell, last_of_each
from mlops_jupyter.tracking.history.run_files import Files
from mlops_jupyter.tracking.history.summaries import json_tag, summary
from mlops_jupyter.tracking.records import RunSummary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun

    from mlops_jupyter.tracking.history.summaries import Judging
    from mlops_jupyter.tracking.run_parts import DataInput

_MAX_NOTEBOOK = 10_000_000
_MAX_TEXT = 2_000_000
# Files of a run's code and environment whose contents are read to tell whether they are equal.
_MAX_FILES, _MAX_FILE, _FILES_BUDGET = 60, 5_000_000, 20_000_000
_MAX_PARENTS = 5
_CODE = ("code/files/", "code/modules/", "code/data/")
_LOCKS = "environment/lock/"


@dataclass
class Reader:
    """Reads runs of one store; the files of a parent that several runs share are listed once."""

    opened: MlflowClient
    experiments: Mapping[str, str]
    judge: Judging | None = None
    _files: dict[str, Files] = field(default_factory=dict)

    def side(self, run: MlflowRun) -> Side:
        """Return what is known of a run.

        Code and environment of a run below another one are that one's: they are kept once.
        """
        files, holder = self.files(run), run
        for _ in range(_MAX_PARENTS):
            if _has_surroundings(files):  # by its files: tags of them all runs have
                break
            above = self._parent(holder)
            if above is None:
                files, holder = self.files(run), run
                break
            files, holder = self.files(above), above
        return Side(run, holder, files, summary(run, self.experiments, self.judge))

    def files(self, run: MlflowRun) -> Files:
        """Return the artifacts of a run."""
        run_id = run.info.run_id
        if run_id not in self._files:
            self._files[run_id] = Files(self.opened, run)
        return self._files[run_id]

    def _parent(self, run: MlflowRun) -> MlflowRun | None:
        from mlflow.exceptions import MlflowException

        parent = run.data.tags.get(tags.PARENT)
        try:
            return self.opened.get_run(parent) if parent else None
        except MlflowException:  # deleted for good, or no id at all
            return None


@dataclass
class Side:
    """What is known of a run; `holder` is the run that has its code and environment."""

    run: MlflowRun
    holder: MlflowRun
    files: Files
    summary: RunSummary

    @cached_property
    def inputs(self) -> list[DataInput] | None:
        """What it read; None: not captured."""
        found = run_data.inputs(self.run) or run_data.inputs(self.holder)
        return found if found or tags.ENVIRONMENT in self.holder.data.tags else None

    @property
    def facts(self) -> dict[str, str]:
        """What a reader asks first, where there is an answer."""
        known: Mapping[str, str] = self.run.data.tags
        found = {
            "experiment": self.summary.experiment,
            "status": self.summary.status,
            "model": self.summary.model,
            "notebook": self.summary.notebook,
            "cells ran": self.holder.data.tags.get(tags.ORDER),
            "error": tags.error_line(known.get(tags.ERROR)),
        }
        return {name: value for name, value in found.items() if value}

    @property
    def commit(self) -> dict[str, str]:
        """Where its code stands in git; empty where nobody wrote it down."""
        known = self.holder.data.tags
        code = json_tag(known, tags.CODE)
        found = {
            "commit": foreign.text(code.get("commit")) or known.get(tags.GIT_COMMIT),
            "branch": foreign.text(code.get("branch")) or known.get(tags.GIT_BRANCH),
        }
        return {name: value for name, value in found.items() if value}

    @cached_property
    def code(self) -> dict[str, str] | None:
        """Commit, and files that are not as committed with digests; None: not captured."""
        known = json_tag(self.holder.data.tags, tags.CODE)
        if not known and not self.commit:
            return None
        named = dict.fromkeys(foreign.texts(known.get("changed")), "changed")
        return {**self.commit, **named, **self._digests(_CODE)}

    @cached_property
    def packages(self) -> dict[str, str]:
        """Distributions and their versions; empty: not captured."""
        return foreign.pairs(self._environment.get("distributions")) or self.files.packages()

    @cached_property
    def environment(self) -> dict[str, str]:
        """Python, machine, threads, seeds, lock files; empty: not captured."""
        whole = self._environment
        tagged = foreign.pairs(json_tag(self.holder.data.tags, tags.ENVIRONMENT))
        python, machine = whole.get("python"), whole.get("machine")
        found = {
            "python": foreign.text(foreign.part(python, "version")) or tagged.get("python"),
            "python from": foreign.text(foreign.part(python, "kind")),
            "platform": tagged.get("platform"),
            "system": foreign.text(foreign.part(machine, "release")),
            "cpu": foreign.text(foreign.part(machine, "cpu")),
            "cpus": foreign.text(foreign.part(machine, "usable_cpus")),
            "memory": foreign.text(foreign.part(machine, "memory_bytes")),
            "gpu": ", ".join(foreign.texts(foreign.part(machine, "gpus"))),
        }
        for pool in dicts(foreign.part(whole, "threads", "pools")):
            name, count = (foreign.text(pool.get(k)) for k in ("internal_api", "num_threads"))
            if name and count:
                found[f"threads of {name}"] = count
        found |= self.variables
        seeds = foreign.pairs(json_tag(self.holder.data.tags, tags.SEEDS))
        found |= {f"random state of {name}": state for name, state in seeds.items()}
        found |= {f"lock file {k}": v for k, v in self._digests((_LOCKS,)).items()}
        return {name: value for name, value in found.items() if value}

    @property
    def requirements(self) -> str:
        """Its packages as a requirements file, as far as one can say it; empty: not captured."""
        content = self._read("environment/requirements.txt", _MAX_TEXT) or b""
        return content.decode("utf-8", "replace")

    @property
    def variables(self) -> dict[str, str]:
        """Variables of its process that set threads and seeds."""
        return foreign.pairs(self._environment.get("variables"))

    @cached_property
    def ran(self) -> Ran | None:
        """Its cells: by the journal, else by the notebook; else its own alone."""
        own = (
            self.files.cell() if self.holder is self.run or _has_surroundings(self.files) else None
        )
        journal = self._cells(self.files.journal())
        if journal is not None:
            return last_of_each(journal, own)
        saved = self._cells(self.files.notebook())
        if saved is not None:
            return Ran([c for c in saved if own is None or c.source.strip() != own.strip()],
                       RanCell(own) if own is not None else None, whole=True)  # fmt: skip
        return Ran(own=RanCell(own)) if own is not None else None

    @cached_property
    def _environment(self) -> dict[str, Any]:
        return _json(self._read("environment/environment.json", _MAX_TEXT))

    def _cells(self, path: str | None) -> list[RanCell] | None:
        """Return the cells of a notebook among the files; outputs stay where they are."""
        notebook = self.files.packed(
            path, _MAX_NOTEBOOK, beside=lambda name: name.startswith("cells/")
        )
        if notebook is None:
            return None
        cells = dicts(notebook["cells"])
        return [_cell(cell) for cell in cells if cell.get("cell_type") == "code"]

    def _digests(self, folders: tuple[str, ...]) -> dict[str, str]:
        """Return digests of files below folders, by their paths in there."""
        found: dict[str, str] = {}
        room = _FILES_BUDGET
        for artifact in self.files.artifacts:
            folder = next((each for each in folders if artifact.path.startswith(each)), None)
            if folder is None:
                continue
            name = artifact.path.removeprefix(folder)
            size = artifact.size
            content = None
            if len(found) < _MAX_FILES and (size or 0) <= room:
                content = self.files.read(artifact, _MAX_FILE)
            room -= len(content or b"")
            found[name] = (
                hashlib.md5(content, usedforsecurity=False).hexdigest()[:12]
                if content is not None
                else f"{size} bytes"
            )
        return found

    def _read(self, path: str, limit: int) -> bytes | None:
        artifact = next((a for a in self.files.artifacts if a.path == path), None)
        return self.files.read(artifact, limit) if artifact else None


def _has_surroundings(files: Files) -> bool:
    return any(a.path.startswith(("code/", "environment/", "journal/")) for a in files.artifacts)


def _json(content: bytes | None) -> dict[str, Any]:
    try:
        value = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _cell(cell: dict[str, Any]) -> RanCell:
    source = cell.get("source")
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    identity = foreign.text(foreign.part(cell, "metadata", "mlops", "cell_id"))
    shown = source if isinstance(source, str) else ""
    # Halves of characters, which no encoding has, cannot be sent.
    shown = shown.encode("utf-8", "replace").decode()
    return RanCell(shown, foreign.whole(cell.get("execution_count")), identity)

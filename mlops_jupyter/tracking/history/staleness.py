"""Whether a model would come out otherwise today: newer data, other files, other code.

Made for a page of runs: the tags of data are read once, each file is looked at once, and there are
limits to how much of them is read. What cannot be looked at is "unknown"; nothing here raises.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlops_jupyter.data.catalog.automatic import is_reference
from mlops_jupyter.data.catalog.newest import newest
from mlops_jupyter.errors import MlopsError
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.history import foreign
from mlops_jupyter.tracking.history.files_now import FilesNow, FileThen
from mlops_jupyter.tracking.history.summaries import data_of, json_tag, model_of
from mlops_jupyter.tracking.run_parts import Staleness, StaleReason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlops_jupyter.data.catalog.newest import Newest
    from mlops_jupyter.data.records import DataVersion
    from mlops_jupyter.tracking.history.stored import StoredRun
    from mlops_jupyter.workspace import Workspace

_MAX_FILES = 100


class Judge:
    """Says of runs whether they are stale.

    Parameters
    ----------
    workspace : Workspace
        Whose data and files they are held against.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._files = FilesNow(workspace)
        self._newest: Newest | None = None
        self._no_versions = ""  # why git does not tell them

    def of(self, run: StoredRun) -> Staleness | None:
        """Return whether a run's model is stale; None for a run that trained none."""
        if model_of(run.tags) is None:
            return None
        found = _Findings()
        self._judge_data(run.tags, found)
        self._judge_cell(run, found)
        self._judge_modules(run.tags, found)
        return Staleness(reasons=found.reasons, unknown=found.unknown)

    def _judge_data(self, known: Mapping[str, str], found: _Findings) -> None:
        refs = [ref for ref in data_of(known) if ref.startswith("data:")]
        files = files_then(known)
        if not refs and not files:
            return
        versions = self._versions()
        if versions is None:
            found.unknown.append(f"newer data: {self._no_versions}")
        read = _versions_read(versions, refs, files, found) if versions is not None else []
        told: set[str] = set()
        for version in read:
            newer = versions.newer(version) if versions is not None else None
            if newer is not None:
                told |= {version.path, version.hash}
                found.reasons.append(_outdated(version, newer))
        for file in files:
            if not told & {file.path, file.digest}:
                self._judge_file(file, found)

    def _judge_file(self, file: FileThen, found: _Findings) -> None:
        same = self._files.same(file)
        if same is False:
            said = f"{file.path} has changed since"
            found.reasons.append(StaleReason(what="file", name=file.path, said=said))
        elif same is None:
            found.unknown.append(f"{file.path}: too large to read it for a list")

    def _judge_cell(self, run: StoredRun, found: _Findings) -> None:
        digest = foreign.text(json_tag(run.tags, tags.SOURCES).get("cell"))
        notebook = run.tags.get(tags.NOTEBOOK)
        if digest is None or notebook is None:
            return
        saved = self._files.notebook(notebook)
        if saved is None:
            found.unknown.append(f"{notebook}: it cannot be read")
        elif saved.mtime_ms > (run.start or 0) and digest not in saved.cells:
            said = f"{notebook}: the cell that trained has changed since"
            found.reasons.append(StaleReason(what="code", name=notebook, said=said))

    def _judge_modules(self, known: Mapping[str, str], found: _Findings) -> None:
        sources = json_tag(known, tags.SOURCES)
        modules = sources.get("modules")
        for path, then in list(modules.items())[:_MAX_FILES] if isinstance(modules, dict) else []:
            now = self._files.source(path)
            if then is None:
                said = f"{path} was edited after it was imported"
                found.reasons.append(StaleReason(what="code", name=path, said=said))
            elif now is not None and isinstance(then, str) and now != then:
                said = f"{path} has changed since"
                found.reasons.append(StaleReason(what="code", name=path, said=said))
        if left_out := foreign.whole(sources.get("left_out")):
            found.unknown.append(f"code: {left_out} of its files left no digest")

    def _versions(self) -> Newest | None:
        if self._newest is None and not self._no_versions:
            try:
                self._newest = newest(self._workspace)
            except MlopsError as error:
                self._no_versions = error.message
        return self._newest


class _Findings:
    def __init__(self) -> None:
        self.reasons: list[StaleReason] = []
        self.unknown: list[str] = []


def files_then(known: Mapping[str, str]) -> list[FileThen]:
    """Return the files that a run read, as they were; others may have written the tag."""
    try:
        value: Any = json.loads(known.get(tags.DATA_FILES) or "[]")
    except (ValueError, RecursionError):
        return []
    found = []
    for entry in value[:_MAX_FILES] if isinstance(value, list) else []:
        if not isinstance(entry, list):
            continue
        path, digest, size, mtime_ns = (*entry, *[None] * 4)[:4]
        path, digest = foreign.text(path), foreign.text(digest)
        if path and digest:
            found.append(FileThen(path, digest, foreign.whole(size), foreign.whole(mtime_ns)))
    return found


def _versions_read(
    versions: Newest, refs: list[str], files: list[FileThen], found: _Findings
) -> list[DataVersion]:
    """Return the versions that a run read; also of files that were kept only afterwards."""
    read: dict[str, DataVersion] = {}
    for ref in refs:
        version = versions.version(ref)
        if is_reference(ref):
            continue  # of what nobody has named there is no newer version; its file is looked at
        if version is None:
            found.unknown.append(f"{ref}: there is no such version here")
        else:
            read[ref] = version
    named = {version.hash for version in read.values()}
    for file in files:
        version = versions.with_content(file.path, file.digest)
        if version is not None and version.hash not in named:
            read[version.ref] = version
    return list(read.values())


def _outdated(version: DataVersion, newer: DataVersion) -> StaleReason:
    about = f" ({' '.join(newer.message.split())})" if newer.message else ""
    return StaleReason(
        what="data",
        name=version.ref,
        newer=newer.ref,
        said=f"{version.ref} has a newer version v{newer.version}{about}",
    )

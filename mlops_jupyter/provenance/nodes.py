"""Runs, models, contents and notebooks as nodes of the graph."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from mlops_jupyter.addresses import is_address
from mlops_jupyter.data.catalog import automatic
from mlops_jupyter.provenance.records import LineageNode
from mlops_jupyter.references import Reference
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.history import foreign
from mlops_jupyter.tracking.history.summaries import json_tag, moment, summary
from mlops_jupyter.tracking.run_parts import Code
from mlops_jupyter.workspace import without_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlflow.entities import Run as MlflowRun
    from mlflow.entities.model_registry import ModelVersion

    from mlops_jupyter.data.records import DataVersion
    from mlops_jupyter.provenance.contents import Contents
    from mlops_jupyter.tracking.run_parts import DataInput, DataOutput

# Digests that tell contents apart; shorter ones, as MLflow makes, do so only with a name.
_SURE = re.compile(r"[0-9a-f]{32}(\.dir)?|xxh:.+")
_LIBRARIES_SHOWN = 4


def run_id(mlflow_id: str) -> str:
    """Return the id of a run's node."""
    return f"run:{mlflow_id}"


def content_id(digest: str, name: str) -> str:
    """Return the id of a content's node.

    Examples
    --------
    >>> content_id("a304afb96060aad90176268345e10355", "x.csv")
    'content:a304afb96060aad90176268345e10355'
    >>> content_id("1f3a90c2", "train")
    'content:1f3a90c2:train'
    """
    sure = _SURE.fullmatch(digest)
    return f"content:{digest}" if sure else f"content:{digest}:{name}"


def of_run(run: MlflowRun, experiments: Mapping[str, str]) -> LineageNode:
    """Return a run's node."""
    known: Mapping[str, str] = run.data.tags
    row = summary(run, experiments)
    return LineageNode(
        id=run_id(row.run_id),
        kind="run",
        ref=f"run:{row.run_id}",
        title=row.name,
        state="deleted" if run.info.lifecycle_stage == "deleted" else "there",
        created=row.started,
        status=row.status,
        experiment=row.experiment,
        model=row.model,
        code=_code(known),
        environment=_environment(known),
    )


def of_missing_run(mlflow_id: str) -> LineageNode:
    """Return the node of a run that the store has no more."""
    shown = foreign.text(mlflow_id) or "?"
    return LineageNode(
        id=run_id(shown), kind="run", ref=f"run:{shown}", title=shown[:8], state="missing"
    )


def of_model(version: ModelVersion) -> LineageNode:
    """Return the node of a registered model's version."""
    ref = str(Reference("model", version.name, str(version.version)))
    return LineageNode(
        id=ref,
        kind="model",
        ref=ref,
        title=ref,
        created=moment(version.creation_timestamp),
        aliases=sorted(version.aliases or []),
    )


def of_notebook(path: str) -> LineageNode:
    """Return the node of a notebook, or of a script."""
    return LineageNode(
        id=f"notebook:{path}",
        kind="notebook",
        ref=str(Reference("path", path)),
        title=PurePosixPath(path).name or path,
        path=path,
    )


def of_input(entry: DataInput, contents: Contents) -> LineageNode:
    """Return the node of what a run read."""
    is_path = entry.kind in (None, "file", "folder") and not is_address(entry.source)
    node = _as_told(
        _of_content(
            contents,
            entry.digest,
            entry.name,
            path=entry.source if is_path and entry.source else None,
        ),
        entry.version,
    )
    known_elsewhere = bool(entry.source) and not is_path
    return node.model_copy(
        update={
            "kind": "data" if known_elsewhere or not entry.source else node.kind,
            "ref": (entry.source if known_elsewhere and not node.versions else "")
            or node.ref
            or entry.name,
            "rows": entry.rows if entry.rows is not None else node.rows,
            "size": entry.size if entry.size is not None else node.size,
        }
    )


def of_output(entry: DataOutput, contents: Contents) -> LineageNode | None:
    """Return the node of what a run wrote; None where its content is not known."""
    if entry.digest is None:
        return None
    node = _as_told(
        _of_content(contents, entry.digest, PurePosixPath(entry.path).name, path=entry.path),
        entry.version,
    )
    return node.model_copy(update={"size": entry.size if node.size is None else node.size})


def of_version(version: DataVersion, contents: Contents) -> LineageNode:
    """Return the node of a data version, named as it was asked for."""
    node = _of_content(contents, version.hash, version.name, path=_path_of(version))
    if version.automatic:
        return node
    return node.model_copy(
        update={"ref": version.ref, "title": version.ref, "created": version.created}
    )


def of_file(path: str, digest: str | None, contents: Contents) -> LineageNode:
    """Return the node of a path: of what it holds now, where that is known."""
    if digest:
        return _of_content(contents, digest, PurePosixPath(path).name, path=path)
    return LineageNode(
        id=f"path:{path}",
        kind="file",
        ref=str(Reference("path", path)),
        title=path,
        path=path,
        state="missing" if digest == "" else "there",
        file_now="missing" if digest == "" else "unknown",
    )


def _of_content(contents: Contents, digest: str, name: str, *, path: str | None) -> LineageNode:
    versions = contents.versions(digest)
    if path is not None and contents.is_no_file(path, digest):
        path = None
    newer = contents.newer(digest)
    named = versions[0] if versions else None
    copy = contents.copy(digest)
    other = copy.ref if copy else str(Reference("path", path)) if path else ""
    return LineageNode(
        id=content_id(digest, name),
        kind="data" if versions else "file",
        ref=named.ref if named else other,
        title=named.ref if named else (path or name),
        state="forgotten" if versions and all(each.forgotten for each in versions) else "there",
        stale=[f"{newer.ref} is newer"] if newer else [],
        created=named.created if named else None,
        path=path or (_path_of(named) if named else None),
        hash=digest,
        rows=named.rows if named else None,
        size=named.size if named else None,
        versions=[each.ref for each in versions],
        newest=newer.ref if newer else None,
        copy_ref=copy.ref if copy else None,
    )


def _path_of(version: DataVersion) -> str | None:
    """Return where a version was; not where a checkout would put a frame or an address."""
    return version.path if version.origin == "path" else None


def _as_told(node: LineageNode, version: str | None) -> LineageNode:
    """Return a content under the version that its run knew, where no tag here knows any."""
    if node.versions or not version:
        return node
    if automatic.is_reference(version):
        return node.model_copy(update={"ref": version, "copy_ref": version})
    return node.model_copy(
        update={"kind": "data", "ref": version, "title": version, "versions": [version]}
    )


def _code(known: Mapping[str, str]) -> Code:
    code = json_tag(known, tags.CODE)
    remote = foreign.text(code.get("remote"))
    return Code(
        commit=foreign.text(code.get("commit")) or known.get(tags.GIT_COMMIT),
        branch=foreign.text(code.get("branch")) or known.get(tags.GIT_BRANCH),
        remote=without_credentials(remote) if remote else None,
        changed=foreign.texts(code.get("changed")),
        modules=foreign.texts(code.get("modules")),
        notebook=known.get(tags.NOTEBOOK),
    )


def _environment(known: Mapping[str, str]) -> str | None:
    found = foreign.pairs(json_tag(known, tags.ENVIRONMENT))
    shown = [f"Python {found.pop('python')}"] if "python" in found else []
    found.pop("platform", None)
    shown += [f"{name} {version}" for name, version in list(found.items())[:_LIBRARIES_SHOWN]]
    return ", ".join(shown) or None

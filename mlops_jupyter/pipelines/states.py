"""Why a stage has to run: what differs from ``dvc.lock``, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlops_jupyter.pipelines.records import StageReason

if TYPE_CHECKING:
    from mlops_jupyter.pipelines.project import Project

_LONGEST = 40
_SAID = {
    "modified": "has changed",
    "deleted": "is not there",
    "new": "is not in dvc.lock yet",
    "not in cache": "is not in DVC's cache",
    "update available": "has a newer version where it is imported from",
}


def reasons(project: Project, stage: Any) -> list[StageReason]:
    """Return why a stage has to run; nothing where DVC would skip it."""
    from dvc.dependency import ParamsDependency

    if stage.cmd and stage.name not in stage.dvcfile.lockfile_contents.get("stages", {}):
        return [StageReason(what="command", name=stage.name, said="it has not run yet")]
    found: list[StageReason] = []
    if stage.is_callback or stage.always_changed:
        said = "it is said to change always" if stage.always_changed else "it has no dependencies"
        found.append(StageReason(what="always", name=stage.name, said=said))
    if stage.changed_stage():
        said = "its command has changed"
        found.append(StageReason(what="command", name=stage.name, said=said))
    for dep in () if stage.frozen else stage.deps:
        if isinstance(dep, ParamsDependency):
            found += _parameters(project, dep)
        else:
            found += _paths(project, dep, "dependency")
    for out in stage.outs:
        found += _paths(project, out, "output")
    return found


def _paths(project: Project, entry: Any, what: Any) -> list[StageReason]:
    path = project.shown(entry.fs_path) if entry.protocol == "local" else str(entry)
    return [
        StageReason(what=what, name=path, said=f"{path} {_SAID.get(state, state)}")
        for state in entry.status().values()
    ]


def _parameters(project: Project, dep: Any) -> list[StageReason]:
    """Return which values changed, one by one, also inside a section."""
    file = project.shown(dep.fs_path)
    status = next(iter(dep.status().values()), None)
    if status is None:
        return []
    if isinstance(status, str):
        said = f"{file} {_SAID.get(status, status)}"
        return [StageReason(what="parameter", name=file, said=said)]
    then, now = (dep.hash_info.value if dep.hash_info else None) or {}, dep.read_params()
    found = []
    for name in status:
        for path, before, after in _differences(name, then.get(name, _NONE), now.get(name, _NONE)):
            said = f"{path}: {_shown(before)} → {_shown(after)}"
            found.append(StageReason(what="parameter", name=path, said=said))
    return found


class _Nothing:
    def __repr__(self) -> str:
        return "nothing"


_NONE = _Nothing()


def _differences(name: str, before: object, after: object) -> list[tuple[str, object, object]]:
    if isinstance(after, Mapping) and (isinstance(before, Mapping) or before is _NONE):
        known: Mapping[str, object] = before if isinstance(before, Mapping) else {}
        keys = list(dict.fromkeys([*after, *known]))
        return [
            each
            for key in keys
            for each in _differences(f"{name}.{key}", known.get(key, _NONE), after.get(key, _NONE))
        ]
    return [] if before == after else [(name, before, after)]


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, (str, _Nothing)) else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"

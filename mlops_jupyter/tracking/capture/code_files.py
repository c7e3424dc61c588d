"""The files that a run's code consists of, beyond its commit."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_jupyter import git
from mlops_jupyter.errors import ToolFailed
from mlops_jupyter.tracking.capture import local_modules, patch
from mlops_jupyter.tracking.capture.objects import name_of
from mlops_jupyter.tracking.capture.repositories import Repositories, remote_of
from mlops_jupyter.tracking.capture.source_files import SourceFiles, is_code, is_data

if TYPE_CHECKING:
    from mlops_jupyter.tracking.capture.code import CodeState
    from mlops_jupyter.tracking.capture.local_modules import LocalModule
    from mlops_jupyter.workspace import Workspace

# Seconds that looking at the code of one run may take.
PATIENCE = 1.0
_MAX_CHANGES = 2000
_MAX_NEW_FOLDERS = 100
_MAX_SUBMODULES = 5


class Collection:
    """Collects the code of one run; see `mlops_jupyter.tracking.capture.code.collect`.

    Attributes
    ----------
    files : dict
        Path within the run -> its bytes, or the object that holds them.
    """

    def __init__(
        self, workspace: Workspace, state: CodeState, *, remote: bool, notebook: Path | None
    ) -> None:
        self.files: dict[str, bytes | Path] = {}
        self._state = state
        self._with_data = workspace.settings.privacy.allows("outputs", remote=remote)
        self._leave_out = {workspace.state_dir.resolve()}
        if notebook is not None:
            self._leave_out.add(notebook.resolve())
        self._sources = SourceFiles(workspace, self._with_data, time.monotonic() + PATIENCE)
        self._repositories = Repositories(self._sources.deadline)
        self._problems = [state.problem] if state.problem else []
        self._files: list[dict[str, Any]] = []
        self._unpatched: list[str] = []  # tracked files whose change is not for the patch

    def collect(self) -> list[dict[str, Any]]:
        """Bring all files; return the modules that the commit does not tell."""
        state = self._state
        if state.top is not None:
            self._add_changes(state.top, state.status, "")
            self._add_patches(state.top)
        modules = self._add_modules(local_modules.imported())
        self.files |= self._sources.files
        if self.files or modules:
            self.files["code/code.json"] = self._manifest(modules)
        return modules

    def problems(self) -> list[str]:
        """Say what is missing, and why."""
        return self._problems + self._sources.problems()

    def _add_changes(self, top: Path, status: git.Status, prefix: str, depth: int = 0) -> None:
        new_folders = []
        changes = sorted(status.changes, key=lambda change: change.kind == "new")
        if len(changes) > _MAX_CHANGES:
            self._sources.leave_out(f"{len(changes) - _MAX_CHANGES} changes", "too many")
        for change in changes[:_MAX_CHANGES]:
            if change.kind == "submodule":
                self._add_submodule(top, change.path, prefix, depth)
            elif change.path.endswith("/"):
                new_folders.append(change.path)
            else:
                self._add_change(top, change, prefix)
        for path in self._new_files(top, new_folders)[:_MAX_CHANGES]:
            self._add_change(top, git.Change(path, "new"), prefix)

    def _add_change(self, top: Path, change: git.Change, prefix: str) -> None:
        path = top / change.path
        if change.kind == "new" and not is_code(change.path):
            return
        if self._is_left_out(path):
            self._not_for_patch(change, prefix)
            return
        folder = "data" if is_data(change.path) else "files"
        name = f"code/{folder}/{name_of(prefix + change.path)}"
        entry: dict[str, Any] = {"path": name_of(prefix + change.path), "kind": change.kind}
        if change.kind != "deleted":
            if not prefix and self._state.changed_since(change.path):
                entry["edited_while_running"] = True
                self._sources.leave_out(change.path, "as it was at first: edited in the meantime")
            if self._sources.add(path, name, inside=top):
                entry["file"] = name
                entry["masked"] = name in self._sources.masked
            elif change.kind == "changed" and not path.is_symlink():
                self._not_for_patch(change, prefix)
        # A merge conflict has no one content to differ from.
        if entry.get("masked") or change.words.startswith("u"):
            self._not_for_patch(change, prefix)
        self._files.append(entry)

    def _not_for_patch(self, change: git.Change, prefix: str) -> None:
        if change.kind != "new" and not prefix:  # the patch is of tracked files, not of submodules
            self._unpatched.append(change.path)

    def _new_files(self, top: Path, folders: list[str]) -> list[str]:
        """List what is in folders that git does not know at all."""
        wanted = [folder for folder in folders if not self._is_left_out(top / folder)]
        if len(wanted) > _MAX_NEW_FOLDERS:
            self._sources.leave_out(f"{len(wanted)} new folders", "too many to look into")
            return []
        try:
            return self._repositories.new_files(top, wanted)
        except ToolFailed as error:
            self._sources.leave_out(", ".join(wanted[:3]), f"new files in there: {error.message}")
            return []

    def _add_submodule(self, top: Path, path: str, prefix: str, depth: int) -> None:
        inner = top / path
        try:
            if depth >= _MAX_SUBMODULES or git.find_top(inner) != inner:
                raise ToolFailed("not looked into")  # noqa: TRY301 - told like git's own refusal
            status = self._repositories.status(inner)
        except ToolFailed as error:
            self._sources.leave_out(path, f"changes in the submodule: {error.message}")
            return
        self._files.append(
            {"path": name_of(prefix + path), "kind": "submodule", "commit": status.commit}
        )
        self._add_changes(inner, status, f"{prefix}{path}/", depth + 1)

    def _add_patches(self, top: Path) -> None:
        tracked = [c for c in self._state.status.changes if c.kind in ("changed", "deleted")]
        if self._state.status.commit is None:
            return
        names = {False: "code/changes.patch", True: "code/data/changes.patch"}
        for private in (False, True) if self._with_data else (False,):
            try:
                content, secret = patch.patch(
                    top,
                    tracked,
                    without=self._unpatched,
                    private=private,
                    timeout=self._repositories.time_left(),
                )
            except ToolFailed as error:
                self._problems.append(f"{names[private]}: {error.message}")
                continue
            if secret:
                why = "left out of changes.patch: a secret in it"
                self._sources.leave_out(f"{secret} files", why)
            if content:
                self.files[names[private]] = content

    def _add_modules(self, found: list[LocalModule]) -> list[dict[str, Any]]:
        """Keep imported modules that are in no commit; return those, and those edited since."""
        told: list[dict[str, Any]] = []
        by_top: dict[Path | None, list[LocalModule]] = {}
        for module in found:
            if not self._is_left_out(module.path):
                by_top.setdefault(self._repositories.top_of(module.path), []).append(module)
        for top, modules in by_top.items():
            committed, origin = self._origin(top, modules)
            for module in modules:
                entry = {"name": module.name, **origin}
                if module.edited:
                    entry["edited"] = True
                    self._sources.leave_out(module.name, "as it was imported: edited since")
                elif module.path in committed and top == self._state.top:
                    continue
                if module.path not in committed:
                    entry["file"] = self._keep_module(module)
                elif not module.edited:
                    # Another repository's: which commit of it made this run, once a package.
                    entry["name"] = module.name.partition(".")[0]
                if entry not in told:
                    told.append(entry)
        return told

    def _keep_module(self, module: LocalModule) -> str | None:
        """Keep a module's file; return its name in the run, None where it is left out."""
        inside = self._name_inside(module)
        name = f"code/files/{inside}" if inside else f"code/modules/{_file_of(module)}"
        if name in self._sources.files or self._sources.add(module.path.resolve(), name):
            return name
        return None

    def _origin(
        self, top: Path | None, modules: list[LocalModule]
    ) -> tuple[set[Path], dict[str, Any]]:
        """Return which modules are in the commit as they are, and which commit of what that is."""
        if top is None:
            return set(), {}
        try:
            if top == self._state.top:
                status, origin = self._state.status, {}
            else:
                status = self._repositories.status(top, new_files=False)
                url = remote_of(top, status.branch, self._repositories.time_left())
                origin = {"commit": status.commit, "remote": url or name_of(str(top))}
            paths = {module.path for module in modules}
            return self._repositories.committed(top, status, paths), origin
        except ToolFailed as error:
            self._sources.leave_out(str(top), f"commit of modules in there: {error.message}")
            return set(), {}

    def _name_inside(self, module: LocalModule) -> str | None:
        """Return a module's path within our repository, or the workspace where there is none."""
        for folder in (self._state.top, self._sources.workspace.root):
            if folder is not None and module.path.is_relative_to(folder):
                return name_of(module.path.relative_to(folder).as_posix())
        return None

    def _is_left_out(self, path: Path) -> bool:
        return path in self._leave_out or path.resolve() in self._leave_out

    def _manifest(self, modules: list[dict[str, Any]]) -> bytes:
        status = self._state.status
        known = {
            "schema_version": 1,
            "commit": status.commit,
            "branch": status.branch,
            "remote": self._state.remote,
            "changed": self._files,
            "modules": modules,
            "left_out": {why: list(names)[:100] for why, names in self._sources.left_out.items()},
        }
        return json.dumps(known, indent=1).encode()


def _file_of(module: LocalModule) -> str:
    """Return where a module from elsewhere lies below ``code/modules``."""
    parts = module.name.split(".")
    if module.path.name == "__init__.py":
        parts.append("__init__")
    if parts == ["__main__"]:
        parts = [module.path.stem]
    return name_of("/".join(parts) + module.path.suffix)

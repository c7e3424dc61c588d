"""The code of a run in a copy: what differed from its commit, and modules nobody had committed."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from mlops_jupyter import git, settings
from mlops_jupyter.errors import ToolFailed
from mlops_jupyter.reproducing.recorded import artifacts, manifest, secrets_in
from mlops_jupyter.reproducing.records import Difference
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.capture.objects import path_of
from mlops_jupyter.tracking.capture.source_digests import of_file
from mlops_jupyter.tracking.history import foreign
from mlops_jupyter.tracking.history.summaries import json_tag

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from mlops_jupyter.reproducing.copies import Copy
    from mlops_jupyter.reproducing.recorded import Recorded

_PATCHES = ("changes.patch", "data/changes.patch")
_FOLDERS = ("files", "data")
_SAID = 5


class Code:
    """Brings the code of a run into a copy.

    Attributes
    ----------
    secrets : list of str
        Names of credentials that restored files ask for, whether they are used or not.
    differences : list of Difference
        What is not as it had been.
    reasons : list of str
        What cannot be brought back at all.
    """

    def __init__(self, opened: MlflowClient, recorded: Recorded, copy: Copy) -> None:
        self._recorded, self._copy = recorded, copy
        self.secrets: list[str] = []
        self.differences: list[Difference] = []
        self.reasons: list[str] = []
        self._kept: Path | None = None
        try:
            self._kept = artifacts(opened, recorded.side.holder, "code", copy.folder)
        except ToolFailed as error:
            self.reasons.append(error.message)
        self._manifest = manifest(self._kept)

    def restore(self) -> None:
        """Bring all of it: the patch of what is too large to be kept whole, then whole files."""
        if self._kept is not None:
            self._patch(self._kept)
            self._delete()
            for folder in _FOLDERS:
                self._files(self._kept / folder, self._copy.top)
            if (
                self._recorded.way == "journal"
            ):  # else they are those of the process that started it
                self._files(self._kept / "modules", self._copy.modules)
        if not self.reasons:
            self._check()
        self._tell()

    def _patch(self, kept: Path) -> None:
        """Apply the patches; git itself refuses paths that would leave the folder."""
        for name in _PATCHES:
            patch = kept / name
            if not patch.is_file() or patch.is_symlink() or self._recorded.commit is None:
                continue
            # One file that does not fit keeps all others out.
            how = ("--whitespace=nowarn", "--binary", f"--exclude={self._settings()}")
            try:
                git.run(self._copy.top, "apply", *how, str(patch.resolve()))
            except ToolFailed as error:
                self._copy.notes.append(f"{name} does not fit the commit: {error.message}")

    def _settings(self) -> str:
        """Return the path of the settings, which stay those of now: the copy has them."""
        own = self._copy.root.relative_to(self._copy.top)
        return (own / settings.FILE_NAME).as_posix()

    def _delete(self) -> None:
        for entry in _listed(self._manifest, "changed"):
            path = foreign.text(entry.get("path"))
            target = self._copy.inside(path_of(path)) if path else None
            if entry.get("kind") == "deleted" and target is not None and not target.is_dir():
                target.unlink(missing_ok=True)

    def _files(self, folder: Path, base: Path) -> None:
        """Copy what lies below a folder of the run to where it was."""
        for file in sorted(folder.rglob("*")) if folder.is_dir() else ():
            if file.is_symlink() or not file.is_file() or file.name == "changes.patch":
                continue
            name = path_of(file.relative_to(folder).as_posix())
            target = self._copy.inside(name, base)
            if target is None:
                self._copy.notes.append(f"{name!r} would lie outside of the copy: left out")
                continue
            if target == self._copy.top / self._settings():
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.is_symlink():
                target.unlink()
            shutil.copyfile(file, target)
            target.chmod(0o644)
            self._look_for_secrets(target)

    def _look_for_secrets(self, file: Path) -> None:
        if file.suffix in (".py", ".ipynb") and file.stat().st_size < 10_000_000:
            text = file.read_text(encoding="utf-8", errors="replace").replace('\\"', '"')
            asked = secrets_in(text) if "secret" in text else []
            self.secrets += [name for name in asked if name not in self.secrets]

    def _check(self) -> None:
        """Hold the modules that were imported against what was recorded of them."""
        known = foreign.pairs(
            json_tag(self._recorded.run.data.tags, tags.SOURCES).get("modules"), limit=500
        )
        for name, digest in known.items():
            path = self._copy.inside(name, self._copy.root) or self._above(name)
            now = of_file(path) if path is not None else None
            if now == digest or (path is not None and self._is_masked(path)):
                continue
            if now is None:
                self.reasons.append(f"the module {name} is not among what was recorded")
            else:
                self.differences.append(
                    Difference(what="code", name=name, recorded=digest, now=now)
                )

    def _above(self, name: str) -> Path | None:
        """Return a module beside the workspace, in the same repository."""
        path = (self._copy.root / name).resolve()
        return path if path.is_relative_to(self._copy.top) else None

    def _is_masked(self, path: Path) -> bool:
        return bool(path.is_file() and secrets_in(path.read_text("utf-8", "replace")))

    def _tell(self) -> None:
        """Say what was left out when the run was captured."""
        for why, names in _pairs(self._manifest.get("left_out")):
            shown = ", ".join(names[:_SAID]) + (" …" if len(names) > _SAID else "")
            self._copy.notes.append(f"code that was not kept with the run ({why}): {shown}")
        modules = _listed(self._manifest, "modules") if self._recorded.way == "journal" else []
        for entry in modules:
            name = foreign.text(entry.get("name"))
            commit = foreign.text(entry.get("commit"))
            if name and commit and not entry.get("file"):
                self._copy.notes.append(
                    f"{name} is from another repository, at {commit[:12]}: it is used as it is now"
                )
        for entry in _listed(self._manifest, "changed"):
            if entry.get("kind") == "submodule" and (path := foreign.text(entry.get("path"))):
                self._copy.notes.append(f"the submodule {path} is not brought back")


def _listed(manifest: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = manifest.get(name)
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _pairs(value: object) -> list[tuple[str, list[str]]]:
    if not isinstance(value, dict):
        return []
    return [(str(why), foreign.texts(names)) for why, names in value.items()]


def is_plain(name: str) -> bool:
    """Whether a recorded path stays below the folder it counts from.

    Examples
    --------
    >>> is_plain("data/a.csv"), is_plain("../a.csv"), is_plain("/etc/passwd"), is_plain("")
    (True, False, False, False)
    """
    path = PurePosixPath(name)
    return bool(name) and "\0" not in name and not path.is_absolute() and ".." not in path.parts

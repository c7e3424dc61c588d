"""The artifacts of a run: what there is, and the content of those that a reader wants to see."""

from __future__ import annotations

import json
import tempfile
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from mlops_jupyter.tracking.capture.outputs import unpack
from mlops_jupyter.tracking.history import foreign
from mlops_jupyter.tracking.run_parts import Artifact
from mlops_jupyter.tracking.store.quiet import quiet_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun

MAX_ARTIFACTS = 200
_MAX_FOLDERS = 100
_MAX_TEXT = 200_000
_MAX_PACKAGES = 2_000_000
_CELL = "code/cell.py"
_JOURNAL = "journal.ipynb"
# Parts of a packed notebook: not files that anybody looks for.
_INSIDE = {f"{whose}/{part}" for whose in ("journal", "notebook") for part in ("cells", "outputs")}


def listing(files: Files) -> tuple[list[Artifact], list[str]]:
    """List a run's files, folders opened, up to a limit.

    Returns
    -------
    list of Artifact
        Files by path; what lies on top first.
    list of str
        What was left out, and why.
    """
    found: list[Artifact] = []
    missing: list[str] = []
    folders = [""]
    for opened_folders, folder in enumerate(folders):
        if len(found) > MAX_ARTIFACTS or opened_folders >= _MAX_FOLDERS:
            break
        try:
            entries = files.storage.list_artifacts(folder or None)
        except Exception as error:  # noqa: BLE001 - any storage, any client library; it is told
            missing.append(f"artifacts: {_reason(error)}")
            break
        for entry in entries:
            path = foreign.text(entry.path)
            if path is None:
                continue
            if entry.is_dir:
                if path not in _INSIDE:
                    folders.append(path)
            else:
                found.append(Artifact(path=path, size=foreign.whole(entry.file_size)))
    if len(found) > MAX_ARTIFACTS or len(folders) > _MAX_FOLDERS:
        missing.append(f"artifacts: there are more than the {min(len(found), MAX_ARTIFACTS)} shown")
    return found[:MAX_ARTIFACTS], missing


class Files:
    """A run's artifacts, listed once.

    MLflow's client asks the store for the whole run, twice, at each file: ten files of sixty runs
    took it half a minute. The storage itself is asked here.

    Parameters
    ----------
    client : MlflowClient
        Of the run's store.
    run : mlflow.entities.Run
        The run.
    """

    def __init__(self, client: MlflowClient, run: MlflowRun) -> None:
        self._place = (run.info.artifact_uri, client.tracking_uri)
        self.artifacts, self.missing = listing(self)

    @cached_property
    def storage(self) -> Any:
        """MLflow's repository of these artifacts.

        Raises
        ------
        MlflowException, ImportError
            Nothing here can read such a storage.
        """
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        uri, tracking_uri = self._place
        return get_artifact_repository(uri, tracking_uri=tracking_uri)

    def read(self, artifact: Artifact, limit: int) -> bytes | None:
        """Return a file's bytes; None where it is larger than `limit`, or cannot be had."""
        if artifact.size is not None and artifact.size > limit:
            return None
        with tempfile.TemporaryDirectory() as folder:
            try:
                with quiet_progress():
                    local = Path(self.storage.download_artifacts(artifact.path, folder)).resolve()
                # A store on a server says itself where the file was put.
                if not local.is_relative_to(Path(folder).resolve()):
                    return None
                return None if local.stat().st_size > limit else local.read_bytes()
            except Exception:  # noqa: BLE001 - any storage; the list of files is there all the same
                return None

    def packed(
        self, path: str | None, limit: int, *, beside: Callable[[str], bool] = lambda _name: True
    ) -> dict[str, Any] | None:
        """Return a notebook among the files, put together with what lies beside it.

        Parameters
        ----------
        path : str or None
            The notebook.
        limit : int
            Of each file, in bytes.
        beside : callable
            Which of the parts are wanted; the others are left as they are.

        Returns
        -------
        dict or None
            As nbformat has it; None where it is too large, or no notebook.
        """
        artifact = self._first(lambda each: each == path)
        notebook = _object(self.read(artifact, limit)) if artifact else {}
        if not isinstance(notebook.get("cells"), list):
            return None
        folder = PurePosixPath(path or "").parent

        def part(name: str) -> bytes:
            wanted = Artifact(path=(folder / name).as_posix())
            content = self.read(wanted, limit) if beside(name) else None
            if content is None:
                raise FileNotFoundError(name)
            return content

        return unpack(notebook, part)

    def cell(self) -> str | None:
        """Return the source of the cell that made the run."""
        found = self._first(lambda path: path == _CELL)
        return _decoded(self.read(found, _MAX_TEXT)) if found else None

    def notebook(self) -> str | None:
        """Return the artifact that holds the notebook."""
        found = self._first(_is_notebook)
        return found.path if found else None

    def journal(self) -> str | None:
        """Return the artifact that holds the cells that were really executed."""
        found = self._first(lambda path: PurePosixPath(path).name == _JOURNAL)
        return found.path if found else None

    def packages(self) -> dict[str, str]:
        """Return all distributions and versions, out of what lies in ``environment/``."""
        inside = [a for a in self.artifacts if a.path.startswith("environment/")]
        for artifact in inside:
            if not artifact.path.endswith((".json", ".txt")):
                continue
            text = _decoded(self.read(artifact, _MAX_PACKAGES))
            found = _from_json(text) if artifact.path.endswith(".json") else _from_lines(text)
            if found:
                return dict(sorted(found.items(), key=lambda pair: pair[0].lower()))
        return {}

    def _first(self, wanted: Callable[[str], bool]) -> Artifact | None:
        return next((a for a in self.artifacts if wanted(a.path)), None)


def _object(content: bytes | None) -> dict[str, Any]:
    """Read a JSON object; anything else counts as empty."""
    try:
        value = json.loads(content or b"null")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _is_notebook(path: str) -> bool:
    """Whether it is the run's own; others may be among the files of its code."""
    place = PurePosixPath(path)
    held = place.parent.as_posix() in (".", "notebook")
    return held and place.suffix == ".ipynb" and place.name != _JOURNAL


def _from_json(text: str | None) -> dict[str, str]:
    try:
        value: Any = json.loads(text or "null")
    except (ValueError, RecursionError):
        return {}
    for key in ("distributions", "packages"):
        inside = foreign.part(value, key)
        if isinstance(inside, dict):
            return foreign.pairs(inside)
        if isinstance(inside, list):
            rows = [entry for entry in inside if isinstance(entry, dict)]
            return foreign.pairs({str(e.get("name")): e.get("version") for e in rows})
    return {}


def _from_lines(text: str | None) -> dict[str, str]:
    """Read ``name==version`` lines, as pip writes them."""
    rows: Iterable[str] = (text or "").splitlines()
    split = (row.partition("#")[0].partition(";")[0].partition("==") for row in rows)
    return foreign.pairs({name.strip(): v.strip() for name, sign, v in split if sign and v.strip()})


def _decoded(content: bytes | None) -> str | None:
    return content.decode("utf-8", "replace") if content else None


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')}"[:200]

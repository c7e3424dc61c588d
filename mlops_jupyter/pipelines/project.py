"""The workspace's pipeline as DVC knows it: opened, its stages in order, its errors as ours."""

from __future__ import annotations

import contextlib
import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_jupyter.errors import BadInput, NotFound, ToolFailed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlops_jupyter.workspace import Workspace

FILE = "dvc.yaml"
LOCK = "dvc.lock"
PARAMS = "params.yaml"
_LOGS = ("dvc", "dvc_data", "dvc_objects")
_HOW_TO_ADD = "add a notebook: `mlops pipeline add NOTEBOOK`"


class Project:
    """The stages of a workspace's ``dvc.yaml``.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    repo : dvc.repo.Repo
        DVC's repository, which may begin above the workspace.
    """

    def __init__(self, workspace: Workspace, repo: Any) -> None:
        self.workspace = workspace
        self.repo = repo
        self.root = workspace.root.resolve()
        self.file = self.root / FILE
        self.lock = self.root / LOCK

    def stages(self) -> list[Any]:
        """Return the stages as they would run, each after those it needs.

        Raises
        ------
        NotFound
            There is no pipeline yet.
        BadInput
            ``dvc.yaml`` is wrong.
        """
        self._require()
        with told(self.root):
            import networkx as nx  # type: ignore[import-untyped]

            graph = self.repo.index.graph  # from a stage to what it needs
            order = list(nx.dfs_postorder_nodes(graph))
            return [stage for stage in order if self.is_own(stage)]

    def _require(self) -> None:
        if not self.file.exists():
            raise NotFound(f"there is no pipeline in {self.root}: no {FILE}", _HOW_TO_ADD)

    def is_own(self, stage: Any) -> bool:
        """Whether it stands in the workspace's ``dvc.yaml``."""
        return Path(stage.path) == self.file

    def chosen(self, names: Sequence[str]) -> list[str]:
        """Return what DVC calls these stages; the whole pipeline where none is named.

        Raises
        ------
        NotFound
            There is no such stage; names those there are.
        """
        self._require()
        if not names:  # DVC reads its files anew when it locks them: not twice for nothing
            return [str(self.file)]
        known = [stage.name for stage in self.stages()]
        groups = {name.partition("@")[0] for name in known}
        for name in names:
            if name not in known and name not in groups:
                import difflib

                close = difflib.get_close_matches(name, known, n=1)
                hint = f"did you mean '{close[0]}'?" if close else f"there are: {_some(known)}"
                raise NotFound(f"there is no stage '{name}' in {FILE}", hint)
        return [f"{self.file}:{name}" for name in names]

    def before(self, stage: Any) -> list[str]:
        """Return the names of the stages whose outputs one reads."""
        needed = self.repo.index.graph.successors(stage)
        return sorted(each.name for each in needed if self.is_own(each))

    def shown(self, path: str) -> str:
        """Return a path as seen from the workspace."""
        try:
            return Path(path).relative_to(self.root).as_posix()
        except ValueError:
            return path


@contextlib.contextmanager
def opened(workspace: Workspace) -> Iterator[Project]:
    """Open the pipeline; git's index is not touched, whatever the user's settings say."""
    from mlops_jupyter.data.cache import dvc_repository

    with _silent(), dvc_repository.opened(dvc_repository.root_of(workspace)) as repo:
        yield Project(workspace, repo)


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Let DVC's log be silent, which it prints to standard output: we tell by events and errors."""
    import dvc  # noqa: F401 - which sets the levels when it is imported

    levels = {name: logging.getLogger(name).level for name in _LOGS}
    for name in _LOGS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            # DVC asks pygtrie in a way that will go.
            warnings.filterwarnings("ignore", "_NoneStep.value", DeprecationWarning)
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


@contextlib.contextmanager
def told(root: Path) -> Iterator[None]:
    """Turn what DVC says of its files into our words."""
    from dvc.exceptions import DvcException
    from dvc.lock import LockError

    try:
        yield
    except LockError:
        raise ToolFailed(
            "another process works with DVC in this repository", "try again once it has ended"
        ) from None
    except DvcException as error:
        raise BadInput(f"{FILE}: {words(error, root)}", f"see {root / FILE}") from error


def words(error: BaseException, root: Path) -> str:
    """Return what DVC says, on one line, with paths from the workspace."""
    said = " ".join(str(error).split()).rstrip(".")
    return said.replace(f"{root}/", "")


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:8])
    return f"{shown} and {len(names) - 8} more" if len(names) > 8 else shown or "none"

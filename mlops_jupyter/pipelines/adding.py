"""``mlops pipeline add``: a stage of plain ``dvc.yaml`` for a notebook."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from mlops_jupyter import git
from mlops_jupyter.errors import BadInput, Conflict
from mlops_jupyter.pipelines import code as _code
from mlops_jupyter.pipelines import project as _project
from mlops_jupyter.pipelines import yaml_text
from mlops_jupyter.pipelines.proposing import propose
from mlops_jupyter.pipelines.records import ProposedStage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mlops_jupyter.notebooks.source import Source
    from mlops_jupyter.pipelines.project import Project
    from mlops_jupyter.workspace import Workspace

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
_PLAIN = (str, int, float, bool, type(None), list, dict)


def add(
    workspace: Workspace,
    notebook: str | os.PathLike[str],
    *,
    name: str | None = None,
    parameters: Sequence[str] | Mapping[str, object] | None = None,
    deps: Sequence[str | os.PathLike[str]] = (),
    outs: Sequence[str | os.PathLike[str]] = (),
    dry_run: bool = False,
) -> ProposedStage:
    """Make a notebook a stage of the pipeline: of ``dvc.yaml``, which ``dvc repro`` knows.

    What it reads and writes is what tracked runs of it really read and wrote, and what its code
    says. Its parameters become a section of ``params.yaml``. Nothing else in either file changes; a
    stage that is there as it would be written stays.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    notebook : path
        The notebook.
    name : str, optional
        Name of the stage; the notebook's by default.
    parameters : sequence of str or mapping, optional
        Values for ``params.yaml``; by default what is there, then the notebook's own.
    deps, outs : sequence of path
        What it reads and makes, instead of what is proposed.
    dry_run : bool
        Write nothing.

    Returns
    -------
    ProposedStage
        The stage.

    Raises
    ------
    BadInput
        git tracks an output, another stage makes it, a path is outside the workspace …
    Conflict
        There is another stage of that name.

    Examples
    --------
    >>> import mlops_jupyter as mlops
    >>> ws = mlops.Workspace.find()
    >>> stage = mlops.pipeline.add(ws, "notebooks/train.ipynb", dry_run=True)
    >>> stage.command
    'mlops run notebooks/train.ipynb -f params.yaml:train'
    """
    from mlops_jupyter.notebooks import source as _source

    source = _source.read(workspace, notebook)
    chosen = _name(source, name)
    with _project.opened(workspace) as project, _project.told(project.root):
        values = _values(project, source, chosen, parameters)
        said = _code.of_notebook(source, values)
        found = propose(workspace, source, said, deps=deps, outs=outs, made=_made(project))
        dependencies, outputs = found.listed()
        command = _command(project, source, chosen, values)
        plan = _Plan(project, chosen, command, list(found.dependencies), list(found.outputs))
        plan.take_parameters(values)
        plan.check()
        if not dry_run:
            plan.write()
        return ProposedStage(
            name=chosen,
            notebook=project.shown(str(source.path)),
            command=command,
            dependencies=dependencies,
            outputs=outputs,
            parameters=values,
            text=plan.text,
            files=plan.files(),
            notes=found.notes,
            written=not dry_run,
        )


class _Plan:
    """A stage that is about to be written."""

    def __init__(
        self, project: Project, name: str, command: str, deps: list[str], outs: list[str]
    ) -> None:
        from dvc.stage import PipelineStage, create_stage

        self._project = project
        self._name = name
        self._outs = outs
        self._values: dict[str, Any] = {}
        self._there = False
        self._ignoring = _ignoring(project, outs)
        # `params` is set later: DVC would look for the section, which is not written yet.
        self._stage = create_stage(
            PipelineStage,
            repo=project.repo,
            path=str(project.file),
            wdir=str(project.root),  # else the folder that one is in
            name=name,
            cmd=command,
            deps=sorted(deps),
            outs=sorted(outs),
        )
        self.text = ""

    def take_parameters(self, values: dict[str, Any]) -> None:
        """Let the stage depend on its section of ``params.yaml``."""
        from dvc.stage import serialize
        from dvc.utils.serialize import dumps_yaml

        self._values = values
        content = dict(serialize.to_pipeline_file(self._stage)[self._name])
        if values:
            after = ("cmd", "wdir", "deps")
            content = {
                **{key: value for key, value in content.items() if key in after},
                "params": [self._name],
                **{key: value for key, value in content.items() if key not in after},
            }
        self._content = content
        self.text = str(dumps_yaml({self._name: content})).rstrip("\n")

    def check(self) -> None:
        """Refuse what DVC, or the next commit, would trip over."""
        self._refuse_what_git_tracks()
        stages = yaml_text.load(_read(self._project.file), _project.FILE).get("stages")
        if isinstance(stages, dict) and self._name in stages:
            self._there = stages[self._name] == self._content
            if self._there:
                return
            raise Conflict(
                f"there is a stage '{self._name}' in {_project.FILE}",
                f"edit it there, or take it out: `dvc remove {self._name}`; or choose --name",
            )
        self._project.repo.check_graph(stages={self._stage})

    def _refuse_what_git_tracks(self) -> None:
        root = self._project.root
        if not self._outs or git.top_level(root) is None:
            return
        tracked = git.run(root, "ls-files", "-z", "--", *self._outs).split("\0")
        if known := [path for path in tracked if path]:
            raise BadInput(
                f"git tracks {known[0]}, which the stage would write: outputs are DVC's to keep",
                f"take it out of git and keep the file: `git rm --cached {shlex.quote(known[0])}`; "
                "or name the outputs with --out",
            )

    def write(self) -> None:
        """Write the stage, its parameters, and git's ignored names."""
        from mlops_jupyter import own_files

        params, stages = self._params_text(), self._stages_text()
        with self._project.repo.lock:
            for file, text in ((self._params_file, params), (self._project.file, stages)):
                if text is not None:
                    own_files.write(file, text.encode())
            for out in self._outs:  # DVC writes .gitignore beside it
                (self._project.root / out).parent.mkdir(parents=True, exist_ok=True)
            self._stage.ignore_outs()

    def files(self) -> list[str]:
        """Return what is written to."""
        names = [_project.FILE] + ([_project.PARAMS] if self._values else [])
        return names + self._ignoring

    @property
    def _params_file(self) -> Path:
        return self._project.root / _project.PARAMS

    def _params_text(self) -> str | None:
        before = text = _read(self._params_file)
        known = yaml_text.load(text, _project.PARAMS).get(self._name) or {}
        for name, value in self._values.items():
            if name not in known or known[name] != value:
                text = yaml_text.put(text, (self._name, name), value, _project.PARAMS)
        return None if text == before else text

    def _stages_text(self) -> str | None:
        if self._there:
            return None
        text = _read(self._project.file)
        return yaml_text.put(text, ("stages", self._name), self._content, _project.FILE)


def _name(source: Source, wanted: str | None) -> str:
    name = wanted or re.sub(r"[^A-Za-z0-9_-]+", "_", source.path.stem).strip("_-") or "stage"
    if not _NAME.fullmatch(name):
        raise BadInput(
            f"{name!r} is no name for a stage", "use letters, digits, _ and - (not at the start)"
        )
    return name


def _values(
    project: Project,
    source: Source,
    section: str,
    given: Sequence[str] | Mapping[str, object] | None,
) -> dict[str, Any]:
    """Return the section of ``params.yaml``: what is given, what is there, the defaults."""
    from mlops_jupyter.notebooks import parameters as _parameters

    known = _parameters.read(source)
    there = yaml_text.load(_read(project.root / _project.PARAMS), _project.PARAMS).get(section)
    if there is not None and not isinstance(there, dict):
        raise BadInput(
            f"{_project.PARAMS} has a value '{section}', which is no section of parameters",
            "choose another --name for the stage",
        )
    checked = _parameters.check(known, {**(there or {}), **_parameters.check(known, given)})
    defaults = _code.of_notebook(source, {}).defaults if known else {}
    own = {name: defaults[name] for name in known or () if name in defaults}
    values = {**own, **_parameters.as_logged(None, checked)}  # dates and paths as text
    return {name: value for name, value in values.items() if isinstance(value, _PLAIN)}


def _command(project: Project, source: Source, section: str, values: dict[str, Any]) -> str:
    notebook = project.shown(str(source.path))
    if "${" in notebook:
        raise BadInput(f"DVC reads the ${{ in {notebook} as a value to put in", "rename it")
    words = ["mlops", "run", notebook]
    if values:
        words += ["-f", f"{_project.PARAMS}:{section}"]
    return shlex.join(words)


def _made(project: Project) -> list[str]:
    """Return the outputs of all stages there are."""
    return [project.shown(out.fs_path) for out in project.repo.index.outs]


def _ignoring(project: Project, outs: list[str]) -> list[str]:
    """Return where git is told to ignore these outputs; not of those that it does already."""
    known = project.repo.scm.is_ignored
    new = [path for path in outs if not known(str(project.root / path))]
    return sorted({(PurePosixPath(path).parent / ".gitignore").as_posix() for path in new})


def _read(file: Path) -> str:
    try:
        with file.open(encoding="utf-8", newline="") as opened:
            return opened.read()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{file} cannot be read: {error}", "mend it") from None

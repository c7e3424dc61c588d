"""The verb `inspect`: what a notebook takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.notebooks import source as _source
from mlops_jupyter.notebooks.parameters import checking, reading, schemas
from mlops_jupyter.notebooks.parameters.record import NotebookParameters, ParameterInfo

if TYPE_CHECKING:
    import os

    from mlops_jupyter.notebooks.parameters.reading import Parameter
    from mlops_jupyter.workspace import Workspace


def inspect(workspace: Workspace, notebook: str | os.PathLike[str]) -> NotebookParameters:
    """Return the parameters of a notebook: names, types, defaults, descriptions.

    They are read from the code of its cell tagged ``parameters``; nothing is executed.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    notebook : path
        The notebook (``.ipynb``, or jupytext's ``.py`` and ``.md``), inside the workspace.

    Returns
    -------
    NotebookParameters
        The parameters, also as a JSON schema.

    Raises
    ------
    NotFound, BadInput
        There is no such notebook, or its cell is not Python.

    Examples
    --------
    >>> import mlops_jupyter as mlops
    >>> ws = mlops.Workspace.find()
    >>> found = mlops.inspect(ws, "notebooks/train.ipynb")
    >>> [(p.name, p.type, p.default) for p in found.parameters]
    [('n_trees', 'int', '5')]
    """
    source = _source.read(workspace, notebook)
    known = reading.read(source)
    cell = next((c.number for c in reading.tagged(source)), None)
    return NotebookParameters(
        notebook=_shown(workspace, source),
        language=source.language,
        kernel=source.kernel_name or "python3",
        cell=cell,
        parameters=[_info(parameter) for parameter in (known or {}).values()],
        json_schema=schemas.of(known, anything=source.language != "python"),
        notes=reading.notes(source),
    )


def _shown(workspace: Workspace, source: _source.Source) -> str:
    return source.path.relative_to(workspace.root).as_posix()


def _info(parameter: Parameter) -> ParameterInfo:
    value = checking.in_json(parameter.default) if parameter.known else None
    return ParameterInfo(
        name=parameter.name,
        type=str(parameter.type),
        annotation=parameter.type.unknown or None,
        default=None if parameter.required else parameter.source,
        value=value if schemas.is_strict(value) else None,
        required=parameter.required,
        description=parameter.description,
    )

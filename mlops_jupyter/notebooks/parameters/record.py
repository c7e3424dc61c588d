"""What a notebook takes, as a Result."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from mlops_jupyter.results import Record, Result


class ParameterInfo(Record):
    """A parameter of a notebook.

    Attributes
    ----------
    name : str
        The variable.
    type : str
        What it takes, in words: ``int (at least 1)``, ``date or None``; ``any`` where it is not
        known.
    annotation : str, optional
        The annotation as the notebook writes it, where it is not known.
    default : str, optional
        The default as the notebook writes it; None where it has to be given.
    value : any
        The default's value as JSON has it; None where it is an expression.
    required : bool
        Whether it has to be given.
    description : str
        What the notebook says of it.
    """

    name: str
    type: str
    annotation: str | None = None
    default: str | None = None
    value: Any = None
    required: bool = False
    description: str = ""


class NotebookParameters(Result):
    """The parameters of a notebook.

    Attributes
    ----------
    notebook : str
        The notebook, seen from the workspace.
    language, kernel : str
        What it is written in, and for.
    cell : int, optional
        The cell tagged ``parameters``, counted from 1 among all cells; None where there is none.
    parameters : list of ParameterInfo
        In the notebook's order.
    json_schema : dict
        The same as a JSON schema.
    notes : list of str
        What is odd about its tagged cells.
    """

    kind: ClassVar[str] = "notebook_parameters"

    notebook: str
    language: str
    kernel: str
    cell: int | None = None
    parameters: list[ParameterInfo] = Field(default_factory=list)
    json_schema: dict[str, Any] = Field(default_factory=dict)
    notes: list[str] = Field(default_factory=list)

    def to_text(self) -> str:
        """Return a table of the parameters for the terminal."""
        from mlops_jupyter.notebooks.parameters import view

        return view.parameters_text(self)

    def to_html(self) -> str:
        """Return a table of the parameters for the notebook."""
        from mlops_jupyter.notebooks.parameters import view

        return view.parameters_html(self)

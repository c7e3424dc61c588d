"""What ``mlops reproduce`` returns."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from mlops_jupyter.results import Record, Result

Verdict = Literal["identical", "within chance", "different", "cannot"]
Agreement = Literal["identical", "within", "different", "missing", "not compared"]
Way = Literal["notebook", "journal"]


class MetricCompared(Record):
    """A metric, as it was recorded and as it came out again.

    Attributes
    ----------
    name : str
        Its name.
    recorded : float or None
        The value of the run.
    reproduced : list of (float or None)
        The value of each reproduction; None where it has none.
    agreement : str
        ``identical``: the same to the last bit, each time; ``within``: inside `low` to `high`;
        ``missing``: a reproduction did not log it; ``not compared``: see `note`.
    low, high : float or None
        What counted as chance, where there was such a rule.
    note : str
        Why it is not compared.
    """

    name: str
    recorded: float | None
    reproduced: list[float | None] = Field(default_factory=list)
    agreement: Agreement
    low: float | None = None
    high: float | None = None
    note: str = ""


class FileCompared(Record):
    """A file that the run wrote, by its MD5.

    Attributes
    ----------
    path : str
        The file.
    recorded : str
        The MD5 of what the run wrote.
    reproduced : list of (str or None)
        That of each reproduction; None where it wrote no such file.
    agreement : str
        As for a metric; ``not compared`` where it is another one each time.
    """

    path: str
    recorded: str
    reproduced: list[str | None] = Field(default_factory=list)
    agreement: Agreement


class Difference(Record):
    """Something that was not as it had been: it may explain another outcome.

    Attributes
    ----------
    what : {"data", "code", "package", "python", "machine"}
        Its kind.
    name : str
        The data, file, package or fact.
    recorded, now : str or None
        How it was with the run, and with the reproduction; None: not there, or not known.
    """

    what: Literal["data", "code", "package", "python", "machine"]
    name: str
    recorded: str | None = None
    now: str | None = None


class Reproduction(Result):
    """A run that was made again, and whether it came out the same.

    Attributes
    ----------
    verdict : {"identical", "within chance", "different", "cannot"}
        What came of it.
    run_id, name, experiment : str
        The run.
    way : {"notebook", "journal"} or None
        What was executed: the notebook of ``mlops run``, or the cells that a kernel had executed.
    reasons : list of str
        Why it cannot be reproduced, or in what it differs.
    rule : str
        What counted as chance.
    reproductions : list of str
        The runs that were made.
    metrics, files : list
        What was compared.
    differences : list of Difference
        What was not as it had been.
    notes : list of str
        What else is to be known.
    environment : {"present", "built"}
        Where it was executed: among the packages of now, or those that were recorded.
    folder : str or None
        The copy, where it was to be kept.
    duration_s : float
        Seconds for all of it.
    """

    kind: ClassVar[str] = "reproduction"

    verdict: Verdict
    run_id: str
    name: str
    experiment: str
    way: Way | None = None
    reasons: list[str] = Field(default_factory=list)
    rule: str = ""
    reproductions: list[str] = Field(default_factory=list)
    metrics: list[MetricCompared] = Field(default_factory=list)
    files: list[FileCompared] = Field(default_factory=list)
    differences: list[Difference] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)
    environment: Literal["present", "built"] = "present"
    folder: str | None = None
    duration_s: float = 0.0

    def to_text(self) -> str:
        """Return what came of it for the terminal."""
        from mlops_jupyter.reproducing import view

        return view.text_of(self)

    def to_html(self) -> str:
        """Return what came of it for the notebook."""
        from mlops_jupyter.reproducing import view

        return view.html_of(self)

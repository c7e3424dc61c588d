"""What a sweep came to, as a Result."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from mlops_jupyter.results import Record, Result

Search = Literal["grid", "random", "optuna"]
Direction = Literal["higher", "lower"]
TrialStatus = Literal["FINISHED", "FAILED", "PRUNED", "KILLED"]


class SweepTrial(Record):
    """One point of the space, and what became of it.

    Attributes
    ----------
    number : int
        From 1.
    status : {"FINISHED", "FAILED", "PRUNED", "KILLED"}
        FAILED where the notebook raised, PRUNED where it was stopped since others were better,
        KILLED where it was given up.
    run_id : str or None
        Its run; the last one where workers were lost.
    values : dict
        What the notebook was given.
    value : float or None
        The sweep's metric.
    lost : int
        How many workers were lost with it.
    duration_s : float or None
        Seconds.
    error : str or None
        Why it stopped before its end.
    """

    number: int
    status: TrialStatus
    run_id: str | None = None
    values: dict[str, Any] = Field(default_factory=dict)
    value: float | None = None
    lost: int = 0
    duration_s: float | None = None
    error: str | None = None


class Sweep(Result):
    """Many trials of one notebook.

    Attributes
    ----------
    run_id, uid : str
        MLflow's id of the run that trials belong to, and our own.
    name, experiment : str
        As shown.
    notebook : str
        Seen from the workspace.
    search : {"grid", "random", "optuna"}
        How points were chosen.
    space : dict
        Values of each parameter, as they are written on a command line.
    metric : str or None
        What trials are sorted by; None where nobody said, and the notebook logs several.
    direction : {"higher", "lower"} or None
        Which way it is better.
    seed : int or None
        Of what is drawn; None for a grid.
    trials : list of SweepTrial
        The best first, then those without a value.
    total : int
        How many there were to be.
    best : int or None
        Number of the best one.
    duration_s : float
        Seconds, this time.
    notes : list of str
        What one should know of it.
    """

    kind: ClassVar[str] = "sweep"

    run_id: str
    uid: str
    name: str
    experiment: str
    notebook: str
    search: Search
    space: dict[str, str]
    metric: str | None = None
    direction: Direction | None = None
    seed: int | None = None
    trials: list[SweepTrial]
    total: int
    best: int | None = None
    duration_s: float
    notes: list[str] = Field(default_factory=list)

    @property
    def best_trial(self) -> SweepTrial | None:
        """The best one."""
        return next((trial for trial in self.trials if trial.number == self.best), None)

    @property
    def failed(self) -> list[SweepTrial]:
        """Trials that came to nothing: their notebook raised, or they were given up."""
        return [trial for trial in self.trials if trial.status in ("FAILED", "KILLED")]

    def to_text(self) -> str:
        """Return a table for the terminal."""
        from mlops_jupyter.sweeps import view

        return view.sweep_text(self)

    def to_html(self) -> str:
        """Return a table for the notebook."""
        from mlops_jupyter.sweeps import view

        return view.sweep_html(self)

"""Tracking in a script: ``with mlops.track("experiment"):``, or a decorator."""

from __future__ import annotations

from contextlib import ContextDecorator
from typing import TYPE_CHECKING, Literal, Self

from mlops_jupyter.tracking.session import Session, current
from mlops_jupyter.workspace import Workspace

if TYPE_CHECKING:
    from types import TracebackType

    from mlops_jupyter.tracking.records import TrackedCell


class track(ContextDecorator):  # noqa: N801 - a verb to its users
    """Track what a block of code, or a function, trains.

    Parameters
    ----------
    experiment : str
        Where runs go.
    name : str, optional
        Name of the run.
    workspace : Workspace, optional
        The one of the current folder by default.
    keep_models : {"best", "all"}
        Of many fits: the best and the last model, or all.
    no_source : bool
        Keep nothing that is code.

    Attributes
    ----------
    result : TrackedCell or None
        After the block: what was captured; None when nothing trained or logged.

    Examples
    --------
    >>> import mlops_jupyter as mlops
    >>> with mlops.track("flights", name="forest") as tracked:
    ...     model.fit(X, y)
    RandomForestClassifier(n_estimators=5...)
    >>> print(tracked.result)
    ✓ FINISHED run forest in flights (run:...) · RandomForestClassifier · training_roc_auc ...
    """

    def __init__(
        self,
        experiment: str,
        *,
        name: str | None = None,
        workspace: Workspace | None = None,
        keep_models: Literal["best", "all"] = "best",
        no_source: bool = False,
    ) -> None:
        self._experiment = experiment
        self._name = name
        self._workspace = workspace
        self._keep_all_models = keep_models == "all"
        self._no_source = no_source
        self._session: Session | None = None
        self._around: Session | None = None
        self.result: TrackedCell | None = None

    def __enter__(self) -> Self:
        self._around = current()
        session = Session(
            self._workspace or Workspace.find(),
            self._experiment,
            keep_all_models=self._keep_all_models,
            no_source=self._no_source,
        )
        session.start()
        session.begin(name=self._name)
        self._session = session
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        assert self._session is not None  # noqa: S101 - set by __enter__
        try:
            self.result = self._session.end(error)
        finally:
            self._session.stop()
            self._session = None
            if self._around is not None:  # a notebook that is tracked as well goes on
                self._around.start()

"""What is captured of one scope beside what MLflow logs, and what is not, with the reason."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from mlops_jupyter.tracking.capture import (
    code,
    importances,
    inputs,
    journal,
    models,
    source_digests,
    surroundings,
    writes,
)
from mlops_jupyter.tracking.capture.environment import Chance
from mlops_jupyter.tracking.store import failures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mlops_jupyter.tracking.fitted import Fit
    from mlops_jupyter.tracking.session import Session
    from mlops_jupyter.tracking.writer import OpenRun


class Captures:
    """Captures into the runs of one scope, and keeps the words for its line.

    Parameters
    ----------
    session : Session
        Whose scope it is.
    source : str
        The cell.
    """

    def __init__(self, session: Session, source: str) -> None:
        self.captured: list[str] = []
        self.problems: list[str] = []
        self._session = session
        self._source = source
        self._code: code.CodeState | None = None
        self._digests: dict[str, str] = {}
        self._imported = 0
        self._chance = Chance.now()

    def note(self, *what: str) -> None:
        """Say that something is captured, once."""
        self.captured += [entry for entry in what if entry not in self.captured]

    def left_out(self, *reasons: str) -> None:
        """Say that something is not captured, once."""
        self.problems += [reason for reason in reasons if reason not in self.problems]

    def problem(self, what: str, error: Exception) -> None:
        """Say that something is not captured for an error."""
        self.left_out(f"{what}: {failures.in_words(error)}")

    def attempt(self, what: str, step: Callable[..., object], *args: Any) -> None:
        """Take a step that may fail without anything else failing for it."""
        try:
            step(*args)
        except Exception as failure:  # noqa: BLE001 - told, not raised: see the session
            self.problem(what, failure)

    def code(self) -> code.CodeState:
        """Look once for all runs of the scope: their code is the same."""
        if self._code is None:
            self._code = code.look(self._session.workspace)
        return self._code

    def sources(self) -> dict[str, str]:
        """Return the tag with digests of the code, where code may be told."""
        session = self._session
        privacy = session.workspace.settings.privacy
        if session.no_source or not privacy.allows("source", remote=session.leaves_here):
            return {}
        # The fits of one cell have the same code, unless something was imported between them.
        if self._imported != len(sys.modules):
            self._imported = len(sys.modules)
            self.attempt("digests of the code", self._digest_sources)
        return self._digests

    def given(self, fit: Fit, given: Mapping[str, Any]) -> None:
        """Look at the data a fit is given, before it can change."""
        fit.given, skipped = inputs.of_fit(given)
        self.left_out(*skipped)

    def of_fit(self, fit: Fit, model: Any, features: Any) -> None:
        """Add what MLflow's autologging leaves out of a fit's run: the model and the data."""
        if models.flavor_of(model) is not None and not self._session.models_by_mlflow(model):
            self.attempt("the model", self._model, fit, model, features)
        self.attempt("what the model builds on", self._importances, fit, model, features)
        self.attempt("the data", self._read, fit.run_id, fit.given)

    def of_cell(self, run: OpenRun, fits: Sequence[Fit]) -> None:
        """Add what the cell wrote; and what it read, where no fit has."""
        if not fits:
            self._read(run.run_id, [])
        written, skipped = writes.collect(self._session.workspace, self._session.reads)
        writes.log(self._session.client, run.run_id, written)
        self.left_out(*skipped)

    def around(self, run: OpenRun) -> None:
        """Add what surrounds a run: notebook, journal, code, environment."""
        session = self._session
        kept = surroundings.keep(
            run,
            session.workspace,
            journal=journal.current() if session.namespace is not None else None,
            namespace=session.namespace,
            source=self._source,
            remote=session.leaves_here,
            no_source=session.no_source,
            state=self._code,
            chance=self._chance,
        )
        self.note(*kept.captured)
        self.left_out(*kept.not_captured)

    def _digest_sources(self) -> None:
        self._digests = source_digests.tag_of(self._session.workspace, self.code(), self._source)

    def _model(self, fit: Fit, model: Any, features: Any) -> None:
        fit.model_id = models.log_model(
            self._session.client,
            fit.run_id,
            self._session.workspace,
            model,
            features,
            remote=self._session.leaves_here,
        )
        self.note("model")

    def _importances(self, fit: Fit, model: Any, features: Any) -> None:
        session = self._session
        importances.log(session.client, fit.run_id, session.workspace, model, features)

    def _read(self, run_id: str, given: Sequence[Any]) -> None:
        found, skipped = inputs.collect(self._session.workspace, self._session.reads)
        inputs.log(self._session.client, run_id, [*found, *given])
        self.left_out(*skipped)
        if names := inputs.shown(found):
            self.note(f"data {names}")

"""Between autologging and a session: which scope hears of which fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from mlops_jupyter.tracking.fitted import Fit
    from mlops_jupyter.tracking.scope import Scope
    from mlops_jupyter.tracking.session import Session


class Heard(NamedTuple):
    """A fit, and the scope that was open when it began: it may end when another is."""

    scope: Scope
    fit: Fit | None


class Listener:
    """Passes on each outermost fit; see `mlops_jupyter.tracking.fits.FitListener`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def fit_started(self, label: str, given: dict[str, Any]) -> Heard:
        """See `FitListener`."""
        scope = self._session.scope_of_fit()
        return Heard(scope, scope.fit_started(label, given))

    def fit_ended(self, heard: Heard, model: Any, features: Any) -> None:
        """See `FitListener`."""
        heard.scope.fit_ended(heard.fit, model, features)
        self._session.fit_is_over(heard.scope)

    def fit_failed(self, heard: Heard, error: BaseException) -> None:
        """See `FitListener`."""
        heard.scope.fit_failed(heard.fit, error)
        self._session.fit_is_over(heard.scope)

    def logging_failed(self, heard: Heard, model: Any, features: Any, reason: str) -> None:
        """See `FitListener`."""
        heard.scope.logging_failed(heard.fit, model, features, reason)
        self._session.fit_is_over(heard.scope)

    def left_out(self, heard: Heard, reason: str) -> None:
        """See `FitListener`."""
        heard.scope.captures.left_out(reason)

    def autolog_called(self, integration: str, *, disable: bool) -> None:
        """See `FitListener`."""
        if disable:
            self._session.notes.append(
                f"autologging of {integration} was switched off in this notebook"
            )

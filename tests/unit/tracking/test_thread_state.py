"""MLflow's autologging state, while two threads fit at once."""

import threading

import mlflow.sklearn
import pytest
from mlflow.utils.autologging_utils import safety

from mlops_jupyter.tracking.thread_state import per_thread


@pytest.fixture
def elsewhere():
    """Run a function in another thread and return what it does."""

    def run(function):
        found = []
        thread = threading.Thread(target=lambda: found.append(function()))
        thread.start()
        thread.join()
        return found[0]

    undo = per_thread()
    yield run
    undo()


def test_one_that_fails_to_log_keeps_no_other_from_logging(elsewhere):
    manager = safety._AutologgingSessionManager
    with manager.start_session("sklearn") as session:
        session.state = "failed"
        assert manager.active_session() is session
        assert elsewhere(manager.active_session) is None


def test_a_fit_here_is_no_parent_of_one_there(elsewhere):
    kind = mlflow.sklearn._SklearnTrainingSession

    def is_logged():
        with kind(estimator="other", allow_children=False) as inner:
            return inner.should_log()

    with kind(estimator="one", allow_children=False):
        assert not is_logged()
        assert elsewhere(is_logged)


def test_metrics_switched_off_here_are_on_there_and_on_again_here(elsewhere):
    manager = mlflow.sklearn._AUTOLOGGING_METRICS_MANAGER
    with manager.disable_log_post_training_metrics():
        assert not manager.should_log_post_training_metrics()
        assert elsewhere(manager.should_log_post_training_metrics)
    assert manager.should_log_post_training_metrics()


def test_all_is_put_back():
    kind = mlflow.sklearn._SklearnTrainingSession
    before = (kind._session_stack, safety._AutologgingSessionManager)
    per_thread()()
    assert (kind._session_stack, safety._AutologgingSessionManager) == before
    assert mlflow.sklearn._AUTOLOGGING_METRICS_MANAGER.should_log_post_training_metrics()

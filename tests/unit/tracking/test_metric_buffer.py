"""The buffer against the real embedded store."""

from __future__ import annotations

import math
import multiprocessing
import threading
import time

import pytest
from mlflow.exceptions import MlflowException

from mlops_jupyter.tracking.store import metric_buffer, opening
from mlops_jupyter.tracking.store.metric_buffer import MetricBuffer


@pytest.fixture
def client(workspace):
    return opening.client(workspace)


@pytest.fixture
def run_id(client):
    return client.create_run("0").info.run_id


@pytest.fixture
def buffer():
    return MetricBuffer()


def history(client, run_id, name):
    return sorted(client.get_metric_history(run_id, name), key=lambda m: (m.step, m.timestamp))


def test_all_points_arrive_in_order_with_their_steps_and_times(client, run_id, buffer):
    begun = time.time_ns() // 1_000_000
    for step in range(2500):
        buffer.add(client, run_id, {"loss": 1 / (step + 1), "rate": 0.1}, step)
    ended = time.time_ns() // 1_000_000
    buffer.flush()
    found = history(client, run_id, "loss")
    assert [point.step for point in found] == list(range(2500))
    assert [point.value for point in found] == [1 / (step + 1) for step in range(2500)]
    times = [point.timestamp for point in found]
    assert begun <= times[0]
    assert times[-1] <= ended
    assert times == sorted(times)
    assert len(history(client, run_id, "rate")) == 2500
    assert buffer.problems() == []


def test_points_of_one_name_step_and_value_all_arrive_and_the_last_is_the_last(
    client, run_id, buffer
):
    for value in [0.5] * 300 + [0.9, 0.1]:
        buffer.add(client, run_id, {"loss": value})
    buffer.flush()
    assert [point.value for point in history(client, run_id, "loss")] == [0.5] * 300 + [0.9, 0.1]
    assert client.get_run(run_id).data.metrics["loss"] == 0.1


def test_a_step_that_comes_again_arrives_as_well(client, run_id, buffer):
    for step in (5, 6, 5, 6, 5):
        buffer.add(client, run_id, {"loss": 1.0}, step)
    buffer.flush()
    assert [point.step for point in history(client, run_id, "loss")] == [5, 5, 5, 6, 6]


def test_what_is_no_number_stays_so(client, run_id, buffer):
    for step, value in enumerate([1.0, math.nan, math.inf, -math.inf, math.nan]):
        buffer.add(client, run_id, {"loss": value}, step)
    buffer.flush()
    values = [point.value for point in history(client, run_id, "loss")]
    assert [math.isnan(value) for value in values] == [False, True, False, False, True]
    assert values[2] > 1e308  # as MLflow's SQL store has it
    assert values[3] < -1e308


def test_threads_log_at_once(client, run_id, buffer):
    other = client.create_run("0").info.run_id

    def work(number):
        for step in range(500):
            buffer.add(client, (run_id, other)[number % 2], {f"loss {number}": float(step)}, step)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    buffer.flush()
    for number in range(6):
        found = history(client, (run_id, other)[number % 2], f"loss {number}")
        assert [point.value for point in found] == list(range(500))


def test_points_of_mlflow_s_own_in_between_stay(client, run_id, buffer):
    buffer.add(client, run_id, {"loss": 0.3}, 1)
    client.log_metric(run_id, "loss", 0.2, step=2)
    buffer.add(client, run_id, {"loss": 0.1}, 3)
    buffer.flush()
    assert [point.value for point in history(client, run_id, "loss")] == [0.3, 0.2, 0.1]
    assert client.get_run(run_id).data.metrics["loss"] == 0.1


def test_points_are_written_without_being_asked_for(client, run_id, buffer):
    buffer.add(client, run_id, {"loss": 0.3})
    deadline = time.monotonic() + 20
    while buffer.pending() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [point.value for point in history(client, run_id, "loss")] == [0.3]


def test_a_deleted_run_takes_none_and_the_others_do(client, run_id, buffer):
    deleted = client.create_run("0").info.run_id
    client.delete_run(deleted)
    for step in range(3):
        buffer.add(client, deleted, {"loss": 0.5}, step)
        buffer.add(client, run_id, {"loss": 0.5}, step)
    buffer.flush()
    assert len(history(client, run_id, "loss")) == 3
    (told,) = buffer.problems()
    assert told.startswith("3 metric points: ")
    assert deleted in told
    assert buffer.problems() == []


class Refusing:
    """The real client, whose store is locked for a while."""

    def __init__(self, client):
        self._client = client
        self.tracking_uri = client.tracking_uri
        self.calls = 0
        self.refuses = True

    def log_batch(self, *args, **kwargs):
        self.calls += 1
        if self.refuses:
            raise MlflowException("database is locked")
        self._client.log_batch(*args, **kwargs)


def test_points_outlive_a_store_that_refuses_for_a_while(client, run_id, buffer, monkeypatch):
    monkeypatch.setattr(metric_buffer, "PAUSE", 0.2)
    refusing = Refusing(client)
    for step in range(10):
        buffer.add(refusing, run_id, {"loss": float(step)}, step)
    buffer.flush()
    assert buffer.problems() == ["10 metric points, tried again meanwhile: database is locked"]
    refusing.refuses = False
    time.sleep(0.25)
    buffer.flush()
    assert [point.step for point in history(client, run_id, "loss")] == list(range(10))
    assert buffer.problems() == []


def test_a_store_that_refuses_is_asked_once_and_holds_up_nobody(client, run_id):
    buffer = MetricBuffer(capacity=100)
    refusing = Refusing(client)
    for step in range(150):
        buffer.add(refusing, run_id, {"loss": 0.5}, step)
        buffer.flush()
    assert refusing.calls == 1
    assert buffer.pending() == 100
    assert buffer.problems()[0] == "50 metric points: database is locked"
    refusing.refuses = False  # for the thread, which ends with the process


def test_a_stop_button_loses_and_repeats_nothing(client, run_id, buffer):
    class Stopped(Refusing):
        def log_batch(self, *args, **kwargs):
            self._client.log_batch(*args, **kwargs)
            if self.refuses:
                raise KeyboardInterrupt

    stopped = Stopped(client)
    for step in range(5):
        buffer.add(stopped, run_id, {"loss": 0.5}, step)
    with pytest.raises(KeyboardInterrupt):
        buffer.flush()
    stopped.refuses = False
    buffer.flush()
    assert len(history(client, run_id, "loss")) == 5


def test_opening_a_store_sees_what_was_logged_before(workspace, client, run_id):
    metric_buffer.BUFFER.add(client, run_id, {"loss": 0.25})
    assert opening.client(workspace).get_run(run_id).data.metrics == {"loss": 0.25}


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_writes_its_own_points_only(client, run_id):
    metric_buffer.BUFFER.add(client, run_id, {"parent": 1.0})
    child = multiprocessing.get_context("fork").Process(
        target=metric_buffer.BUFFER.add, args=(client, run_id, {"child": 2.0})
    )
    child.start()
    child.join(60)
    assert child.exitcode == 0
    metric_buffer.BUFFER.flush()
    assert client.get_run(run_id).data.metrics == {"parent": 1.0, "child": 2.0}
    assert len(history(client, run_id, "parent")) == 1

"""The store is away while a search runs: everything comes to it later, once."""

import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from automl.errors import Notice, UserError
from automl.search.folders import add_report
from automl.search.recording import Recorder
from automl.search.records import Report, TrialRecord
from automl.tracking import Store, Tracker
from automl.tracking.recorded import SEARCH_RUN, RecordedRun, find_runs

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore::automl.errors.Notice")]

TRIALS, EPOCHS, KEPT = 12, 3, 4


class Plan:
    """As much of a plan as a recorder needs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.metric = Named()
        self.components = [Named()]
        self.experiment = SimpleNamespace(scheduler=None)


class Named:
    name, key, provenance = "accuracy", ("model", "mlp"), "package automl 1"


class Line:
    """To the store; cut, nothing goes through."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import mlflow

        self.is_cut = False
        for name in ("create_run", "log_batch", "set_terminated", "set_experiment_tag"):
            monkeypatch.setattr(mlflow.MlflowClient, name, self._through(getattr(mlflow.MlflowClient, name)))

    def _through(self, method: Any) -> Any:
        def call(*arguments: Any, **keys: Any) -> Any:
            if self.is_cut:
                raise ConnectionError("the line is cut")
            return method(*arguments, **keys)

        return call


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    monkeypatch.setattr("automl.tracking.outbox.KEPT", KEPT)
    return Line(monkeypatch)


def recorder(store: Store, folder: Path, runs: dict[int, RecordedRun] | None = None) -> tuple[Tracker, Recorder]:
    plan: Any = Plan(folder)
    tracker = Tracker(
        store,
        experiment="digits",
        search="digits-1",
        description="d",
        params={"sampler": "tpe"},
        tags={},
        metric="accuracy",
        minimize=False,
        runs=runs,
    )
    return tracker, Recorder(tracker, plan)


def train(recorder: Recorder, folder: Path, number: int) -> TrialRecord:
    record = TrialRecord(number, {"model": "mlp"})
    recorder.trial_started(record)
    for epoch in range(1, EPOCHS + 1):
        metrics = {"val_accuracy": epoch / 10 + number}
        report = Report(epoch, metrics, True, (epoch, 0), "finished" if epoch == EPOCHS else "running")
        add_report(folder, number, report)
        record.update(report)
        recorder.epoch_done(record, report)
    recorder.trial_finished(record)
    return record


def recorded(store: Store) -> dict[int, tuple[str, dict[int, list[float]]]]:
    """Number -> (state, step -> values) of each trial in the store, as often as it is there."""
    client = store.client()
    found = client.get_experiment_by_name("digits")
    runs = client.search_runs([found.experiment_id], "tags.`automl.number` != ''", max_results=1000)
    assert len(runs) == len({run.data.tags["automl.number"] for run in runs}), "a run is there twice"
    curves: dict[int, tuple[str, dict[int, list[float]]]] = {}
    for run in runs:
        steps: dict[int, list[float]] = {}
        for point in client.get_metric_history(run.info.run_id, "val_accuracy"):
            steps.setdefault(point.step, []).append(point.value)
        curves[int(run.data.tags["automl.number"])] = run.data.tags["automl.state"], steps
    return curves


def whole(numbers: range) -> dict[int, tuple[str, dict[int, list[float]]]]:
    return {n: ("finished", {epoch: [epoch / 10 + n] for epoch in range(1, EPOCHS + 1)}) for n in numbers}


def test_away_in_the_middle_it_is_caught_up_with_by_itself(store: Store, tmp_path: Path, line: Line) -> None:
    tracker, watcher = recorder(store, tmp_path)
    with tracker:
        train(watcher, tmp_path, 0)
        tracker.flush()
        line.is_cut = True
        for number in range(1, TRIALS):
            train(watcher, tmp_path, number)
        with pytest.warns(Notice, match=r"is away \(the line is cut\)\. Training goes on"), pytest.raises(UserError):
            tracker.flush()
        assert len(tracker._outbox._waiting) <= KEPT + 1, "memory is bounded"
        line.is_cut = False
    assert recorded(store) == whole(range(TRIALS))


def test_a_server_that_accepts_and_never_answers_holds_up_nothing(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient

    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    tracker, watcher = recorder(store, tmp_path)
    with tracker, socket.create_server(("127.0.0.1", 0)) as silent:
        train(watcher, tmp_path, 0)
        tracker.flush()
        answering = tracker._runs._client
        tracker._runs._client = MlflowClient(f"http://127.0.0.1:{silent.getsockname()[1]}")
        train(watcher, tmp_path, 1)
        assert tracker._outbox._waiting, "who reports doesn't wait"
        with pytest.warns(Notice, match=r"is away \(.*Read timed out"), pytest.raises(UserError, match="timed out"):
            tracker.flush()
        tracker._runs._client = answering
    assert recorded(store) == whole(range(2))


def test_away_to_the_end_it_is_caught_up_with_when_the_search_is_resumed(
    store: Store, tmp_path: Path, line: Line
) -> None:
    tracker, watcher = recorder(store, tmp_path)
    records = [train(watcher, tmp_path, 0)]
    tracker.flush()
    line.is_cut = True
    records += [train(watcher, tmp_path, number) for number in range(1, TRIALS)]
    with pytest.raises(UserError, match="Can't write to the MLflow store"):
        tracker.close()
    line.is_cut = False
    runs = find_runs(store, "digits", "digits-1", "accuracy")
    assert set(runs) == {SEARCH_RUN, 0}
    tracker, watcher = recorder(store, tmp_path, runs)
    with tracker:
        for record in records:
            watcher.trial_recovered(record)
    assert recorded(store) == whole(range(TRIALS))
    assert store.client().get_run(tracker.parent_run_id).data.params == {"sampler": "tpe"}


def test_killed_before_its_settings_were_written_the_search_has_them_after_it_is_resumed(
    store: Store, tmp_path: Path, line: Line
) -> None:
    tracker, _ = recorder(store, tmp_path)
    tracker._runs.open()  # the run is made, and the driver killed
    runs = find_runs(store, "digits", "digits-1", "accuracy")
    assert runs[SEARCH_RUN].params == frozenset() and not runs[SEARCH_RUN].has_inputs
    resumed, _ = recorder(store, tmp_path, runs)
    resumed.dataset(name="digits", digest="ab", source="built-in", profile={})
    resumed.close()
    assert resumed.parent_run_id == tracker.parent_run_id
    assert store.client().get_run(tracker.parent_run_id).data.params == {"sampler": "tpe"}
    found = find_runs(store, "digits", "digits-1", "accuracy")[SEARCH_RUN]
    assert found.has_inputs and found.params == {"sampler"}


def test_a_run_that_a_repeated_request_made_twice_is_there_once_after_resuming(
    store: Store, tmp_path: Path, line: Line
) -> None:
    tracker, watcher = recorder(store, tmp_path)
    tracker._runs.open()
    client = store.client()
    tags = {"automl.search": "digits-1", "automl.number": "0", "automl.role": "trial"}
    made = [client.create_run(tracker.experiment_id, tags=tags).info.run_id for _ in range(3)]
    client.log_metric(made[1], "val_accuracy", 0.1, step=1)
    runs = find_runs(store, "digits", "digits-1", "accuracy")
    assert (runs[0].run_id, runs[0].ended, runs[0].epochs) == (made[1], False, {1})
    resumed, watcher = recorder(store, tmp_path, runs)
    with resumed:
        train(watcher, tmp_path, 0)
    assert recorded(store) == whole(range(1))

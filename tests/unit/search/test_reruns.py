"""Runs with other seeds: what they are called, and how they end."""

from pathlib import Path
from typing import Any

from automl.search.budget import GRACE, StopSignal
from automl.search.confirm import BELOW, run_weights
from automl.search.folders import reports_of, weights_of
from automl.search.records import Report, TrialRecord
from automl.search.reruns import FIRST, Reruns, label, origin, title, with_seed
from automl.search.simulation import VirtualClock


def trial(number: int, **changes: Any) -> TrialRecord:
    return TrialRecord(number, {"model": "mlp"}, "finished", **changes)


def test_runs_have_numbers_names_and_folders_of_their_own(tmp_path: Path) -> None:
    record = with_seed(trial(17), 2)
    assert record.number > FIRST and record.number != with_seed(trial(17), 3).number
    assert origin(record.number) == (17, 2) and origin(17) == (17, 1)
    assert (label(record), title(record)) == ("mlp seed 2", "017 mlp seed 2")
    assert title(trial(17)) == "017 mlp"
    assert run_weights(tmp_path, record).is_relative_to(tmp_path / BELOW)
    assert run_weights(tmp_path, trial(17)) == weights_of(tmp_path, 17)


def test_after_an_interrupt_nothing_more_is_trained(tmp_path: Path) -> None:
    stop = StopSignal(tmp_path, None)
    records = [with_seed(trial(1), seed) for seed in (2, 3)]
    reruns = Reruns(records, folder=tmp_path, stop=stop, watchers=[])
    first = reruns.propose()
    stop.request()
    assert first is records[0] and reruns.propose() is None and not reruns.waits
    reruns.close(first.number, Report(1, {}, False, None, "stopped", "interrupted"))
    assert first.status == "stopped"


def test_a_full_disk_pauses_what_follows_the_trials_too(tmp_path: Path) -> None:
    stop = StopSignal(tmp_path, None)
    reruns = Reruns([with_seed(trial(1), seed) for seed in (2, 3)], folder=tmp_path, stop=stop, watchers=[])
    first = reruns.propose()
    assert first is not None
    reruns.close(first.number, Report(0, {}, False, None, "stopped", "interrupted", error="the disk is full"))
    assert stop.paused is not None and not reruns.waits


def test_a_worker_that_dies_ends_its_run_alone(tmp_path: Path) -> None:
    reruns = Reruns([with_seed(trial(1), 2)], folder=tmp_path, stop=StopSignal(tmp_path, None), watchers=[])
    record = reruns.propose()
    assert record is not None
    reruns.close(record.number, None)
    assert record.status == "failed" and "died" in record.reason


def test_a_run_that_is_ended_as_time_is_up_has_not_failed(tmp_path: Path) -> None:
    clock = VirtualClock()
    stop = StopSignal(tmp_path, 10.0, clock)
    reruns = Reruns([with_seed(trial(1), 2)], folder=tmp_path, stop=stop, watchers=[])
    record = reruns.propose()
    assert record is not None and not reruns.is_overdue
    clock.now = 10.0 + GRACE + 0.1
    assert reruns.is_overdue
    reruns.close(record.number, None)
    assert (record.status, record.reason) == ("stopped", "time budget")


def test_an_epoch_that_comes_twice_counts_once(tmp_path: Path) -> None:
    reruns = Reruns([with_seed(trial(1), 2)], folder=tmp_path, stop=StopSignal(tmp_path, None), watchers=[])
    record = reruns.propose()
    assert record is not None
    for _ in range(2):
        assert not reruns.receive(record.number, Report(1, {"val_accuracy": 0.5}, True, (0.5, -1.0), "running"))
    assert len(reports_of(tmp_path, record.number)) == 1

"""What becomes of a trial, and what its study is told."""

import json
import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from optuna.trial import TrialState
from safetensors.numpy import save_file

from automl.search.budget import GRACE
from automl.search.folders import checkpoint_of, weights_of
from automl.search.records import Report


def test_a_finished_trial_is_told_as_complete_with_its_best_value(search: Any) -> None:
    number = search.run(0.5, 0.9, 0.7)
    trial = search.study.get_trials()[number]
    assert (trial.state, trial.value) == (TrialState.COMPLETE, 0.9)
    assert trial.intermediate_values == {1: 0.5, 2: 0.9, 3: 0.7}
    record = search.state.records[number]
    assert (record.status, record.epoch, record.best_epoch, record.best["val_accuracy"]) == ("finished", 3, 2, 0.9)
    assert (record.seconds, record.parameters) == (1.5, 10)


def test_a_trial_that_the_scheduler_stops_is_told_as_pruned_with_its_values(search: Any) -> None:
    number = search.run(0.5, 0.4, status="running")
    trial = search.study.get_trials()[number]
    assert trial.state == TrialState.PRUNED
    assert trial.intermediate_values == {1: 0.5, 2: 0.4}
    record = search.state.records[number]
    assert (record.status, record.reason) == ("stopped", "scheduler, after epoch 2")


def test_the_scheduler_judges_the_best_value_so_far_and_each_epoch_once(search: Any) -> None:
    search.run(0.5, 0.9, 0.2, 0.3)
    number = search.start()
    assert not search.state.receive(number, search.report(1, 0.8, 0.8))
    assert search.state.receive(number, search.report(2, 0.1, 0.8, False)), "0.8 is below 0.9"
    assert not search.state.receive(number, search.report(2, 0.1, 0.8, False)), "the last one comes twice"


def test_a_trial_that_stops_in_the_middle_keeps_what_it_had(search: Any) -> None:
    number = search.start()
    search.state.receive(number, search.report(1, 0.5, 0.5))
    search.state.close(number, Report(1, {}, False, (0.5, -1.0), "stopped", "time budget"))
    assert search.study.get_trials()[number].state == TrialState.PRUNED
    record = search.state.records[number]
    assert (record.status, record.reason, record.best["val_accuracy"]) == ("stopped", "time budget", 0.5)
    assert search.state.best is record


def test_a_trial_that_fails_is_told_as_failed_with_its_cause(search: Any) -> None:
    number = search.start()
    search.state.close(number, search.ended("failed", "ValueError: no", error="Traceback ...\nValueError: no"))
    assert search.study.get_trials()[number].state == TrialState.FAIL
    record = search.state.records[number]
    assert (record.status, record.reason) == ("failed", "ValueError: no")
    assert record.error.startswith("Traceback")


def test_a_trial_that_diverges_teaches_the_sampler(search: Any) -> None:
    """A failure that is the configuration's own fault: TPE never sees FAIL, but PRUNED it does."""
    number = search.start()
    search.state.close(number, search.ended("failed", "diverged: nan", diverged=True))
    assert search.study.get_trials()[number].state == TrialState.PRUNED
    assert search.state.records[number].status == "failed"


def test_a_trial_whose_worker_dies_goes_on_once_under_its_number(search: Any) -> None:
    number = search.start()
    search.state.receive(number, search.report(1, 0.5, 0.5))
    search.state.close(number, None)
    record = search.state.records[number]
    assert (record.status, record.epoch, search.state.waits) == ("running", 1, True)
    assert search.study.get_trials()[number].user_attrs["deaths"] == 1, "known after a kill, too"
    assert search.state.propose() is record and not search.state.waits
    search.state.close(number, search.report(2, 0.6, 0.6, status="finished"))
    assert search.study.get_trials()[number].state == TrialState.COMPLETE
    assert search.events.seen == [
        ("started", number),
        ("epoch", number, 1),
        ("epoch", number, 2),
        ("finished", number, "finished"),
    ]


def test_a_trial_whose_worker_dies_again_fails(search: Any) -> None:
    number = search.start()
    search.state.close(number, None)
    assert search.state.propose() is search.state.records[number]
    search.state.close(number, None)
    record = search.state.records[number]
    assert (record.status, record.reason) == ("failed", "the worker process died again (out of memory?)")
    assert search.study.get_trials()[number].state == TrialState.FAIL
    assert not search.state.waits


def test_what_a_dead_worker_had_written_is_taken_in(search: Any) -> None:
    """It died after its last epoch's checkpoint, before the driver heard of it."""
    number = search.start()
    reports = [search.report(1, 0.5, 0.5), search.report(2, 0.7, 0.7, status="finished", reason="all epochs done")]
    search.state.receive(number, reports[0])
    kept = {"reports": json.dumps([report.to_json() for report in reports])}
    save_file({"x": np.zeros(1)}, checkpoint_of(search.folder, number), kept)
    search.state.close(number, None)
    record = search.state.records[number]
    assert (record.status, record.epoch, search.state.waits) == ("finished", 2, False)
    assert search.study.get_trials()[number].value == 0.7


def test_a_worker_that_dies_when_the_search_ends_fails_its_trial(search: Any) -> None:
    number = search.start()
    search.stop.request()
    search.state.close(number, None)
    assert search.state.records[number].reason == "the worker process died (out of memory?)"
    assert search.study.get_trials()[number].state == TrialState.FAIL


def test_a_full_disk_pauses_the_search_and_its_trials_go_on_later(search: Any) -> None:
    number, other = search.start(), search.start()
    search.state.receive(number, search.report(1, 0.5, 0.5))
    why = "the disk of /runs is full: 45.0 MB needed, 1.0 MB free"
    search.state.close(number, Report(1, {}, False, (0.5, -1.0), "stopped", "interrupted", error=why))
    assert search.stop.reason() == "interrupted" and (search.folder / "stop").exists(), "the workers are told"
    assert search.state.propose() is None
    search.state.close(other, search.ended("stopped", "interrupted", error="the disk is full there, too"))
    assert search.stop.paused is not None
    assert search.stop.paused.message == f"The search {search.folder.name} is paused: {why}."
    home = search.folder.parents[1]
    assert search.stop.paused.hint == f"Make room, then: automl resume {search.folder.name} --home {home}"
    assert [trial.state for trial in search.study.get_trials()] == [TrialState.RUNNING, TrialState.RUNNING]
    assert weights_of(search.folder, number).exists()


def test_a_worker_that_is_ended_as_time_is_up_leaves_what_its_trial_had(
    search: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, other = search.start(), search.start()
    search.state.receive(number, search.report(1, 0.5, 0.5))
    monkeypatch.setattr(search.stop, "_deadline", time.monotonic() - GRACE - 1)
    assert search.state.is_overdue
    search.state.close(number, None)
    search.state.close(other, None)
    records = search.state.records
    assert [(records[n].status, records[n].reason) for n in (number, other)] == [("stopped", "time budget")] * 2
    assert search.state.best is records[number] and not search.state.waits
    assert search.state.ended_by == "time budget"
    assert [trial.state for trial in search.study.get_trials()] == [TrialState.PRUNED, TrialState.PRUNED]


def test_the_last_epoch_counts_once_though_it_is_told_twice(search: Any) -> None:
    number = search.start()
    last = search.report(1, 0.5, 0.5, status="finished")
    search.state.receive(number, last)
    search.state.close(number, last)
    assert search.events.seen == [("started", number), ("epoch", number, 1), ("finished", number, "finished")]
    assert search.state.records[number].seconds == 0.5


def test_a_metric_that_is_not_defined_is_not_reported_and_never_wins(search: Any) -> None:
    number = search.start()
    search.state.close(number, search.report(1, math.nan, -math.inf, status="finished"))
    trial = search.study.get_trials()[number]
    assert trial.intermediate_values == {} and trial.state != TrialState.COMPLETE
    assert search.state.best is None
    assert search.state.records[number].epoch == 1


def test_a_metric_that_some_trial_has_is_waited_for_in_others(search: Any) -> None:
    search.run(0.5)
    number = search.start()
    assert not search.state.receive(number, search.report(1, math.nan, -math.inf))
    search.state.close(number, search.report(2, 0.7, 0.7, status="finished"))
    assert search.state.best is search.state.records[number]


def test_a_stopped_trial_may_win(search: Any) -> None:
    search.run(0.5)
    number = search.run(0.9, status="running")
    assert search.state.best is search.state.records[number]


def test_equal_values_are_decided_by_the_smooth_loss(search: Any) -> None:
    search.run(0.9)
    number = search.start()
    search.state.close(number, search.report(1, 0.9, 0.9, merit=(0.9, -0.5), status="finished"))
    assert search.state.best is search.state.records[number]


def test_it_is_known_whether_a_trial_has_done_all_its_epochs(search: Any) -> None:
    search.run(0.9, status="running")
    assert not search.state.has_finished_trial
    search.run(0.5)
    assert search.state.has_finished_trial


def test_a_minimized_metric_is_told_as_it_is(make_search: Callable[..., Any]) -> None:
    search = make_search(direction="minimize")
    number = search.start()
    search.state.close(number, search.report(1, 0.25, -0.25, status="finished"))
    assert search.study.get_trials()[number].value == 0.25
    assert search.state.best is search.state.records[number]

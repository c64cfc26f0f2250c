"""A wall clock that jumps ends no search and lengthens none; a break doesn't count."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from automl.search.budget import StopSignal
from automl.search.clock import EVERY, Moment, UsedTime, machine, used_time
from automl.search.records import Report, TrialRecord
from automl.search.simulation import VirtualClock

RECORD = TrialRecord(0, {"model": "mlp"})
HOUR = 3600.0


@pytest.fixture(params=[HOUR, -HOUR], ids=["forwards", "backwards"])
def jump(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Called, it sets the wall clock."""
    wall = time.time

    def jumped() -> None:
        monkeypatch.setattr("time.time", lambda: wall() + request.param)

    yield jumped
    monkeypatch.undo()


def test_the_deadline_stays_where_it_was_when_the_wall_clock_is_set(tmp_path: Path, jump: Callable[[], None]) -> None:
    stop = StopSignal(tmp_path, time.monotonic() + 60)
    over = StopSignal(tmp_path, time.monotonic())
    jump()
    assert 0 < stop.seconds_left <= 60 and stop.reason() is None
    assert over.reason() == "time budget"


def test_the_time_that_is_used_does_not_jump(tmp_path: Path, jump: Callable[[], None]) -> None:
    used = UsedTime(tmp_path, time.monotonic() - 30)
    jump()
    used.epoch_done(RECORD, Report(1, {}, False, None, "running"))
    assert 30 <= used_time(tmp_path) < 90


def test_a_worker_of_the_same_machine_stops_at_the_same_time_however_late_it_starts(tmp_path: Path) -> None:
    driver = StopSignal(tmp_path, time.monotonic() + 60)
    driver.set_aside(10)
    sent = driver.moment
    assert sent is not None and sent.machine == machine() and sent.left == pytest.approx(60, abs=30)
    worker = StopSignal(tmp_path, sent.here())
    assert sent.here() == sent.at
    assert worker.seconds_left == pytest.approx(driver.seconds_left, abs=30), "and what is set aside is known to both"


def test_a_worker_of_another_machine_counts_from_when_it_was_told() -> None:
    told = Moment(at=7.0, left=500.0, machine="elsewhere").here()
    assert told - time.monotonic() == pytest.approx(500, abs=30)


def test_without_a_time_budget_there_is_no_deadline_to_send(tmp_path: Path) -> None:
    assert StopSignal(tmp_path, None).moment is None


def test_what_a_search_has_used_is_found_after_a_break(tmp_path: Path) -> None:
    clock = VirtualClock(100.0)
    assert used_time(tmp_path) == 0.0, "it was killed before its first trial"
    first = UsedTime(tmp_path, 100.0, clock)
    for clock.now in (100.0 + EVERY / 2, 107.0, 107.0 + EVERY / 2):
        first.trial_started(RECORD)
    assert used_time(tmp_path) == 7.0, "noted once in a while"
    first.trial_finished(RECORD)
    clock.now = 5.0  # another machine, or a reboot
    second = UsedTime(tmp_path, clock.now - used_time(tmp_path), clock)
    clock.now = 8.0
    second.trial_finished(RECORD)
    assert used_time(tmp_path) == 10.0

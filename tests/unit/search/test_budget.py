import errno
import math
import os
import signal
import time
from pathlib import Path
from typing import Any

import optuna
import pytest

from automl.components import Choice, Float, Int
from automl.config import load_experiment
from automl.errors import SearchPaused, UserError
from automl.search.budget import (
    FIRST_SECONDS,
    GRACE,
    PACE_KNOWN,
    Limits,
    Pace,
    StopSignal,
    deadline_of,
    hopeless,
    too_slow,
)
from automl.search.folders import new_search_folder, pausing, weights_of
from automl.search.proposals import Proposals
from automl.search.records import TrialRecord
from automl.search.runner import _gentle_interrupt, most_epochs
from automl.search.schedulers import Unhurried
from automl.search.simulation import SimulatedExecutor, VirtualClock
from automl.search.state import SearchState
from automl.space import Space, SpaceParameter


def deadline(**limits: Any) -> float | None:
    return deadline_of(1000.0, load_experiment(flags={"trials": 9, **limits}))


def test_training_ends_early_enough_to_register_the_winner() -> None:
    assert deadline() is None
    assert deadline(time_budget=60) == pytest.approx(1054.0)
    assert deadline(time_budget="1h") == pytest.approx(4582.0)


def test_on_a_slow_machine_more_is_kept_for_the_end() -> None:
    experiment = load_experiment(flags={"time_budget": 60})
    kept = [60 - (deadline_of(0.0, experiment, preparation) or 0.0) for preparation in (0.0, 8.0, 30.0, 600.0)]
    assert kept == pytest.approx([6.0, 6.0, 9.0, 18.0])


def test_for_texts_more_is_kept_for_the_end() -> None:
    experiment = load_experiment(flags={"domain": "customer_service", "time_budget": "15m"})
    assert deadline_of(0.0, experiment) == pytest.approx(900 - 60)


def test_a_trial_that_does_not_notice_the_deadline_is_overdue(tmp_path: Path) -> None:
    clock = VirtualClock()
    stop = StopSignal(tmp_path, 60.0, clock)
    stop.set_aside(20.0)
    overdue = []
    for clock.now in (39.0, 41.0, 40.0 + GRACE + 0.1):
        overdue.append((stop.reason(), stop.is_overdue))
    assert overdue == [(None, False), ("time budget", False), ("time budget", True)]
    assert not StopSignal(tmp_path, None).is_overdue


def test_a_budget_of_money_is_one_of_time() -> None:
    assert deadline(cost_budget=2, cost_per_hour=4) == pytest.approx(1000 + 1800 - 18)
    assert deadline(cost_budget=2, cost_per_hour=4, time_budget="10m") == pytest.approx(1000 + 600 - 18)
    with pytest.raises(UserError, match="cost_budget and cost_per_hour belong together"):
        deadline(cost_budget=2)


def record(number: int, value: float | None, status: Any = "finished", reason: str = "") -> TrialRecord:
    merit = None if value is None else (value, 0.0)
    best = {} if value is None else {"val_auc": value}
    return TrialRecord(number, {"model": "mlp"}, status, reason, best=best, merit=merit)


@pytest.mark.parametrize(
    ("limits", "ended_by"),
    [
        ({"trials": 4}, "4 trials done"),
        ({"trials": 5}, ""),
        ({"target": 0.9}, "the target of 0.9 is reached"),
        ({"target": 0.91}, ""),
        ({"patience": 2}, "no better in 2 trials"),
        ({"patience": 3}, ""),
        ({"target": 0.95, "minimize": True}, "the target of 0.95 is reached"),
    ],
)
def test_the_first_limit_that_is_reached_ends_a_search(limits: dict[str, Any], ended_by: str) -> None:
    records = [record(0, 0.5), record(1, 0.9), record(2, 0.8), record(3, 0.7)]
    chosen = Limits(**{"trials": None, "max_failures": 2, "metric": "val_auc", **limits})
    assert chosen.reached(records, records[1]) == ended_by


@pytest.mark.parametrize(
    ("limits", "ended_by"),
    [
        ({"trials": 5, "patience": 3, "target": 0.99}, "5 trials done"),
        ({"trials": 9, "patience": 3, "target": 0.99}, "no better in 3 trials"),
        ({"trials": 9, "patience": 9, "target": 0.9}, "the target of 0.9 is reached"),
        ({"trials": 9, "patience": 9, "target": 0.99}, "time budget"),
    ],
)
def test_of_several_limits_the_first_one_that_is_reached_is_named(
    tmp_path: Path, limits: dict[str, Any], ended_by: str
) -> None:
    """Trial 1 is the best; a trial takes a second, and time is up after eight."""
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))
    clock = VirtualClock()
    state = SearchState(
        study,
        Proposals(study, Space((SpaceParameter("x", Float(0.0, 1.0), 0.5),)), exhaustive=False, seed=0),
        limits=Limits(**{"max_failures": 5, "metric": "val_auc", **limits}),
        stop=StopSignal(tmp_path, 8.0, clock),
        scheduler=Unhurried(),
        folder=tmp_path,
        watchers=[],
    )
    values = iter([0.5, 0.9, *[0.8] * 10])
    SimulatedExecutor(lambda _: [next(values)], metric="val_auc", clock=clock).run(state)
    assert state.ended_by == ended_by


def test_patience_ends_a_search_in_which_no_trial_may_win() -> None:
    infeasible = [record(number, 0.9) for number in range(3)]
    limits = Limits(None, 5, "val_auc", patience=3)
    assert limits.reached(infeasible[:2], None) == ""
    assert limits.reached(infeasible, None) == "no better in 3 trials"


def test_a_search_in_which_everything_fails_ends_with_the_reason_if_it_is_one() -> None:
    limits = Limits(None, 2, "val_auc")
    failed = [record(number, None, "failed", "diverged: the training loss is nan") for number in (0, 1)]
    assert limits.reached(failed[:1], None) == ""
    assert limits.reached(failed, None) == "the first 2 trials all failed: diverged: the training loss is nan"
    assert limits.reached([failed[0], record(1, None, "failed", "other")], None) == "the first 2 trials all failed"
    assert limits.reached([record(0, 0.5), *failed], record(0, 0.5)) == ""


def test_trials_are_told_to_stop_by_another_process(tmp_path: Path) -> None:
    driver, worker = StopSignal(tmp_path, None), StopSignal(tmp_path, None)
    assert worker.reason() is None
    driver.request()
    assert worker.reason() == "interrupted"
    driver.clear()
    driver.clear()
    assert worker.reason() is None


def test_trials_stop_at_the_deadline(tmp_path: Path) -> None:
    assert StopSignal(tmp_path, time.monotonic() - 1).reason() == "time budget"
    assert StopSignal(tmp_path, time.monotonic() + 3600).reason() is None


def test_the_time_left_is_known(tmp_path: Path) -> None:
    assert StopSignal(tmp_path, None).seconds_left == math.inf
    assert StopSignal(tmp_path, time.monotonic() + 3600).seconds_left == pytest.approx(3600, abs=60)


def test_a_trial_that_cannot_be_done_in_time_makes_room() -> None:
    assert too_slow(elapsed=100.0, progress=0.5, left=99.0) == "too slow: 100 s to go, 99 s left"
    assert too_slow(elapsed=100.0, progress=0.5, left=101.0) is None
    assert too_slow(elapsed=100.0, progress=0.5, left=math.inf) is None


def test_a_model_is_hopeless_after_two_trials_that_were_too_slow_and_none_that_was_finished() -> None:
    def ended(model: str, status: Any, reason: str) -> TrialRecord:
        return TrialRecord(0, {"model": model}, status=status, reason=reason)

    slow = [ended(model, "stopped", "too slow: 99 s to go, 9 s left") for model in "aabbc"]
    assert hopeless([*slow, ended("b", "finished", "all epochs done"), ended("d", "stopped", "time budget")]) == {"a"}


def test_the_pace_of_a_trial_that_has_just_begun_is_not_known() -> None:
    assert too_slow(elapsed=PACE_KNOWN / 2, progress=0.001, left=1.0) is None
    assert too_slow(elapsed=100.0, progress=0.0, left=1.0) is None


def test_the_first_seconds_of_a_trial_say_nothing_of_its_pace() -> None:
    now = [0.0]
    pace = Pace(lambda: now[0])

    now[0] = FIRST_SECONDS
    assert pace.too_slow(progress=0.5, left=1.0) is None  # half of it was done before: it is resumed
    now[0] += PACE_KNOWN
    assert pace.too_slow(progress=0.75, left=PACE_KNOWN + 1) is None
    assert pace.too_slow(progress=0.75, left=PACE_KNOWN - 1) == "too slow: 10 s to go, 9 s left"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_search_gently_and_a_second_one_at_once(number: signal.Signals) -> None:
    former = signal.getsignal(number)
    asked: list[str] = []
    with _gentle_interrupt(lambda: asked.append("stop")) as came:
        assert not came()
        os.kill(os.getpid(), number)
        assert came() and asked == ["stop"]
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
        assert asked == ["stop"]
    assert signal.getsignal(number) == former


@pytest.mark.parametrize(
    ("domain", "epochs"), [(Choice(30), 30), (Choice(5, 40, 10), 40), (Int(1, 100, log=True), 100)]
)
def test_the_longest_trial_sets_the_schedule(domain: Choice | Int, epochs: int) -> None:
    assert most_epochs(Space((SpaceParameter("training.epochs", domain, 5),))) == epochs


def test_searches_that_begin_at_once_have_folders_of_their_own(tmp_path: Path) -> None:
    folders = [new_search_folder(tmp_path, "images") for _ in range(3)]
    assert len(set(folders)) == 3
    assert all(folder.is_dir() and folder.parent == tmp_path / "searches" for folder in folders)
    assert all("-images" in folder.name for folder in folders)
    assert weights_of(folders[0], 7) == folders[0] / "trials" / "0007" / "best.safetensors"


def test_an_error_that_says_that_the_disk_is_full_pauses_the_search(tmp_path: Path) -> None:
    folder = tmp_path / "searches" / "s1"
    with pytest.raises(SearchPaused) as raised, pausing(folder):
        raise OSError(errno.ENOSPC, "No space left on device", str(folder / "study.journal"))
    assert raised.value.message.startswith("The search s1 is paused: [Errno 28] No space left on device: ")
    assert raised.value.hint == f"Make room, then: automl resume s1 --home {tmp_path}"
    assert raised.value.exit_code == 1
    with pytest.raises(OSError, match="denied"), pausing(folder):
        raise OSError(errno.EACCES, "denied")
    first = SearchPaused("The search s1 is paused: the disk is full.")
    with pytest.raises(SearchPaused) as again, pausing(folder):
        raise first
    assert again.value is first

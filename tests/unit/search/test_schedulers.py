"""Which trials are stopped early, and when."""

from types import SimpleNamespace

import numpy as np
import pytest

from automl.search.schedulers import Asha, MedianStopping, Scheduler, make_scheduler, replay
from automl.training.fidelity import rungs


@pytest.mark.parametrize(
    ("epochs", "marks"), [(1, ()), (2, (1,)), (3, (1,)), (9, (1, 3)), (20, (2, 7)), (30, (3, 10)), (81, (9, 27))]
)
def test_rungs_follow_from_the_epochs_and_none_lies_near_the_end(epochs: int, marks: tuple[int, ...]) -> None:
    assert rungs(epochs) == marks


def test_asha_decides_as_ray_tunes_own() -> None:
    from ray.tune.schedulers import ASHAScheduler, TrialScheduler

    theirs = ASHAScheduler(time_attr="epoch", metric="merit", mode="max", max_t=28, grace_period=3, reduction_factor=3)
    ours = Asha((3, 9, 27))
    rng = np.random.default_rng(0)
    stopped = 0
    for number in range(60):
        trial = SimpleNamespace(trial_id=str(number))
        theirs.on_trial_add(None, trial)
        curve = np.maximum.accumulate(rng.random() + 0.1 * rng.standard_normal(27))
        for epoch, merit in enumerate(curve, start=1):
            expected = theirs.on_trial_result(None, trial, {"epoch": epoch, "merit": merit}) == TrialScheduler.STOP
            assert ours.decide(number, epoch, merit) == expected, (number, epoch)
            if expected:
                stopped += 1
                break
    assert 20 < stopped < 60


def test_at_a_rung_the_best_third_goes_on() -> None:
    asha = Asha((2,))
    decided = [asha.decide(number, 2, merit) for number, merit in enumerate([0.5, 0.6, 0.4, 0.7, 0.55, 0.65])]
    assert decided == [False, False, True, False, True, False]


def test_between_rungs_nobody_is_stopped() -> None:
    asha = Asha((2, 6))
    assert not asha.decide(0, 2, 0.9)
    assert [asha.decide(1, epoch, 0.1) for epoch in (1, 2, 3, 4)] == [False, True, False, False]


def test_hyperbands_brackets_begin_to_decide_at_different_epochs() -> None:
    hyperband = make_scheduler("hyperband", 27)
    assert str(hyperband) == "hyperband: 9 of 13 asha at epoch 3, 9; 3 of 13 asha at epoch 9; 1 of 13 to the end"
    for number in range(260):
        hyperband.decide(number, 3, 1.0)
    stopped = {number % 13 for number in range(260, 273) if hyperband.decide(number, 3, 0.0)}
    assert stopped == set(range(9)), "the others are judged later"


def test_the_median_rule_stops_what_is_below_the_others_means() -> None:
    rule = MedianStopping(grace=2)
    for number in range(4):
        assert not any(rule.decide(number, epoch, 0.5 + 0.1 * epoch) for epoch in (1, 2, 3))
    assert not rule.decide(9, 1, 0.0), "it is too early"
    assert rule.decide(9, 2, 0.64)
    assert not rule.decide(10, 1, 0.0) and not rule.decide(10, 2, 0.66)


def test_the_median_rule_waits_for_enough_curves() -> None:
    rule = MedianStopping(grace=1)
    assert not any(rule.decide(number, 1, -number) for number in range(4))
    assert rule.decide(4, 1, -4)


@pytest.mark.parametrize("name", ["asha", "hyperband", "median", "none"])
def test_a_replayed_rule_decides_as_if_nothing_had_happened(name: str) -> None:
    rng = np.random.default_rng(1)
    events = [(number, epoch, float(rng.random())) for number in range(20) for epoch in range(1, 10)]
    undisturbed, resumed = make_scheduler(name, 9), make_scheduler(name, 9)
    decided = [undisturbed.decide(*event) for event in events]
    replay(resumed, events[:100])
    assert [resumed.decide(*event) for event in events[100:]] == decided[100:]
    assert any(decided) == (name != "none")


@pytest.mark.parametrize("name", ["asha", "hyperband", "median"])
def test_with_one_epoch_there_is_nothing_to_stop(name: str) -> None:
    scheduler: Scheduler = make_scheduler(name, 1)
    assert str(scheduler) == "none"
    assert not scheduler.decide(0, 1, -9)


@pytest.mark.parametrize("name", ["asha", "hyperband", "median"])
def test_thousands_of_trials_are_not_gone_through_at_each_epoch(name: str) -> None:
    class Merit(float):
        compared = 0

        def __lt__(self, other: float) -> bool:
            Merit.compared += 1
            return float(self) < float(other)

    rule, rng = make_scheduler(name, 9), np.random.default_rng(0)
    events = [(number, epoch, Merit(rng.random())) for number in range(2000) for epoch in range(1, 10)]
    for event in events:
        rule.decide(*event)
    assert Merit.compared / len(events) < 20, "a place among 2,000 is found in 11 steps"


def test_the_median_rule_is_that_of_its_definition() -> None:
    rng = np.random.default_rng(0)
    rule, curves = MedianStopping(grace=2), {}
    for number in range(60):
        curve = curves.setdefault(number, [])
        for epoch, merit in enumerate(np.maximum.accumulate(rng.random(6)), start=1):
            curve.append(merit)
            others = [np.mean(c[:epoch]) for n, c in curves.items() if n != number and len(c) >= epoch]
            expected = epoch >= 2 and len(others) >= 4 and merit < np.median(others)
            assert rule.decide(number, epoch, merit) == expected
            if expected:
                break

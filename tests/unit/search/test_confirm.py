import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from automl.search.budget import StopSignal
from automl.search.confirm import (
    BELOW,
    SEEDS,
    SLACK,
    START,
    Candidate,
    Reserve,
    Verdict,
    affordable,
    choose,
    confirm,
    full_seconds,
    run_weights,
    seconds_needed,
)
from automl.search.folders import add_report, weights_of
from automl.search.records import Report, TrialRecord, ranked
from automl.search.reruns import FIRST, Reruns, origin, with_seed

EPOCHS = 4


def trial(number: int, value: float | None = 0.9, status: Any = "finished", **changes: Any) -> TrialRecord:
    merit = None if value is None else (value, -1.0)
    best = {} if value is None else {"val_accuracy": value}
    configuration = {"model": "mlp", "training.epochs": EPOCHS, "training.lr": 0.1 * number}
    known = {"best": best, "merit": merit, "epoch": EPOCHS, "best_epoch": EPOCHS, "seconds": 8.0, **changes}
    return TrialRecord(number, configuration, status, **known)


class Workers:
    """Runs what it is given at once, one run after the other; each has the same value in all epochs.

    Args:
        values: By (trial, seed); a run without one fails.
        seconds: Virtual, that a run takes.
    """

    def __init__(self, search: Path, values: Mapping[tuple[int, int], float], *, seconds: float = 0.0) -> None:
        self.search = search
        self.values = values
        self.seconds = seconds
        self.now = 0.0
        self.ran: list[tuple[int, int]] = []

    def __call__(self, reruns: Reruns) -> None:
        while record := reruns.propose():
            self.now += self.seconds
            self.ran.append(origin(record.number))
            value = self.values.get(origin(record.number))
            if value is None:
                reruns.close(record.number, Report(1, {}, False, None, "failed", "diverged", diverged=True))
                continue
            weights = weights_of(self.search / BELOW, record.number)
            weights.parent.mkdir(parents=True, exist_ok=True)
            weights.write_text(str(record.number))
            for epoch in range(record.epoch + 1, EPOCHS + 1):
                report = epoch_report(epoch, value)
                reruns.receive(record.number, report)
            reruns.close(record.number, report)


def epoch_report(epoch: int, value: float) -> Report:
    end = "finished" if epoch == EPOCHS else "running"
    return Report(epoch, {"val_accuracy": value}, epoch == 1, (value, -1.0), end)  # type: ignore[arg-type]


class Told:
    """A watcher that remembers."""

    def __init__(self) -> None:
        self.seen: list[tuple[Any, ...]] = []

    def trial_recovered(self, record: TrialRecord) -> None:
        raise AssertionError

    def trial_started(self, record: TrialRecord) -> None:
        self.seen.append(("started", origin(record.number)))

    def epoch_done(self, record: TrialRecord, report: Report) -> None:
        self.seen.append(("epoch", origin(record.number), report.epoch))

    def trial_finished(self, record: TrialRecord) -> None:
        self.seen.append(("finished", origin(record.number), record.status))


Confirm = Callable[..., tuple[Verdict, Workers]]


@pytest.fixture
def run(tmp_path: Path) -> Confirm:
    """run([trials], {(number, seed): value}, count=3) -> the verdict, and what ran."""

    def make(
        trials: list[TrialRecord],
        values: Mapping[tuple[int, int], float],
        *,
        count: int = 3,
        default: TrialRecord | None = None,
        budget: float | None = None,
        seconds: float = 0.0,
        told: Told | None = None,
        workers: int = 2,
    ) -> tuple[Verdict, Workers]:
        ran = Workers(tmp_path, values, seconds=seconds)
        stop = StopSignal(tmp_path, budget, lambda: ran.now)
        verdict = confirm(
            ranked(trials)[0],
            trials,
            default,
            count=count,
            workers=workers,
            search=tmp_path,
            stop=stop,
            watchers=[told] if told else [],
            run=ran,
        )
        return verdict, ran

    return make


# The choice


def test_the_best_mean_wins_not_the_best_run(run: Confirm) -> None:
    lucky, steady = trial(3, 0.99), trial(7, 0.97)
    values = {(3, 2): 0.91, (3, 3): 0.92, (7, 2): 0.96, (7, 3): 0.97}
    verdict, ran = run([trial(0, 0.5), steady, lucky], values, count=2)
    assert verdict.winner.trial is steady and verdict.found.trial is lucky
    assert verdict.winner.mean("val_accuracy") == pytest.approx((0.97 + 0.96 + 0.97) / 3)
    assert [c.trial.number for c in verdict.candidates] == [7, 3], "best mean first"
    assert [own.best["val_accuracy"] for own in verdict.found.again] == [0.91, 0.92], "the selection bias"
    assert sorted(ran.ran) == sorted(values)


def test_the_default_wins_where_the_others_were_only_lucky(run: Confirm) -> None:
    default, lucky = trial(0, 0.95), trial(4, 0.98)
    verdict, ran = run([default, lucky], {(4, 2): 0.92, (4, 3): 0.91}, count=1, default=default)
    assert verdict.winner.trial is default and verdict.winner.again == ()
    assert verdict.default is verdict.winner
    assert {number for number, _ in ran.ran} == {4}, "the one that was never selected needs no other seeds"


def test_the_default_is_among_the_candidates_where_it_is_good_enough(run: Confirm) -> None:
    default, other = trial(0, 0.95), trial(4, 0.98)
    values = {(0, 2): 0.90, (0, 3): 0.90, (4, 2): 0.93, (4, 3): 0.93}
    verdict, _ = run([default, other], values, default=default)
    assert verdict.winner.trial is other
    assert verdict.default and len(verdict.default.again) == 2


def test_a_default_that_breaks_a_constraint_is_compared_with_but_does_not_win() -> None:
    default = trial(0, 0.99, broken={"latency_ms 7, not <= 5": 0.4})
    verdict = choose([Candidate(trial(1, 0.9), (trial(FIRST + 12, 0.8),))], trial(1, 0.9), default)
    assert verdict.winner.trial.number == 1
    assert verdict.default and verdict.default.trial is default


@pytest.mark.parametrize("default", [None, trial(0, None, "failed")])
def test_without_a_default_the_others_are_compared(default: TrialRecord | None) -> None:
    verdict = choose([], trial(1), default)
    assert verdict.winner.trial.number == 1 and verdict.default is None


def test_a_tie_is_decided_by_the_smooth_loss() -> None:
    one, other = Candidate(trial(1), (trial(2),)), Candidate(trial(3), (trial(4, merit=(0.9, -0.5)),))
    assert choose([one, other], one.trial).winner is other


def test_a_seed_that_fails_does_not_count(run: Confirm) -> None:
    verdict, _ = run([trial(1, 0.99), trial(2, 0.98)], {(1, 2): 0.95, (2, 2): 0.97, (2, 3): 0.97}, count=2)
    assert [len(candidate.runs) for candidate in verdict.candidates] == [3, 2]
    assert verdict.winner.trial.number == 2


def test_the_searchs_best_wins_where_none_of_its_other_seeds_was_done(run: Confirm) -> None:
    verdict, _ = run([trial(1, 0.99), trial(2, 0.98)], {(2, 2): 0.985, (2, 3): 0.985}, count=2)
    assert verdict.winner.trial.number == 1 and not verdict.winner.again
    assert [candidate.trial.number for candidate in verdict.candidates] == [2]


def test_nothing_is_trained_where_nothing_is_to_be_confirmed(run: Confirm) -> None:
    verdict, ran = run([trial(1, 0.9), trial(2, 0.95)], {}, count=0)
    assert verdict.winner.trial.number == 2 and verdict.candidates == ()
    assert ran.ran == []


def test_those_that_may_win_are_ranked() -> None:
    broken = trial(5, 0.99, broken={"latency_ms 7, not <= 5": 0.4})
    undefined = trial(6, -math.inf)
    trials = [trial(1, 0.8), trial(2, None, "failed"), trial(3, 0.9, "stopped"), trial(4, 0.85), broken, undefined]
    assert [record.number for record in ranked(trials)] == [3, 4, 1]


# What is kept


def test_the_best_of_a_candidates_runs_that_is_still_there_is_used(run: Confirm, tmp_path: Path) -> None:
    """Weights of trials are deleted unless they are the search's best: the others' are those with other seeds."""
    best, other = trial(1, 0.99), trial(2, 0.98)
    own = run_weights(tmp_path, best)
    own.parent.mkdir(parents=True)
    own.touch()
    verdict, _ = run([best, other], {(1, 2): 0.9, (1, 3): 0.8, (2, 2): 0.96, (2, 3): 0.97}, count=2)
    kept = {candidate.trial.number: candidate.best_run(tmp_path) for candidate in verdict.candidates}
    assert kept[1] is best
    assert origin(kept[2].number) == (2, 3)
    left = {origin(int(path.parent.name)) for path in (tmp_path / BELOW).glob("trials/*/best.safetensors")}
    assert left == {(1, 2), (2, 3)}, "of each candidate the best with another seed"


# Runs with other seeds


def test_what_was_done_before_a_break_is_not_done_again(run: Confirm, tmp_path: Path) -> None:
    trials, values = [trial(1, 0.99)], {(1, 2): 0.9, (1, 3): 0.8}
    told = Told()
    run(trials, values)
    half = with_seed(trials[0], 3).number
    (tmp_path / BELOW / "trials" / str(half) / "reports.jsonl").unlink()
    for epoch in (1, 2):
        add_report(tmp_path / BELOW, half, epoch_report(epoch, 0.8))
    verdict, ran = run(trials, values, told=told)
    assert ran.ran == [(1, 3)], "the one that was broken off"
    assert [own.epoch for own in verdict.winner.again] == [EPOCHS, EPOCHS]
    assert told.seen == [
        *(("started", (1, 2)), *(("epoch", (1, 2), epoch) for epoch in range(1, EPOCHS + 1))),
        ("finished", (1, 2), "finished"),
        *(("started", (1, 3)), *(("epoch", (1, 3), epoch) for epoch in range(1, EPOCHS + 1))),
        ("finished", (1, 3), "finished"),
    ]


def test_a_search_that_is_resumed_when_its_time_is_over_has_the_winner_that_it_had(run: Confirm) -> None:
    trials, values = [trial(3, 0.99), trial(7, 0.97)], {(3, 2): 0.8, (3, 3): 0.8, (7, 2): 0.96, (7, 3): 0.97}
    first, _ = run(trials, values)
    again, ran = run(trials, values, budget=0.0)
    assert ran.ran == [] and again == first
    assert again.winner.trial.number == 7, "not the search's own, as where nothing was confirmed"


# Time


def test_seconds_are_estimated_by_what_the_trials_took() -> None:
    assert full_seconds(trial(1, seconds=8.0)) == 8.0
    assert full_seconds(trial(1, status="stopped", epoch=2, seconds=3.0)) == 6.0, "it would go on to its last epoch"
    assert full_seconds(trial(1, status="stopped", epoch=2, seconds=3.0, progress=0.1)) == pytest.approx(30.0)
    three = [trial(number, seconds=seconds) for number, seconds in ((1, 10.0), (2, 4.0), (3, 4.0))]
    assert seconds_needed(three, workers=1) == pytest.approx(START + SLACK * 36)
    assert seconds_needed(three, workers=2) == pytest.approx(START + SLACK * 18)
    assert seconds_needed(three, workers=99) == pytest.approx(START + SLACK * 10)


def test_as_many_are_confirmed_as_there_is_time_for(run: Confirm) -> None:
    trials = [trial(number, 0.9 - number / 100, seconds=10.0) for number in range(5)]
    for seconds, count in ((START, 0), (START + 24, 1), (START + 36, 1), (START + 48, 2), (math.inf, 5)):
        assert len(affordable(trials, 1, seconds)) == count
    values = {(number, seed): 0.9 for number in range(5) for seed in range(2, SEEDS + 1)}
    _, ran = run(trials, values, budget=START + 48.5, workers=1)
    assert {number for number, _ in ran.ran} == {0, 1}


def test_runs_end_with_the_budget(run: Confirm) -> None:
    """A machine that has become slow: the second seeds take longer than the budget has it."""
    trials = [trial(1, 0.9, seconds=10.0)]
    verdict, ran = run(trials, {(1, 2): 0.8, (1, 3): 0.8}, budget=START + 48, seconds=100.0, workers=1)
    assert ran.ran == [(1, 2)]
    assert len(verdict.found.again) == 1


def test_time_is_set_aside_while_trials_run(tmp_path: Path) -> None:
    stop = StopSignal(tmp_path, 100.0, lambda: 0.0)
    reserve = Reserve(stop, lambda best: sum(record.seconds for record in best), 2)
    assert stop.seconds_left == 100
    reserve.trial_recovered(trial(0, 0.5, seconds=1.0))
    assert stop.seconds_left == 99
    for number, value in ((1, 0.6), (2, 0.4), (3, None), (4, 0.7)):
        reserve.trial_finished(trial(number, value, seconds=10.0 + number))
    assert StopSignal(tmp_path, 100.0, lambda: 0.0).seconds_left == 100 - (14 + 11), "workers know, too"
    stop.set_aside(0)
    assert stop.seconds_left == 100
    stop.set_aside(200)
    assert stop.reason() == "time budget"
    stop.clear()
    assert stop.reason() is None

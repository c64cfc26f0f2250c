"""How much time is kept for what follows the trials, and what is run then."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from automl.config import load_experiment
from automl.search import confirm, refit
from automl.search.budget import StopSignal
from automl.search.finals import Finals
from automl.search.keep import Kept
from automl.search.records import TrialRecord
from automl.search.reruns import Reruns

BUDGET = 1000.0
STARTED = 5000.0


def trial(number: int, seconds: float, value: float = 0.9) -> TrialRecord:
    configuration = {"model": "mlp", "training.epochs": 10, "x": number}
    merit, best = (value, 0.0), {"val_accuracy": value}
    return TrialRecord(
        number, configuration, "finished", epoch=10, best_epoch=10, best=best, merit=merit, seconds=seconds
    )


def plan(folder: Path, **keys: Any) -> Any:
    """What of a plan is looked at; as many rows of validation as of train."""
    data = SimpleNamespace(train=range(6), val=range(6), folds=None)
    space = SimpleNamespace(default=lambda: trial(0, 0.0).configuration)
    return SimpleNamespace(
        experiment=load_experiment(flags={"time_budget": BUDGET, **keys}),
        folder=folder,
        data=data,
        space=space,
        shares=SimpleNamespace(workers=2),
        started=STARTED,
        metric=None,
    )


def kept(folder: Path, *trials: TrialRecord, limited: bool = True, **keys: Any) -> float:
    """Seconds set aside once these trials have ended."""
    deadline = STARTED + BUDGET if limited else None
    stop = StopSignal(folder, deadline, lambda: STARTED)
    for watcher in Finals(plan(folder, **keys), stop, deadline, Kept(folder, {})).reserve():
        for record in trials:
            watcher.trial_finished(record)
    return BUDGET - stop.seconds_left if limited else 0.0


def test_for_as_many_candidates_as_a_fifth_of_the_budget_has_room_for(tmp_path: Path) -> None:
    def needed(count: int, seconds: float) -> float:
        return confirm.START + confirm.SLACK * count * seconds  # two seeds each, two at a time

    assert kept(tmp_path, *(trial(number, 20.0) for number in range(5))) == pytest.approx(needed(3, 20.0))
    assert kept(tmp_path, *(trial(number, 60.0) for number in range(5))) == pytest.approx(needed(2, 60.0))
    assert kept(tmp_path, *(trial(number, 200.0) for number in range(5))) == 0, "not even one"
    assert kept(tmp_path, *(trial(number, 20.0) for number in range(5)), confirm=4) == pytest.approx(needed(4, 20.0))


def test_for_a_refit_of_the_one_that_takes_longest(tmp_path: Path) -> None:
    def needed(seconds: float) -> float:
        return refit.START + refit.SLACK * 2 * seconds

    trials = [trial(1, 20.0), trial(2, 50.0)]
    assert kept(tmp_path, *trials, confirm="off", refit=True) == pytest.approx(needed(20.0)), "the best alone may win"
    both = kept(tmp_path, *trials, refit=True) - kept(tmp_path, *trials)
    assert both == pytest.approx(needed(50.0))
    assert kept(tmp_path, trial(1, 300.0), confirm="off", refit=True) == 0, "more than half of the budget"


def test_nothing_is_kept_that_is_not_needed(tmp_path: Path) -> None:
    for keys in ({"confirm": "off"}, {"confirm": "off", "refit": False}):
        stop = StopSignal(tmp_path, 0.0)
        assert Finals(plan(tmp_path, **keys), stop, STARTED + BUDGET, Kept(tmp_path, {})).reserve() == []
    stop = StopSignal(tmp_path, None)
    assert Finals(plan(tmp_path, confirm=3, refit=True), stop, None, Kept(tmp_path, {})).reserve() == []


def test_what_was_set_aside_is_used(tmp_path: Path) -> None:
    stop = StopSignal(tmp_path, STARTED + BUDGET, lambda: STARTED)
    finals = Finals(plan(tmp_path), stop, STARTED + BUDGET, Kept(tmp_path, {}))
    stop.set_aside(2 * BUDGET)
    ran: list[tuple[list[int], dict[str, Any]]] = []

    def execute(reruns: Reruns, **changes: Any) -> None:
        ran.append((list(reruns.records), changes))
        while reruns.propose():
            pass

    trials = [trial(0, 20.0, 0.5), trial(1, 20.0, 0.9)]
    verdict, refitted = finals.run(trials[1], trials, [], execute)
    assert verdict.winner.trial is trials[1] and refitted is None
    ((numbers, changes),) = ran
    assert len(numbers) == 4 and changes == {"below": "confirmed", "constraints": ()}
    assert verdict.default is None, "without weights there is nothing to compare with"

"""When a search ends by itself."""

import math
from collections.abc import Callable
from typing import Any

from optuna.trial import TrialState

from automl.space import Space


def test_a_metric_that_no_trial_has_ends_the_search_after_an_epoch_of_a_few(search: Any) -> None:
    why = "accuracy isn't defined for what it predicts for validation"
    for _ in range(search.hopeless):
        number = search.start()
        nothing = search.report(1, math.nan, -math.inf)
        assert search.state.receive(number, nothing), "it is stopped at once"
        search.state.close(number, nothing)
        record = search.state.records[number]
        assert (record.status, record.reason, record.epoch) == ("failed", why, 1)
    assert search.state.propose() is None
    assert search.state.ended_by == f"the first {search.hopeless} trials all failed: {why}"
    assert {trial.state for trial in search.study.get_trials()} == {TrialState.FAIL}


def test_a_search_ends_with_its_number_of_trials(make_search: Callable[..., Any]) -> None:
    search = make_search(limit=2)
    search.run(0.5)
    search.start()
    assert search.state.propose() is None
    assert search.state.ended_by == "2 trials done"


def test_a_search_ends_when_the_space_is_exhausted(make_search: Callable[..., Any], finite: Space) -> None:
    search = make_search(finite, limit=100)
    for _ in range(6):
        search.run(0.5)
    assert search.state.propose() is None
    assert search.state.ended_by == "the space is exhausted"


def test_a_search_ends_when_it_is_interrupted(search: Any) -> None:
    search.run(0.5)
    search.stop.request()
    assert search.state.propose() is None
    assert search.state.ended_by == "interrupted"
    search.stop.clear()
    assert search.state.propose() is None, "over is over"


def test_a_search_gives_up_when_everything_fails(search: Any) -> None:
    for _ in range(search.hopeless):
        search.state.close(search.start(), search.ended("failed", "ImportError: no timm"))
    assert search.state.propose() is None
    assert search.state.ended_by.startswith(f"the first {search.hopeless} trials all failed")


def test_one_success_is_enough_to_go_on(search: Any) -> None:
    search.run(0.5)
    for _ in range(2 * search.hopeless):
        search.state.close(search.start(), search.ended("failed", "ImportError: no timm"))
    assert search.state.propose() is not None

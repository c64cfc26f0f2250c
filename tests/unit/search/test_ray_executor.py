"""What of the thin layers below Ray Tune can be told without starting it."""

import inspect
from types import SimpleNamespace
from typing import Any

from ray.tune.execution.tune_controller import TuneController

from automl.search.ray_executor import StateScheduler


class Trial:
    """Of Ray Tune's."""

    def __init__(self, number: int) -> None:
        self.number = number


def test_of_trials_that_have_ended_no_more_than_of_one_is_kept() -> None:
    """Ray Tune holds each trial until the search's end: 20 KB, were they whole."""
    scheduler = StateScheduler(SimpleNamespace(), workers=1)  # type: ignore[arg-type]
    controller = SimpleNamespace(get_trials=list, get_live_trials=list)
    trials = [Trial(number) for number in range(4)]
    for number, trial in enumerate(trials[:3]):
        scheduler.on_trial_complete(controller, trial, {})
        assert trial.number == number, "it is still needed in this step"
        assert scheduler.choose_trial_to_run(controller) is None
    assert len({id(vars(trial)) for trial in trials[:3]}) == 1
    assert vars(trials[3]) == {"number": 3}, "it runs"


def test_as_many_workers_are_kept_as_there_are() -> None:
    """Ray Tune has no public name for it: should it be another one some day, populations only get slower."""
    asked: list[tuple[Any, int]] = []
    controller = SimpleNamespace(_actor_cache=SimpleNamespace(increase_max=lambda key, by: asked.append((key, by))))
    scheduler = StateScheduler(SimpleNamespace(), workers=3)  # type: ignore[arg-type]
    for _ in range(2):
        scheduler.on_trial_add(controller, SimpleNamespace(placement_group_factory="one core"))
    assert asked == [("one core", 3)]


def test_ray_tune_calls_its_workers_as_we_do() -> None:
    from ray.tune.utils.object_cache import _ObjectCache

    assert "self._actor_cache = _ObjectCache(" in inspect.getsource(TuneController.__init__)
    assert list(inspect.signature(_ObjectCache.increase_max).parameters) == ["self", "key", "by"]

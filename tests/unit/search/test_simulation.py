"""Whole searches in virtual time: every sampler with every scheduler, limits, seeds."""

import heapq
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from automl.components import Choice, Float, Int
from automl.config import SAMPLERS, SCHEDULERS
from automl.errors import UserError
from automl.search.budget import Limits, StopSignal
from automl.search.proposals import Proposals
from automl.search.samplers import Handover, make_sampler
from automl.search.schedulers import make_scheduler
from automl.search.simulation import SimulatedExecutor, VirtualClock
from automl.search.state import SearchState
from automl.space import Configuration, Space, SpaceParameter

EPOCHS = 9
SPACE = Space(
    (
        SpaceParameter("model", Choice("flat", "deep"), "flat"),
        SpaceParameter("x", Float(0.0, 1.0), 0.9),
        SpaceParameter("depth", Int(1, 5), 1, (("model", ("deep",)),)),
    )
)
FINITE = Space(
    (
        SpaceParameter("model", Choice("flat", "deep"), "flat"),
        SpaceParameter("x", Float(0.0, 1.0, step=0.25), 0.5),
        SpaceParameter("depth", Int(1, 3), 1, (("model", ("deep",)),)),
    )
)

STOPPING = [name for name in SCHEDULERS if name not in ("auto", "pbt")]  # populations: test_population
Run = Callable[..., SearchState]


def curve(configuration: Configuration) -> list[float]:
    """Best at x = 0.3 with the deepest model; rises over the epochs."""
    x, depth = float(str(configuration["x"])), int(str(configuration.get("depth", 0)))
    top = 1 - (x - 0.3) ** 2 - 0.05 * (5 - depth)
    return [top * (1 - math.exp(-epoch / 3)) for epoch in range(1, EPOCHS + 1)]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """run(sampler="tpe", scheduler="none", trials=20, workers=1, seconds=None) -> the state of an ended search."""

    def simulate(
        sampler: str = "random",
        scheduler: str = "none",
        *,
        space: Space = SPACE,
        trials: int | None = 20,
        workers: int = 1,
        seed: int = 0,
        budget: float | None = None,
        executor: type[SimulatedExecutor] = SimulatedExecutor,
        **settings: Any,
    ) -> SearchState:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        clock = VirtualClock()
        study = optuna.create_study(direction="maximize", sampler=make_sampler(sampler, space, seed))
        state = SearchState(
            study,
            Proposals(study, space, exhaustive=sampler == "grid", seed=seed),
            limits=Limits(trials, 5, "val_accuracy"),
            stop=StopSignal(tmp_path, budget, clock),
            scheduler=make_scheduler(scheduler, EPOCHS),
            folder=tmp_path,
            watchers=[],
        )
        executor(curve, metric="val_accuracy", clock=clock, workers=workers, **settings).run(state)
        return state

    return simulate


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("scheduler", STOPPING)
@pytest.mark.parametrize("sampler", [name for name in SAMPLERS if name not in ("auto", "grid")])
def test_each_sampler_works_with_each_scheduler(run: Run, sampler: str, scheduler: str, workers: int) -> None:
    state = run(sampler, scheduler, workers=workers)
    assert len(state.records) == 20 and state.ended_by == "20 trials done"
    assert {record.status for record in state.records.values()} <= {"finished", "stopped"}
    assert len({str(record.configuration) for record in state.records.values()}) == 20, "nothing twice"
    assert state.best is not None and state.best.best["val_accuracy"] > max(curve(SPACE.default()))
    assert any(record.status == "stopped" for record in state.records.values()) == (scheduler != "none")


@pytest.mark.parametrize("workers", [1, 3, 8])
def test_a_grid_has_each_configuration_once_and_ends_by_itself(run: Run, workers: int) -> None:
    # Epochs of different length: trials end in another order than they began.
    state = run("grid", space=FINITE, trials=None, workers=workers, seconds=lambda c: 1 + float(str(c["x"])))
    assert len(state.records) == 5 + 5 * 3
    assert len({str(record.configuration) for record in state.records.values()}) == 20
    assert state.ended_by == "the space is exhausted"


@pytest.mark.parametrize("sampler", [name for name in SAMPLERS if name not in ("auto", "grid")])
def test_one_worker_and_one_seed_give_one_search(run: Run, sampler: str) -> None:
    first, again, other = (
        [record.configuration for record in run(sampler, "none", seed=seed).records.values()] for seed in (3, 3, 4)
    )
    assert first == again
    assert first != other


def test_the_study_is_told_the_truth(run: Run) -> None:
    state = run("tpe", "asha", trials=30)
    for trial in state._study.get_trials():
        record = state.records[trial.number]
        assert trial.state == (TrialState.COMPLETE if record.status == "finished" else TrialState.PRUNED)
        assert trial.intermediate_values == dict(enumerate(curve(record.configuration)[: record.epoch], start=1))


def test_early_stopping_saves_epochs_and_keeps_the_best(run: Run) -> None:
    spent = {}
    for scheduler in STOPPING:
        state = run("random", scheduler, trials=60)
        spent[scheduler] = sum(record.epoch for record in state.records.values())
        assert state.best is not None and state.best.status == "finished"
        assert state.best.best["val_accuracy"] == max(max(curve(r.configuration)) for r in state.records.values())
    assert spent["asha"] < spent["hyperband"] < spent["none"]
    assert spent["median"] < spent["none"]


def test_a_time_budget_ends_the_proposals(run: Run) -> None:
    state = run("random", trials=None, budget=50.0, workers=2)
    assert state.ended_by == "time budget"
    assert len(state.records) == 12, "two at a time, nine seconds each: the last ones begin at 45"


def test_trials_of_workers_that_die_go_on_also_when_nothing_more_is_proposed(run: Run) -> None:
    died: set[int] = set()

    class Dying(SimulatedExecutor):
        """Each trial's worker dies once, after three epochs."""

        def _advance(self, state: SearchState, running: list[Any]) -> None:
            if running[0].epoch == 3 and running[0].number not in died:
                died.add(running[0].number)
                state.close(heapq.heappop(running).number, None)
                return
            super()._advance(state, running)

    state = run("random", trials=5, workers=2, executor=Dying)
    assert [record.deaths for record in state.records.values()] == [1] * 5
    assert {record.status for record in state.records.values()} == {"finished"}
    assert all(record.seconds == EPOCHS for record in state.records.values()), "no epoch twice"


def test_gp_hands_over_to_tpe_before_it_blocks(run: Run) -> None:
    used: list[str] = []

    class Spy(optuna.samplers.RandomSampler):
        def __init__(self, name: str) -> None:
            super().__init__(seed=0)
            self.name = name

        def before_trial(self, study: Any, trial: Any) -> None:
            used.append(self.name)

    study = optuna.create_study(sampler=Handover(Spy("first"), Spy("second"), after=3))
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=5)
    assert used == ["first"] * 3 + ["second"] * 2
    assert isinstance(make_sampler("gp", SPACE, 0), Handover)


def test_a_sampler_from_elsewhere_is_named_by_module_and_class(run: Run) -> None:
    assert len(run("optuna.samplers:RandomSampler").records) == 20


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no_such_module:Sampler", "ModuleNotFoundError"),
        ("optuna.samplers:Nothing", "AttributeError"),
        ("builtins:dict", "must be a subclass of optuna.samplers.BaseSampler, got <class 'dict'>"),
        ("hub:samplers/auto_sampler", "hub:samplers/auto_sampler can't be made"),
    ],
)
def test_a_sampler_that_cannot_be_made_says_why(name: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        make_sampler(name, SPACE, 0)

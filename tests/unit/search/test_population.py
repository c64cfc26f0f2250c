"""Population based training in virtual time."""

import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import optuna
import pytest

from automl.components import Choice, Float
from automl.search.budget import Limits, StopSignal
from automl.search.population import Population
from automl.search.proposals import Proposals
from automl.search.records import Report, TrialRecord
from automl.search.samplers import make_sampler
from automl.search.schedulers import Pbt, make_scheduler, population_size
from automl.search.simulation import SimulatedExecutor, VirtualClock, _Running
from automl.search.state import SearchState
from automl.space import Configuration, Space, SpaceParameter

EPOCHS = 30
SPACE = Space(
    (
        SpaceParameter("model", Choice("weak", "good"), "weak"),
        SpaceParameter("training.lr", Float(1e-4, 1.0, log=True), 0.003),
    )
)


def curve(configuration: Configuration) -> list[float]:
    """The rate that is best falls from 0.1 to 0.001 over the epochs, so no fixed one is as good as a schedule."""
    rate, weak = math.log10(float(str(configuration["training.lr"]))), configuration["model"] == "weak"
    values, value = [], 0.0
    for epoch in range(1, EPOCHS + 1):
        value += (1 - (rate + 1 + 2 * epoch / EPOCHS) ** 2 - 0.05 * weak) / EPOCHS
        values.append(value)
    return values


FIXED = max(curve({"model": "good", "training.lr": 10 ** (-step / 50)})[-1] for step in range(200))
"""What the best fixed rate reaches."""


class NoFiles:
    """Simulated trials have no checkpoints."""

    def prepare(self, donor: int, heir: int, epoch: int) -> bool:
        return True

    def complete(self, heir: int, epoch: int) -> None:
        pass


class Told:
    """A watcher that remembers which trial goes on from which."""

    def __init__(self) -> None:
        self.takeovers: list[tuple[int, int, int]] = []
        self.started: list[int] = []

    def trial_recovered(self, record: TrialRecord) -> None: ...

    def trial_started(self, record: TrialRecord) -> None:
        self.started.append(record.number)

    def epoch_done(self, record: TrialRecord, report: Report) -> None: ...

    def trial_took_over(self, record: TrialRecord) -> None:
        self.takeovers.append((record.epoch, record.line[-2].number, record.number))

    def trial_finished(self, record: TrialRecord) -> None: ...


Run = Callable[..., SearchState]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """run(trials=8, workers=1, ...) -> the state of an ended search."""

    def simulate(
        trials: int | None = 8,
        *,
        size: int | None = None,
        workers: int = 1,
        seed: int = 0,
        budget: float | None = None,
        told: Told | None = None,
        executor: type[SimulatedExecutor] = SimulatedExecutor,
        training: Callable[[Configuration], list[float]] = curve,
        sampler: str = "random",
        minimize: bool = False,
    ) -> SearchState:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        clock = VirtualClock()
        direction = "minimize" if minimize else "maximize"
        study = optuna.create_study(direction=direction, sampler=make_sampler(sampler, SPACE, seed))
        rule = make_scheduler("pbt", EPOCHS, size or population_size(trials, workers))
        assert isinstance(rule, Pbt)
        default = SPACE.default()
        state = SearchState(
            study,
            Proposals(study, SPACE, exhaustive=False, seed=seed),
            limits=Limits(trials, 5, "val_accuracy", minimize=minimize),
            stop=StopSignal(tmp_path, budget, clock),
            scheduler=Population(rule, study, SPACE, {"training.lr"}, handover=NoFiles(), seed=seed, default=default),
            folder=tmp_path,
            watchers=[told] if told else [],
        )
        executor(
            training, metric="val_accuracy", clock=clock, workers=workers, seconds=lambda c: 1 + float(c["training.lr"])
        ).run(state)
        assert not state.is_held_up
        return state

    return simulate


def test_a_schedule_is_found_that_no_fixed_value_is_as_good_as(run: Run) -> None:
    best = run(16, seed=1).best
    assert best is not None and best.merit is not None and best.merit[0] > FIXED
    rates = [float(str(part.configuration["training.lr"])) for part in best.line]
    assert rates == sorted(rates, reverse=True) and len(rates) > 1


@pytest.mark.parametrize("sampler", ["tpe", "cmaes", "qmc", "random"])
def test_the_number_and_speed_of_workers_change_nothing(run: Run, sampler: str) -> None:
    searches = [run(12, size=6, workers=workers, sampler=sampler, seed=3) for workers in (1, 2, 6)]
    facts = [[(r.number, r.line, r.best, r.epoch) for r in state.records.values()] for state in searches]
    assert facts[0] == facts[1] == facts[2]
    assert any(record.lineage for record in searches[0].records.values())
    other = run(12, size=6, sampler=sampler, seed=4)
    assert facts[0] != [(r.number, r.line, r.best, r.epoch) for r in other.records.values()]


def test_all_members_begin_together_and_the_last_go_on_from_the_first(run: Run) -> None:
    told = Told()
    values: dict[int, dict[int, float]] = {}

    class Noting(SimulatedExecutor):
        def _report(self, trial: _Running) -> Report:
            report = super()._report(trial)
            values.setdefault(trial.epoch, {})[trial.number] = report.metrics["val_accuracy"]
            if trial.epoch == 1:
                assert told.started == list(range(8))
            return report

    run(8, workers=3, told=told, executor=Noting, seed=2)
    assert {epoch for epoch, _, _ in told.takeovers} <= set(range(6, 30, 3)) and len(told.takeovers) > 5
    for epoch, donor, heir in told.takeovers:
        ranked = sorted(values[epoch], key=values[epoch].__getitem__, reverse=True)
        assert donor in ranked[:2] and heir in ranked[-2:]


def test_a_lineage_is_the_donors_with_a_part_of_its_own(run: Run) -> None:
    state = run(8, seed=2)
    for record in state.records.values():
        assert record.line[-1].number == record.number and record.line[-1].configuration == record.configuration
        assert record.line[0].since == 0
        for one, other in pairwise(record.line):
            assert one.since < other.since and one.number != other.number
            assert one.configuration["model"] == other.configuration["model"], "what was trained goes on"
            assert one.configuration["training.lr"] != other.configuration["training.lr"]
        since = record.line[-1].since
        assert record.best_epoch > since and record.epoch == EPOCHS


def test_the_default_is_trained_as_it_is_however_weak(run: Run) -> None:
    state = run(8, seed=2, training=lambda c: [v - 10 * (c == SPACE.default()) for v in curve(c)])
    default = state.records[0]
    assert default.configuration == SPACE.default() and not default.lineage and default.status == "finished"


def test_what_may_yet_win_is_not_replaced(run: Run) -> None:
    """It was best at its second epoch, and is the worst since."""

    def falling(configuration: Configuration) -> list[float]:
        values = curve(configuration)
        return [0.0, 9.0, *(-9.0 for _ in values[2:])] if configuration["model"] == "good" else values

    state = run(8, seed=2, training=falling)
    assert state.best is not None and state.best.merit == (9.0, 0.0) and not state.best.lineage


def test_a_minimized_metric_is_compared_as_such(run: Run) -> None:
    class Negated(SimulatedExecutor):
        def _report(self, trial: _Running) -> Report:
            report = super()._report(trial)
            metrics = {"val_accuracy": -report.metrics["val_accuracy"]}
            return Report(**{**vars(report), "metrics": metrics})

    one, other = run(8, seed=2), run(8, seed=2, minimize=True, executor=Negated)
    assert [r.line for r in one.records.values()] == [r.line for r in other.records.values()]


def test_a_member_that_fails_leaves_the_population_and_the_others_go_on(run: Run) -> None:
    class Failing(SimulatedExecutor):
        def _advance(self, state: SearchState, running: list[_Running]) -> None:
            if running[0].number in (2, 5) and running[0].epoch == running[0].number:
                state.close(running.pop(0).number, Report(2, {}, False, None, "failed", "diverged", diverged=True))
                running.sort()
                return
            super()._advance(state, running)

    state = run(8, workers=2, executor=Failing)
    assert [r.number for r in state.records.values() if r.status == "failed"] == [2, 5]
    assert {r.epoch for r in state.records.values() if r.status != "failed"} == {EPOCHS}


def test_further_trials_are_further_populations(run: Run) -> None:
    told = Told()
    state = run(20, size=8, workers=3, told=told)
    assert state.ended_by == "20 trials done" and {r.epoch for r in state.records.values()} == {EPOCHS}
    populations = [range(8), range(8, 16), range(16, 20)]
    for population in populations:
        assert any(heir in population for _, _, heir in told.takeovers)
    assert all(any({donor, heir} <= set(p) for p in populations) for _, donor, heir in told.takeovers)
    keys = [key for key in state._study.user_attrs if key.startswith("population ")]
    assert {key: state._study.user_attrs[key] for key in keys} == {
        "population 0": 0,
        "population 1": 8,
        "population 2": 16,
    }


def test_a_time_budget_ends_those_that_wait_with_what_they_have(run: Run) -> None:
    state = run(None, workers=2, budget=100.0)
    assert state.ended_by == "time budget" and len(state.records) == 8
    assert {(r.status, r.reason) for r in state.records.values()} == {("stopped", "time budget")}
    assert state.best is not None and max(r.epoch for r in state.records.values()) < EPOCHS


@pytest.mark.parametrize(
    ("trials", "workers", "size"), [(None, 2, 8), (None, 16, 16), (4, 2, 4), (32, 2, 32), (33, 2, 17), (100, 2, 25)]
)
def test_a_population_is_all_trials_or_even_parts_of_them(trials: int | None, workers: int, size: int) -> None:
    assert population_size(trials, workers) == size


@pytest.mark.parametrize(("epochs", "interval"), [(1, 1), (5, 1), (16, 2), (30, 3), (100, 10)])
def test_the_interval_follows_from_the_epochs(epochs: int, interval: int) -> None:
    assert make_scheduler("pbt", epochs, 8) == Pbt(8, interval)


def test_the_rule_is_said_with_its_figures() -> None:
    assert (
        str(Pbt(8, 3)) == "pbt: 8 side by side, from epoch 6 on every 3 epochs the weakest 2 go on from the strongest 2"
    )
    assert str(Pbt(4, 1)) == "pbt: 4 side by side, from epoch 2 on every epoch the weakest goes on from the strongest"


def test_what_a_trial_reached_by_anothers_weights_is_not_told_of_its_proposal(run: Run) -> None:
    state: Any = run(8, seed=2)
    for trial in state._study.get_trials():
        record = state.records[trial.number]
        told = len(trial.intermediate_values)
        assert trial.state.name == ("PRUNED" if record.lineage else "COMPLETE")
        assert (told < EPOCHS) == bool(record.lineage)
        assert list(trial.intermediate_values.values()) == curve(trial.user_attrs["configuration"])[:told]

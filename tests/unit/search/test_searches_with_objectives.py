"""Searches with several objectives and constraints, in virtual time: deeper is better, bigger and slower."""

from collections.abc import Callable, Sequence
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from automl.components import Choice, Float, Int
from automl.evaluation.constraint import WORST, Constraint
from automl.search.budget import Limits, StopSignal
from automl.search.objectives import Objectives, pareto_front
from automl.search.proposals import Proposals
from automl.search.records import Report
from automl.search.samplers import make_sampler
from automl.search.schedulers import make_scheduler
from automl.search.simulation import SimulatedExecutor, VirtualClock
from automl.search.state import SearchState
from automl.space import Configuration, Space, SpaceParameter

Run = Callable[..., SearchState]

EPOCHS = 3
SPACE = Space(
    (
        SpaceParameter("model", Choice("flat", "deep"), "flat"),
        SpaceParameter("x", Float(0.0, 1.0), 0.9),
        SpaceParameter("depth", Int(1, 5), 1, (("model", ("deep",)),)),
    )
)
GRID = Space((SpaceParameter("model", Choice("deep"), "deep"), SpaceParameter("depth", Int(1, 5), 1)))


def depth(configuration: Configuration) -> int:
    return int(str(configuration.get("depth", 0)))


def curve(configuration: Configuration) -> list[float]:
    x = float(str(configuration.get("x", 0.3)))
    return [(0.7 - (x - 0.3) ** 2 + 0.05 * depth(configuration)) * epoch / EPOCHS for epoch in range(1, EPOCHS + 1)]


def figures(configuration: Configuration) -> dict[str, float]:
    deep = depth(configuration)
    return {"parameters": 1000 * (deep + 1), "latency_ms": 1.0 + deep, "val_f1_macro": 0.5 + 0.1 * deep}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """run(objectives, sampler="tpe", scheduler="none", space=SPACE, trials=30, workers=1) -> an ended search."""

    def simulate(
        by: Objectives,
        sampler: str = "tpe",
        *,
        scheduler: str = "none",
        space: Space = SPACE,
        trials: int | None = 30,
        workers: int = 1,
        curve: Callable[[Configuration], Sequence[float]] = curve,
    ) -> SearchState:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        clock = VirtualClock()
        study = optuna.create_study(
            directions=by.directions, sampler=make_sampler(sampler, space, 0, objectives=len(by.directions))
        )
        state = SearchState(
            study,
            Proposals(study, space, exhaustive=sampler == "grid", seed=0),
            limits=Limits(trials, 5, by.metric),
            stop=StopSignal(tmp_path, None, clock),
            scheduler=make_scheduler(scheduler, EPOCHS),
            folder=tmp_path,
            watchers=[],
            objectives=by,
        )
        SimulatedExecutor(curve, metric=by.metric, clock=clock, workers=workers, figures=figures).run(state)
        return state

    return simulate


TWO = Objectives("val_accuracy", also=("latency_ms", "parameters"))


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("sampler", ["tpe", "nsga2", "random", "qmc"])
def test_samplers_search_several_objectives(run: Run, sampler: str, workers: int) -> None:
    state = run(TWO, sampler, workers=workers)
    assert len(state.records) == 30
    for trial in state._study.get_trials():
        record = state.records[trial.number]
        assert trial.state == TrialState.COMPLETE and trial.intermediate_values == {}
        assert trial.values == [record.best["val_accuracy"], record.latency_ms, record.parameters]
    front = pareto_front(state.records.values())
    assert front[0] is state.best, "the metric decides"
    assert {record.number for record in front} == {trial.number for trial in state._study.best_trials}


def test_gp_searches_several_objectives_with_constraints(run: Run) -> None:
    by = Objectives("val_accuracy", also=("latency_ms",), constraints=(Constraint("parameters", True, 4000),))
    state = run(by, "gp", trials=13)
    assert len(state.records) == 13
    assert state.best is not None and state.best.parameters <= 4000


def test_a_grid_gives_the_whole_front(run: Run) -> None:
    state = run(TWO, "grid", space=GRID, trials=None)
    assert [depth(record.configuration) for record in pareto_front(state.records.values())] == [5, 4, 3, 2, 1]


LIMITED = Objectives(
    "val_accuracy", constraints=(Constraint("latency_ms", True, 4.0), Constraint("f1_macro", False, 0.7))
)


@pytest.mark.parametrize(
    ("sampler", "scheduler"),
    [(s, "none") for s in ("tpe", "nsga2", "random", "qmc", "gp")] + [(s, "asha") for s in ("tpe", "random", "qmc")],
)
def test_the_winner_keeps_to_the_constraints_and_the_study_knows_them(run: Run, sampler: str, scheduler: str) -> None:
    state = run(LIMITED, sampler, scheduler=scheduler, trials=13 if sampler == "gp" else 30)
    assert state.best is not None and depth(state.best.configuration) in (2, 3)
    for trial in state._study.get_trials():
        record = state.records[trial.number]
        feasible = 2 <= depth(record.configuration) <= 3
        assert trial.constraints == {
            "latency_ms <= 4": pytest.approx((record.latency_ms - 4) / 4),
            "f1_macro >= 0.7": pytest.approx((0.7 - record.best["val_f1_macro"]) / 0.7),
        }
        assert all(value <= 1e-12 for value in trial.constraints.values()) == feasible == (not record.broken)
        assert record.reason.count("not ") == len(record.broken)


def test_tpe_learns_constraints(run: Run) -> None:
    kept = {}
    for sampler in ("tpe", "random"):
        records = list(run(LIMITED, sampler, trials=80).records.values())[20:]
        kept[sampler] = sum(not record.broken for record in records)
    assert kept["tpe"] > 1.3 * kept["random"]


@pytest.mark.parametrize("by", [Objectives("val_accuracy"), TWO], ids=["one", "several"])
def test_what_diverges_is_infeasible_for_the_sampler(run: Run, by: Objectives) -> None:
    state = run(by, "random", trials=12)
    number = _fail(state, diverged=True)
    other = _fail(state, diverged=False)
    trials = state._study.get_trials()
    assert (trials[number].state, trials[number].constraints) == (TrialState.PRUNED, {"trains": WORST})
    assert (trials[other].state, trials[other].constraints) == (TrialState.FAIL, {})
    state._study.sampler = make_sampler("tpe", SPACE, 0, objectives=len(by.directions))
    for _ in range(5):  # such trials don't confuse it
        SPACE.suggest(state._study.ask())


def _fail(state: SearchState, *, diverged: bool) -> int:
    """One trial more, which reports an epoch and fails in the next."""
    state.ended_by, state._limits = "", Limits(None, 5, "val_accuracy")
    record = state.propose()
    assert record is not None
    report = Report(1, {"val_accuracy": 0.5}, True, (0.5, 0.0), "running", latency_ms=1.0, parameters=1)
    state.receive(record.number, report)
    state.close(record.number, Report(1, {}, False, (0.5, 0.0), "failed", "no", diverged=diverged))
    return record.number


def test_a_worker_s_stop_before_the_first_epoch_teaches_the_constraint(run: Run) -> None:
    by = Objectives("val_accuracy", constraints=(Constraint("parameters", True, 100),))
    state = run(by, "random", trials=2)
    state.ended_by, state._limits = "", Limits(None, 5, "val_accuracy")
    record = state.propose()
    assert record is not None
    said = by.constraints[0].broken_by(250)
    state.close(record.number, Report(0, {}, False, None, "stopped", said, parameters=250))
    trial = state._study.get_trials()[record.number]
    assert (trial.state, trial.constraints) == (TrialState.PRUNED, {"parameters <= 100": 1.5})
    assert record.reason == "parameters 250, not <= 100", "said once"
    assert not record.beats(None)

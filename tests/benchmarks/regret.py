"""Simple regret of `auto` beside the loops of Optuna and of Ray Tune, on functions with learning curves.

    python tests/benchmarks/regret.py [--seeds 20] [--budget 30] [--workers 4] [--functions tree,mixed] [--also A/B]

Each search may train the same number of epochs in all: `budget` times those of a whole trial. Its regret is that of the
configuration that it holds to be the best, trained to its end, without noise, as a part of the function's scale.

- auto: automl's own state, journal apart, in virtual time on virtual workers, with what `choice` chooses. Its default
  configuration, which goes first, is drawn at random.
- Optuna: `study.optimize` with TPESampler and HyperbandPruner, defaults; on one worker, so each proposal knows all that
  was before.
- Ray Tune: the real AsyncHyperBandScheduler and OptunaSearch, defaults, called as its controller calls them, on as many
  virtual workers as auto has; the best last value of any trial is what it holds to be the best.
"""

from __future__ import annotations

import argparse
import heapq
import logging
import tempfile
import time
import warnings
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import optuna
from functions import FUNCTIONS, Function

from automl.config import load_experiment
from automl.search.budget import Limits, StopSignal
from automl.search.choice import with_choice
from automl.search.points import Points
from automl.search.proposals import Proposals
from automl.search.records import Report
from automl.search.samplers import make_sampler
from automl.search.schedulers import make_scheduler
from automl.search.simulation import SimulatedExecutor, VirtualClock
from automl.search.state import SearchState
from automl.space import Configuration, Space


class Epochs(SimulatedExecutor):
    """Ends a search after so many epochs of all its trials."""

    left = 0

    def _advance(self, state: SearchState, running: list[Any]) -> None:
        if self.left:
            self.left -= 1
            super()._advance(state, running)
            return
        state.ended_by = "all epochs are spent"
        while running:
            record = state.records[running.pop().number]
            state.close(record.number, Report(record.epoch, {}, False, record.merit, "stopped", state.ended_by))


def automl_search(function: Function, seed: int, epochs: int, workers: int, named: str = "auto/auto") -> Configuration:
    sampler, scheduler = named.split("/")
    space = with_random_default(function.space, seed)
    experiment = load_experiment(flags={"sampler": sampler, "scheduler": scheduler, "trials": epochs})
    experiment, _ = with_choice(experiment, space, function.epochs)
    clock = VirtualClock()
    with tempfile.TemporaryDirectory() as name:
        study = optuna.create_study(direction="maximize", sampler=make_sampler(experiment.sampler, space, seed))
        state = SearchState(
            study,
            Proposals(study, space, exhaustive=False, seed=seed),
            limits=Limits(None, 5, "val_value"),
            stop=StopSignal(Path(name), None, clock),
            scheduler=make_scheduler(experiment.scheduler, function.epochs),
            folder=Path(name),
            watchers=[],
        )
        executor = Epochs(lambda c: function.curve(c, seed), metric="val_value", clock=clock, workers=workers)
        executor.left = epochs
        executor.run(state)
    assert state.best is not None
    return state.best.configuration


def with_random_default(space: Space, seed: int) -> Space:
    points = Points(space)
    drawn = points.configuration(points.settled(points.random(np.random.default_rng([seed, 1]), 1))[0])
    return Space(tuple(replace(p, default=drawn.get(p.name, p.default)) for p in space.parameters))


def optuna_search(function: Function, seed: int, epochs: int, workers: int) -> Configuration:
    del workers
    spent = 0

    def objective(trial: optuna.Trial) -> float:
        nonlocal spent
        configuration = function.space.suggest(trial)
        trial.set_user_attr("configuration", configuration)
        value = 0.0
        for epoch, value in enumerate(function.curve(configuration, seed), start=1):
            spent += 1
            trial.report(value, epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return value

    pruner = optuna.pruners.HyperbandPruner(max_resource=function.epochs)
    sampler = optuna.samplers.TPESampler(seed=seed)
    study = optuna.create_study(direction="maximize", sampler=sampler, pruner=pruner, study_name=f"seed {seed}")
    study.optimize(objective, callbacks=[lambda study, _: study.stop() if spent >= epochs else None])
    best: Configuration = study.best_trial.user_attrs["configuration"]
    return best


def ray_search(function: Function, seed: int, epochs: int, workers: int) -> Configuration:
    from ray.tune.schedulers import ASHAScheduler, TrialScheduler
    from ray.tune.search.optuna import OptunaSearch

    proposed: list[Configuration] = []
    search = OptunaSearch(
        lambda trial: proposed.append(function.space.suggest(trial)),
        metric="value",
        mode="max",
        seed=seed,
        study_name=f"{function.name} {seed} {time.time_ns()}",
    )
    scheduler = ASHAScheduler(metric="value", mode="max", max_t=function.epochs)
    running: list[tuple[int, int, int]] = []
    curves: list[list[float]] = []
    last: dict[int, float] = {}
    now = 0
    for _ in range(epochs):
        while len(running) < workers:
            number = len(proposed)
            search.suggest(str(number))
            scheduler.on_trial_add(None, SimpleNamespace(trial_id=str(number)))
            curves.append(function.curve(proposed[number], seed))
            heapq.heappush(running, (now + 1, number, 1))
        now, number, epoch = heapq.heappop(running)
        last[number] = curves[number][epoch - 1]
        result = {"value": last[number], "training_iteration": epoch}
        trial = SimpleNamespace(trial_id=str(number))
        if scheduler.on_trial_result(None, trial, result) == TrialScheduler.STOP:  # at the last epoch, too
            scheduler.on_trial_complete(None, trial, result)
            search.on_trial_complete(str(number), result)
        else:
            search.on_trial_result(str(number), result)
            heapq.heappush(running, (now + 1, number, epoch + 1))
    return proposed[max(last, key=lambda number: last[number])]


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--seeds", type=int, default=20)
    arguments.add_argument("--budget", type=int, default=30)
    arguments.add_argument("--workers", type=int, default=4)
    arguments.add_argument("--functions", default="", help="parts of names, separated by commas; default: all")
    arguments.add_argument("--also", default="", help="further pairs of sampler and scheduler of automl")
    chosen = arguments.parse_args()
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    logging.getLogger("ray").setLevel(logging.ERROR)
    searches: dict[str, Any] = {"auto": automl_search, "Optuna": optuna_search, "Ray Tune": ray_search}
    for pair in filter(None, chosen.also.split(",")):
        searches[pair] = lambda f, s, e, w, pair=pair: automl_search(f, s, e, w, pair)
    print(f"{chosen.seeds} seeds, {chosen.budget} whole trainings, {chosen.workers} virtual workers")
    print("mean regret +- its standard error, median; CPU seconds a search")
    print(f"{'':>20}", *(f"{name:>30}" for name in searches))
    for function in FUNCTIONS:
        if not any(part in function.name for part in chosen.functions.split(",")):
            continue
        cells = []
        for search in searches.values():
            began = time.process_time()
            regrets = np.array(
                [
                    function.regret(search(function, seed, chosen.budget * function.epochs, chosen.workers))
                    for seed in range(chosen.seeds)
                ]
            )
            error = regrets.std(ddof=1) / len(regrets) ** 0.5
            seconds = (time.process_time() - began) / chosen.seeds
            cells.append(f"{regrets.mean():.4f} +- {error:.4f}, {np.median(regrets):.4f}; {seconds:.1f} s")
        print(f"{function.name:>20}", *(f"{cell:>30}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()

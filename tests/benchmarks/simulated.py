"""The control loop without training: 10,000 trials of a simulated search, beside Optuna's own loop.

    python tests/benchmarks/simulated.py [--trials 10000] [--plain-trials 500] [--sampler tpe] [--workers 4]

The space is that of the domain `images`. automl: state, proposals, journal, reports and records as in a real search, on
virtual workers. Optuna: `study.optimize` with TPESampler(multivariate=True, group=True), which models the space as ours
does, in memory. Times are CPU seconds of this process, so that others on the machine count little; memory is the peak.
"""

from __future__ import annotations

import argparse
import math
import resource
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import optuna
from common import machine
from optuna.storages import JournalStorage

from automl.components import Task, load_catalog
from automl.config import load_experiment
from automl.search.budget import Limits, StopSignal
from automl.search.journal import SingleWriterJournal
from automl.search.proposals import Proposals
from automl.search.records import TrialRecord
from automl.search.samplers import make_sampler
from automl.search.schedulers import make_scheduler
from automl.search.simulation import SimulatedExecutor, VirtualClock
from automl.search.state import SearchState
from automl.space import Configuration, Space, compose

EPOCHS = 9
MARKS = (100, 1_000, 5_000, 10_000)


def images() -> Space:
    classes = tuple(map(str, range(10)))
    task = Task(kind="image-classification", num_outputs=10, class_names=classes, input_shape=(1, 8, 8))
    return compose(load_catalog(), task, load_experiment().space).space


def curve(configuration: Configuration) -> list[float]:
    """Best where every number is 0.3; rises over the epochs."""
    far = sum((value - 0.3) ** 2 for value in configuration.values() if isinstance(value, float))
    return [1 / (1 + far) * (1 - math.exp(-epoch / 3)) for epoch in range(1, EPOCHS + 1)]


class Timed(SearchState):
    """Notes how long each proposal takes."""

    def propose(self) -> TrialRecord | None:
        began = time.process_time()
        record = super().propose()
        proposals.append(time.process_time() - began)
        memory.append(peak())
        return record


proposals: list[float] = []
memory: list[float] = []


def peak() -> float:
    """Most memory so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def simulate(space: Space, sampler: str, trials: int, workers: int, folder: Path) -> float:
    clock = VirtualClock()
    study = optuna.create_study(
        direction="maximize",
        sampler=make_sampler(sampler, space, 0),
        storage=JournalStorage(SingleWriterJournal(folder / "study.journal")),
    )
    state = Timed(
        study,
        Proposals(study, space, exhaustive=False, seed=0),
        limits=Limits(trials, 5, "val_accuracy"),
        stop=StopSignal(folder, None, clock),
        scheduler=make_scheduler("asha", EPOCHS),
        folder=folder,
        watchers=[],
    )
    began = time.process_time()
    SimulatedExecutor(curve, metric="val_accuracy", clock=clock, workers=workers).run(state)
    assert len(state.records) == trials
    return time.process_time() - began


def plain(space: Space, trials: int) -> list[float]:
    """Seconds from one trial to the next."""
    times = [time.process_time()]

    def objective(trial: optuna.Trial) -> float:
        value = 0.0
        for epoch, value in enumerate(curve(space.suggest(trial)), start=1):
            trial.report(value, epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return value

    sampler = optuna.samplers.TPESampler(seed=0, multivariate=True, group=True)
    pruner = optuna.pruners.SuccessiveHalvingPruner(reduction_factor=3)
    study = optuna.create_study(direction="maximize", sampler=sampler, pruner=pruner)
    study.optimize(objective, n_trials=trials, callbacks=[lambda *_: times.append(time.process_time())])
    return list(np.diff(times))


def at(seconds: list[float], trial: int) -> str:
    """Milliseconds, the mean of the 50 trials up to this one; "" where there are fewer."""
    return f"{1000 * np.mean(seconds[trial - 50 : trial]):.1f} ms at {trial:,}" if len(seconds) >= trial else ""


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--trials", type=int, default=10_000)
    arguments.add_argument("--plain-trials", type=int, default=500)
    arguments.add_argument("--sampler", default="tpe")
    arguments.add_argument("--workers", type=int, default=4)
    chosen = arguments.parse_args()
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    space = images()
    print(f"{machine()}\n{len(space.searched)} parameters, asha, {chosen.workers} virtual workers", flush=True)
    with tempfile.TemporaryDirectory() as name:
        seconds = simulate(space, chosen.sampler, chosen.trials, chosen.workers, Path(name))
    first = min(200, chosen.trials // 2)
    each = 1024 * (memory[-1] - memory[first]) / (chosen.trials - first)
    print(f"automl, {chosen.sampler}: {chosen.trials:,} trials in {seconds:.0f} s of CPU time; to reach: 900 s")
    print("  a proposal:", ", ".join(filter(None, (at(proposals, mark) for mark in MARKS))), "; to reach: 80 ms")
    print(
        f"  memory: {memory[first]:.0f} MB at {first}, {memory[-1]:.0f} MB at the end: {each:.1f} KB a trial",
        flush=True,
    )
    times = plain(space, chosen.plain_trials)
    marks = sorted({*MARKS, chosen.plain_trials})
    print(f"Optuna, study.optimize: {chosen.plain_trials:,} trials in {sum(times):.0f} s")
    print("  a trial:", ", ".join(filter(None, (at(times, mark) for mark in marks))))


if __name__ == "__main__":
    main()

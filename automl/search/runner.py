"""One search from start to winner: Ray Tune schedules, the state proposes and records."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from automl.components import Component, PluginSource
from automl.config import Experiment
from automl.config.experiment import LEARN_FROM_FINISHED
from automl.search.budget import Limits, StopSignal, deadline_of
from automl.search.clock import UsedTime
from automl.search.cluster import Cluster, Shares
from automl.search.confirm import Verdict
from automl.search.exploration import live_parameters
from automl.search.finals import Execute, Finals
from automl.search.handover import Checkpoints
from automl.search.keep import Kept, share_of
from automl.search.objectives import Objectives, make_objectives, pareto_front
from automl.search.population import Population
from automl.search.prior import Prior, give_prior
from automl.search.proposals import Proposals
from automl.search.records import TrialRecord
from automl.search.recovery import recover
from automl.search.refit import Refit
from automl.search.schedulers import Pbt, Scheduler, make_scheduler
from automl.search.sharing import share
from automl.search.state import SearchState
from automl.search.studies import open_study
from automl.search.watcher import Watcher
from automl.space import Space

if TYPE_CHECKING:
    from optuna import Study

    from automl.data import Dataset
    from automl.evaluation import Metric
    from automl.search.ray_executor import Trials


@dataclass(frozen=True)
class SearchResult:
    """What a search came to.

    Args:
        best: The winner's trial.
        verdict: How it was chosen; None where there is no winner.
        refit: The winner's training on train and validation together, where it was asked for.
    """

    trials: tuple[TrialRecord, ...]
    best: TrialRecord | None
    ended_by: str
    interrupted: bool
    verdict: Verdict | None = None
    refit: Refit | None = None

    @property
    def front(self) -> tuple[TrialRecord, ...]:
        """Of a search with several objectives the trials that none is better than in each, best metric first."""
        return pareto_front(self.trials)


@dataclass(frozen=True)
class Plan:
    """All that a search runs on, checked: nothing in it can be the user's mistake any more.

    Args:
        components: What the space holds.
        started: When its time budget began by `time.monotonic()`, had it run without a break.
        run: The token of this run (see `folders.held`).
    """

    experiment: Experiment
    folder: Path
    data: Dataset
    space: Space
    metric: Metric
    components: tuple[Component, ...]
    shares: Shares
    started: float
    run: str = ""

    @property
    def objectives(self) -> Objectives:
        """What it looks for."""
        return make_objectives(self.experiment, self.metric)

    @property
    def plugins(self) -> tuple[PluginSource, ...]:
        """The sources that workers and the winner need."""
        return tuple(dict.fromkeys(component.source for component in self.components if component.source))


def run_search(plan: Plan, cluster: Cluster, watchers: Sequence[Watcher]) -> SearchResult:
    """Runs trials until the budget is spent, the space exhausted, or the user interrupts (Ctrl-C: once gently)."""
    cluster.resources()
    experiment = plan.experiment
    deadline = deadline_of(plan.started, experiment, time.monotonic() - plan.started)
    stop = StopSignal(plan.folder, deadline)
    stop.clear()
    kept = Kept(plan.folder, plan.space.default(), experiment.disk)
    finals = Finals(plan, stop, deadline, kept)
    watchers = [kept, *watchers, UsedTime(plan.folder, plan.started)]
    watching = [*watchers, *finals.reserve()]
    study, storage = open_study(plan)
    give_prior(study, plan.space, Prior.read(plan.folder))
    recovered = recover(study, plan.folder)
    for record in recovered.ended:
        for watcher in watching:
            watcher.trial_recovered(record)
    state = SearchState(
        study,
        Proposals(study, plan.space, exhaustive=experiment.sampler == "grid", seed=experiment.seed),
        limits=Limits(
            experiment.trials,
            experiment.max_failures,
            f"val_{plan.metric.name}",
            experiment.target_metric,
            experiment.patience,
            plan.metric.minimize,
        ),
        stop=stop,
        scheduler=_scheduler(plan, study),
        folder=plan.folder,
        watchers=watching,
        objectives=plan.objectives,
        recovered=recovered,
        storage=storage,
    )
    trials, verdict, refit = state.records.values(), None, None
    with _gentle_interrupt(stop.request) as interrupted:
        execute = _executor(plan)
        execute(state)
        if not state.save():
            stop.pause(storage.away, "When it is back:")
        if state.best and not stop.paused:
            verdict, refit = finals.run(state.best, trials, watchers, execute)
    stop.clear()
    if stop.paused:
        raise stop.paused
    best = verdict.winner.trial if verdict else None
    return SearchResult(tuple(trials), best, state.ended_by, interrupted(), verdict, refit)


def _scheduler(plan: Plan, study: Study) -> Scheduler:
    rule = scheduler_of(plan.experiment, plan.space)
    if not isinstance(rule, Pbt):
        return rule
    return Population(
        rule,
        study,
        plan.space,
        live_parameters(plan.components, plan.space),
        handover=Checkpoints(plan.folder),
        seed=plan.experiment.seed,
        default=plan.space.default(),
    )


def _executor(plan: Plan) -> Execute:
    from automl.search.ray_executor import RayExecutor
    from automl.search.trainable import Settings

    shares, disk = plan.shares, plan.experiment.disk
    at_a_time = max(shares.workers, plan.experiment.population or 0)
    settings = Settings(
        plan.metric.name,
        plan.experiment.seed,
        shares.threads,
        shares.gpus,
        str(plan.folder),
        plan.run,
        plan.plugins,
        # What was stopped, these samplers never hear of: they would propose it again and again.
        () if plan.experiment.sampler in LEARN_FROM_FINISHED else plan.objectives.constraints,
        part_seed=part_seed_of(plan.experiment),
        disk_share=share_of(disk, at_a_time) if disk else math.inf,
    )
    arrays = share(plan.data)

    def execute(trials: Trials, data: Dataset | None = None, **changes: Any) -> None:
        shared = share(data) if data else arrays
        RayExecutor(plan.folder, replace(settings, **changes), shared, shares).run(trials)

    return execute


def part_seed_of(experiment: Experiment) -> int | None:
    """What chooses the rows that early epochs have; None where each epoch has all."""
    return experiment.seed if experiment.fidelity == "data" else None


def scheduler_of(experiment: Experiment, space: Space) -> Scheduler:
    """The rule of an experiment for the trials of `space`."""
    return make_scheduler(experiment.chosen_scheduler, most_epochs(space), experiment.population)


def most_epochs(space: Space) -> int:
    """The most epochs that a trial of `space` can have."""
    domain = space["training.epochs"].domain
    values = domain.values()
    return max(int(value) for value in values if value) if values else 1


@contextmanager
def _gentle_interrupt(request: Callable[[], None]) -> Iterator[Callable[[], bool]]:
    """Ctrl-C (or SIGTERM) once asks for an end and goes on; twice ends at once. Yields whether it came."""
    came: list[int] = []

    def handle(number: int, _frame: FrameType | None) -> None:
        if came:
            raise KeyboardInterrupt
        came.append(number)
        request()

    try:
        former = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # not in the main thread: whoever embeds us handles signals
        yield lambda: False
        return
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)

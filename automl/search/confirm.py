"""Confirming the winner: the best trials are trained again with other seeds, and the best on average wins.

The best of many trials was lucky, too: what it reached on validation is more than its configuration keeps, the more so
the more trials there were (Cawley and Talbot 2010, On over-fitting in model selection and subsequent selection bias in
performance evaluation, JMLR 11). What runs with other seeds reach, nobody has selected.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from automl.search.budget import StopSignal
from automl.search.folders import drop_weights, reports_of, weights_of
from automl.search.records import TrialRecord, ranked
from automl.search.reruns import FIRST, Reruns, with_seed
from automl.search.watcher import Watcher

if TYPE_CHECKING:
    from automl.config import Experiment

BELOW = "confirmed"
"""Folder in the search's that the runs with other seeds write to."""

SEEDS = 3
"""Runs of a candidate in all, the trial's own among them."""

CANDIDATES = 3
"""How many are confirmed where nobody says how many."""

SHARE = 0.2
"""Part of the time budget that is set aside for it, at most."""

START = 15.0
"""Seconds until new workers train: 12 were measured on two busy cores."""

SLACK = 1.2
"""A run may take so much longer than the trial took."""


@dataclass(frozen=True)
class Candidate:
    """A configuration with the runs that it had.

    Args:
        trial: Of the search.
        again: Those with other seeds that were done.
    """

    trial: TrialRecord
    again: tuple[TrialRecord, ...] = ()

    @property
    def runs(self) -> tuple[TrialRecord, ...]:
        return (self.trial, *self.again)

    @property
    def merit(self) -> tuple[float, float]:
        """The mean over its runs, higher is better."""
        merits = [run.merit for run in self.runs if run.merit]
        return fmean(metric for metric, _ in merits), fmean(loss for _, loss in merits)

    def mean(self, figure: str) -> float:
        """The mean over its runs of a figure ("val_auc") at the best epoch."""
        return fmean(run.best[figure] for run in self.runs)

    def best_run(self, search: Path) -> TrialRecord:
        """The run whose weights are used: the best by validation of those that are still there."""
        kept = [run for run in self.runs if run_weights(search, run).exists()]
        return max(kept or self.runs, key=_merit)


@dataclass(frozen=True)
class Verdict:
    """Which configuration won.

    Args:
        winner: The best on average.
        found: The best of the search by its one run.
        candidates: All that were trained again, best mean first.
        default: The default configuration; None where its trial gave no model, or a grid doesn't have it.
    """

    winner: Candidate
    found: Candidate
    candidates: tuple[Candidate, ...] = ()
    default: Candidate | None = None


def folder_of(search: Path, run: TrialRecord) -> Path:
    """Where a trial has written to, or a run with another seed."""
    return search / BELOW if run.number >= FIRST else search


def run_weights(search: Path, run: TrialRecord) -> Path:
    """The best weights of a trial, or of a run with another seed."""
    return weights_of(folder_of(search, run), run.number)


def how_many(experiment: Experiment, deadline: float | None) -> int:
    """How many candidates to confirm. `auto`: none without a time budget, as nobody has said how long it may take."""
    if isinstance(experiment.confirm, int):
        return experiment.confirm
    return CANDIDATES if experiment.confirm == "auto" and deadline is not None else 0


def full_seconds(trial: TrialRecord) -> float:
    """How long a trial's configuration trains to its end, by the time that it took."""
    if trial.status == "finished":
        return trial.seconds
    done = trial.progress or max(1, trial.epoch) / int(str(trial.configuration["training.epochs"]))
    return trial.seconds / done


def seconds_needed(candidates: Sequence[TrialRecord], workers: int) -> float:
    """How long it takes to train each with `SEEDS - 1` more seeds, so many runs at a time."""
    loads = [0.0] * workers
    for trial in candidates:
        for _ in range(SEEDS - 1):
            heapq.heapreplace(loads, loads[0] + full_seconds(trial))  # to the worker that is free first
    return START + SLACK * max(loads)


def affordable(candidates: Sequence[TrialRecord], workers: int, seconds: float) -> Sequence[TrialRecord]:
    """As many of the first candidates as can be confirmed in so many seconds."""
    count = len(candidates)
    while count and seconds_needed(candidates[:count], workers) > seconds:
        count -= 1
    return candidates[:count]


class Reserve(Watcher):
    """A watcher that brings the deadline of a search's trials forward, to keep time for what follows them.

    Args:
        needed: Of the best trials, best first, how many seconds that takes.
        count: How many of them it looks at.
    """

    def __init__(self, stop: StopSignal, needed: Callable[[Sequence[TrialRecord]], float], count: int) -> None:
        self._stop = stop
        self._needed = needed
        self._count = count
        self._best: list[TrialRecord] = []

    def trial_recovered(self, record: TrialRecord) -> None:
        self.trial_finished(record)

    def trial_finished(self, record: TrialRecord) -> None:
        self._best = ranked([*self._best, record])[: self._count]
        self._stop.set_aside(self._needed(self._best))


def confirm(
    best: TrialRecord,
    trials: Iterable[TrialRecord],
    default: TrialRecord | None,
    *,
    count: int,
    workers: int,
    search: Path,
    stop: StopSignal,
    watchers: Sequence[Watcher],
    run: Callable[[Reruns], None],
) -> Verdict:
    """Trains the best trials with other seeds, as many as there is time for, and chooses the winner.

    Args:
        best: The search's own winner.
        trials: All of the search. default: that of the default configuration, if its weights are there.
        run: Runs what it is given, writing to `BELOW`.
    """
    others = [trial for trial in ranked(trials) if trial is not best]
    candidates = [best, *others][:count]
    begun = [trial for trial in candidates if any(reports_of(search / BELOW, run.number) for run in _again(trial))]
    fresh = [trial for trial in candidates if trial not in begun]
    chosen = [*begun, *affordable(fresh, workers, stop.seconds_left)]
    again = {trial.number: _again(trial) for trial in chosen}
    records = [record for runs in again.values() for record in runs]
    reruns = Reruns(records, folder=search / BELOW, stop=stop, watchers=watchers)
    if reruns.waits:
        run(reruns)
    done = {number: [r for r in runs if r.status == "finished" and r.beats(None)] for number, runs in again.items()}
    for runs in done.values():
        for loser in sorted(runs, key=_merit)[:-1]:
            drop_weights(search / BELOW, loser.number)
    return choose([Candidate(trial, tuple(done[trial.number])) for trial in chosen], best, default)


def _again(trial: TrialRecord) -> list[TrialRecord]:
    """The runs of a trial's configuration with other seeds, before they have begun."""
    return [with_seed(trial, seed) for seed in range(2, SEEDS + 1)]


def choose(candidates: Iterable[Candidate], best: TrialRecord, default: TrialRecord | None = None) -> Verdict:
    """The best mean wins, of the candidates that were trained again and of the default configuration's trial.

    The default competes with the one run that it may have had: nobody has selected it, so luck hasn't raised it. Where
    `best`, the search's own, was not trained again, it wins.
    """
    known = {candidate.trial.number: candidate for candidate in candidates}
    found = known.get(best.number, Candidate(best))
    own = known.get(default.number, Candidate(default)) if default and default.merit else None
    compared = sorted((c for c in known.values() if c.again), key=lambda c: c.merit, reverse=True)
    able = [*compared, *([own] if own and own.trial.beats(None) else [])]
    winner = max(able, key=lambda c: c.merit) if found.again else found
    return Verdict(winner, found, tuple(compared), own)


def _merit(run: TrialRecord) -> tuple[float, float]:
    return run.merit or (-math.inf, -math.inf)

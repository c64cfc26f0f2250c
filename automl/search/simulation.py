"""A search without training: learning curves from a function, time from a virtual clock.

It runs the same state as Ray does, so samplers, schedulers, limits and resuming are tested in seconds.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from automl.evaluation.constraint import COSTS
from automl.search.records import Report, TrialRecord
from automl.search.state import SearchState
from automl.space import Configuration

Curve = Callable[[Configuration], Sequence[float]]
"""A configuration's validation metric after each epoch, higher is better. Where a trial goes on from another's
checkpoint, it rises from there as its own curve does from that epoch."""


@dataclass
class VirtualClock:
    """Seconds that pass only when the simulation says so; called, it gives the time."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass(order=True)
class _Running:
    due: float
    number: int
    values: Sequence[float] = field(compare=False)
    figures: Mapping[str, float] = field(compare=False)
    epoch: int = field(compare=False, default=0)
    since: int = field(compare=False, default=0)


class SimulatedExecutor:
    """Runs trials one epoch after the other, several at a time, in virtual time.

    Args:
        curve: What training would give.
        metric: Key of the metric in the reports ("val_accuracy").
        workers: Trials at a time.
        seconds: How long an epoch of a configuration takes.
        figures: What else a configuration gives: its `COSTS`, and further metrics ("val_auc"), the same each epoch.
    """

    def __init__(
        self,
        curve: Curve,
        *,
        metric: str,
        clock: VirtualClock,
        workers: int = 1,
        seconds: Callable[[Configuration], float] = lambda _: 1.0,
        figures: Callable[[Configuration], Mapping[str, float]] = lambda _: {},
    ) -> None:
        self._curve = curve
        self._metric = metric
        self._clock = clock
        self._workers = workers
        self._seconds = seconds
        self._figures = figures

    def run(self, state: SearchState) -> None:
        """Runs what the state proposes, until it proposes nothing more."""
        running: list[_Running] = []
        while True:
            while len(running) < self._workers and (record := state.propose()):
                heapq.heappush(running, self._start(record))
            if running:
                self._advance(state, running)
            elif state.is_held_up:
                self._clock.now += 1.0
            else:
                return

    def _start(self, record: TrialRecord) -> _Running:
        due = self._clock.now + self._seconds(record.configuration)
        figures = self._figures(record.configuration)
        return _Running(due, record.number, self._values(record), figures, record.epoch, record.line[-1].since)

    def _values(self, record: TrialRecord) -> list[float]:
        values: list[float] = []
        for segment in record.line:
            own = self._curve(segment.configuration)
            shift = values[segment.since - 1] - own[segment.since - 1] if segment.since else 0.0
            values[segment.since :] = [value + shift for value in own[segment.since :]]
        return values

    def _advance(self, state: SearchState, running: list[_Running]) -> None:
        """The next epoch that ends, whichever trial's it is."""
        trial = heapq.heappop(running)
        self._clock.now = trial.due
        trial.epoch += 1
        report = self._report(trial)
        if report.status == "finished" or state.receive(trial.number, report):
            state.close(trial.number, report)
            return
        trial.due += self._seconds(state.records[trial.number].configuration)
        heapq.heappush(running, trial)

    def _report(self, trial: _Running) -> Report:
        done = trial.values[trial.since : trial.epoch]
        last = trial.epoch == len(trial.values)
        return Report(
            epoch=trial.epoch,
            metrics={self._metric: done[-1]} | {k: v for k, v in trial.figures.items() if k not in COSTS},
            is_best=done[-1] > max(done[:-1], default=float("-inf")),
            merit=(max(done), 0.0),
            status="finished" if last else "running",
            reason="all epochs done" if last else "",
            seconds=1.0,
            **{cost: trial.figures[cost] for cost in COSTS if cost in trial.figures},  # type: ignore[arg-type]
        )

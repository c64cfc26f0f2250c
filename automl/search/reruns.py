"""Runs that no study knows of: configurations that were chosen already, trained once more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from automl.search.budget import StopSignal
from automl.search.clock import Moment
from automl.search.endings import end_with
from automl.search.folders import add_report, checkpoint_of, healed_reports_of
from automl.search.records import Report, TrialRecord
from automl.tracking import names

if TYPE_CHECKING:
    from automl.search.watcher import Watcher

FIRST = 1_000_000
"""Numbers of runs with another seed begin here: beyond those of trials, from which seeds are made."""


def with_seed(trial: TrialRecord, seed: int) -> TrialRecord:
    """The run of a trial's configuration with its second, third, ... seed."""
    return again(trial, FIRST + 10 * trial.number + seed)


def again(trial: TrialRecord, number: int) -> TrialRecord:
    """A run of what the trial was trained with, from its first epoch on, under that number."""
    return TrialRecord(number, trial.configuration, lineage=trial.lineage)


def origin(number: int) -> tuple[int, int]:
    """The trial that a run repeats, and which of its seeds the run has; a trial itself has the first."""
    return divmod(number - FIRST, 10) if number >= FIRST else (number, 1)


def seed_of(seed: int, run: TrialRecord) -> int:
    """What a run is trained with in a search of that seed: another for each run.

    A trial that goes on from others began as the first of them.
    """
    number = run.number if run.number >= FIRST else run.line[0].number
    return seed * 100_003 + number


def label(record: TrialRecord) -> str:
    """How a run is called beside its trial's number: "resnet", "resnet seed 2"."""
    _, seed = origin(record.number)
    return f"{record.model} seed {seed}" if seed > 1 else record.model


def title(record: TrialRecord) -> str:
    """The name of a run: "017 resnet", "017 resnet seed 2"."""
    return names.run_name(origin(record.number)[0], label(record))


class Reruns:
    """Runs to all their epochs, to an executor what `SearchState` is. What was done before a break isn't done again.

    Args:
        records: What is to be run, in this order.
        folder: That the runs write to; not the search's own, whose trials have other numbers.
        watchers: Told as of trials.
    """

    is_held_up = False

    def __init__(
        self, records: Iterable[TrialRecord], *, folder: Path, stop: StopSignal, watchers: Sequence[Watcher]
    ) -> None:
        self.records = {record.number: record for record in records}
        self._folder = folder
        self._stop = stop
        self._watchers = watchers
        self._waiting: list[TrialRecord] = []
        for record in self.records.values():
            self._go_on(record)

    @property
    def waits(self) -> bool:
        """Whether `propose` gives a run."""
        return bool(self._waiting) and not self._stop.reason()

    @property
    def deadline(self) -> Moment | None:
        """When runs must stop."""
        return self._stop.moment

    @property
    def is_overdue(self) -> bool:
        """Whether no run should be under way any more."""
        return self._stop.is_overdue

    @property
    def has_finished_trial(self) -> bool:
        """A run that can't be done in time is of no use: it is stopped as a slow trial is once another has finished."""
        return True

    def propose(self) -> TrialRecord | None:
        """The next run; None where there is none left, or no time."""
        if not self.waits:
            return None
        record = self._waiting.pop(0)
        if not record.epoch:
            self._tell_start(record)
        return record

    def receive(self, number: int, report: Report) -> bool:
        """Takes in an epoch; one that was seen already is passed over. Never wants a run stopped."""
        record = self.records[number]
        if report.metrics and report.epoch > record.epoch:
            add_report(self._folder, number, report)
            self._take_in(record, report)
        return False

    def close(self, number: int, last: Report | None) -> None:
        """Ends a run by its last report; None if its worker died."""
        record = self.records[number]
        if last:
            self.receive(number, last)
        end_with(record, last, self._stop)
        if record.status == "finished":
            checkpoint_of(self._folder, number).unlink(missing_ok=True)
        self._tell_end(record)

    def _go_on(self, record: TrialRecord) -> None:
        reports = healed_reports_of(self._folder, record.number)
        if reports:
            self._tell_start(record)
        for report in reports:
            self._take_in(record, report)
        if record.status == "finished":
            self._tell_end(record)
        else:
            self._waiting.append(record)

    def _take_in(self, record: TrialRecord, report: Report) -> None:
        record.update(report)
        for watcher in self._watchers:
            watcher.epoch_done(record, report)

    def _tell_start(self, record: TrialRecord) -> None:
        for watcher in self._watchers:
            watcher.trial_started(record)

    def _tell_end(self, record: TrialRecord) -> None:
        for watcher in self._watchers:
            watcher.trial_finished(record)

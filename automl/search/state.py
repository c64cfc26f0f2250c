"""The search as it stands: its study, its trials, the best of them. Knows nothing of Ray."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from automl.search.budget import Limits, StopSignal, hopeless
from automl.search.clock import Moment
from automl.search.endings import end_with
from automl.search.folders import add_report, checkpoint_of, healed_reports_of
from automl.search.objectives import Objectives
from automl.search.population import Population
from automl.search.proposals import Proposals
from automl.search.records import INTERRUPTED, TIME_BUDGET, Report, TrialRecord
from automl.search.recovery import BrokenOff, Recovered, merits, tell
from automl.search.schedulers import Scheduler, replay
from automl.search.storage import Storage
from automl.search.watcher import Watcher

if TYPE_CHECKING:
    from optuna import Study, Trial

RETRIES = 1
"""How often a trial goes on whose worker has died; a second death isn't the machine's fault, most likely."""


class SearchState:
    """Proposes trials while the budget lasts, takes in their reports, tells the study the truth.

    Args:
        limits: What ends it besides time.
        objectives: What it looks for; by default the metric of `limits`, and no more.
        scheduler: What stops trials early; a `Population` lets them pause and go on from each other.
        folder: The search's.
        recovered: What the search had come to before it was broken off.
        storage: Of the study: a trial isn't run before it is saved, and hasn't ended before its end is.
    """

    def __init__(
        self,
        study: Study,
        proposals: Proposals,
        *,
        limits: Limits,
        stop: StopSignal,
        scheduler: Scheduler,
        folder: Path,
        watchers: Sequence[Watcher],
        objectives: Objectives | None = None,
        recovered: Recovered | None = None,
        storage: Storage | None = None,
    ) -> None:
        self.records: dict[int, TrialRecord] = {}
        self.best: TrialRecord | None = None
        self._study = study
        self._proposals = proposals
        self._limits = limits
        self._stop = stop
        self._scheduler = scheduler
        self._population = scheduler if isinstance(scheduler, Population) else None
        self._objectives = objectives or Objectives(limits.metric, limits.minimize)
        self._folder = folder
        self._watchers = watchers
        self._live: dict[int, Trial] = {}
        self._storage = storage or Storage()
        self._waiting: list[TrialRecord] = []
        self._unsaved: list[TrialRecord] = []
        self.ended_by = ""
        self.is_held_up = False
        # Until some epoch had a value of the metric, none is worth going on with.
        self._is_defined = False
        if recovered:
            self._go_on_from(recovered)

    def propose(self) -> TrialRecord | None:
        """The next trial to run, or None: for good (`ended_by` says why), or for now where it `is_held_up`."""
        self.is_held_up = False
        if reason := self._stop.reason():
            self._end_waiting(reason)
        if self.save():
            self._begin_trials()
        if not self.save():
            self._hold_up()
            return None
        self._go_on_together()
        if self._waiting:
            return self._waiting.pop(0)
        self.is_held_up = self._is_training
        return None

    @property
    def _is_training(self) -> bool:
        """Whether a member of a population has not ended: others may have to wait for it."""
        return self._population is not None and self._population.is_training

    def _begin_trials(self) -> None:
        """One, where none waits; or all members of a population."""
        for _ in range(self._population.places if self._population else not self._waiting):
            if (record := self._next()) is None:
                return
            self._waiting.append(record)

    def _next(self) -> TrialRecord | None:
        reached = self._limits.reached(self.records.values(), self.best)
        self.ended_by = self.ended_by or reached or self._stop.reason() or ""
        if self.ended_by:
            return None
        if self._population:
            self._population.open()
        proposed = self._proposals.next(hopeless(self.records.values()))
        if proposed is None:
            self.ended_by = "the space is exhausted"
            return None
        trial, configuration = proposed
        record = TrialRecord(trial.number, configuration)
        self.records[trial.number] = record
        self._live[trial.number] = trial
        if self._population:
            self._population.begin(record)
        for watcher in self._watchers:
            watcher.trial_started(record)
        return record

    def _hold_up(self) -> None:
        """The storage is away: what runs goes on, and then the search waits, but not for ever."""
        paused = self._population.paused if self._population else []
        is_running = len(self._live) > len(self._waiting) + len(paused)
        if self._storage.is_lost and not is_running:
            self._stop.pause(self._storage.away, "When it is back:")
        self.ended_by = self.ended_by or self._stop.reason() or ""
        self.is_held_up = not self.ended_by or self._is_training

    def save(self) -> bool:
        """Makes the study durable, and passes on which trials have ended in it; whether nothing is left to save."""
        if not self._storage.save():
            return False
        while self._unsaved:
            record = self._unsaved.pop(0)
            if record.number not in self._live:
                checkpoint_of(self._folder, record.number).unlink(missing_ok=True)
            for watcher in self._watchers:
                watcher.trial_finished(record)
        return True

    @property
    def waits(self) -> bool:
        """Whether a trial should go on that no worker has: `propose` gives it."""
        return bool(self._waiting) and not self._stop.reason()

    @property
    def deadline(self) -> Moment | None:
        """When trials must stop."""
        return self._stop.moment

    @property
    def is_overdue(self) -> bool:
        """Whether no trial should be running any more."""
        return self._stop.is_overdue

    @property
    def has_finished_trial(self) -> bool:
        """Whether some trial has done all its epochs."""
        return any(record.status == "finished" for record in self.records.values())

    def receive(self, number: int, report: Report) -> bool:
        """Takes in an epoch; one that was seen already (the last comes twice) is passed over.

        Returns:
            Whether the scheduler wants the trial stopped: for good, or to pause.
        """
        record = self.records[number]
        if not report.metrics or report.epoch <= record.epoch:
            return False
        add_report(self._folder, number, report)
        return self._take_in(record, report)

    def _take_in(self, record: TrialRecord, report: Report, *, told: bool = False) -> bool:
        number = record.number
        record.update(report)
        value = report.metrics[self._objectives.metric]
        # Curves are for a single objective; what others' weights reach isn't what this trial's proposal does.
        if math.isfinite(value) and not (told or self._objectives.also or record.lineage):
            self._live[number].report(value, report.epoch)
        for watcher in self._watchers:
            watcher.epoch_done(record, report)
        self._is_defined = self._is_defined or math.isfinite(value)
        if not self._is_defined:
            return True
        merit = record.merit[0] if record.merit else -math.inf
        return self._scheduler.decide(number, report.epoch, merit)

    def close(self, number: int, last: Report | None) -> None:
        """Ends a trial by its last report: still `running` if the scheduler stopped it, None if its worker died. In a
        population, one that is still running pauses.

        A worker's death is no fault of the trial: it goes on from its checkpoint, `RETRIES` times.
        """
        record = self.records[number]
        if last is None and record.deaths < RETRIES and not self._stop.reason():
            self._try_again(record)
            return
        if last is None and self._stop.is_overdue:
            self.ended_by = self.ended_by or TIME_BUDGET  # the executor was ended, and asks for no more trials
        if last:
            self.receive(number, last)
            if last.status == "running" and self._population and self._population.is_due(record.epoch):
                self._pause(record, last, self._population)
                return
        end_with(record, last, self._stop)
        if last and record.merit and not self._is_defined:
            name = self._objectives.metric.removeprefix("val_")
            record.status, record.reason = "failed", f"{name} isn't defined for what it predicts for validation"
        self._objectives.judge(record)
        self.best = record if record.beats(self.best) else self.best
        if record.reason != INTERRUPTED:  # else it goes on when the search is resumed
            self._end(record)
        self._unsaved.append(record)
        self.save()
        if self._population:
            self._population.end(record)
        self._go_on_together()

    def _pause(self, record: TrialRecord, last: Report, population: Population) -> None:
        sign = -1 if self._objectives.minimize else 1
        population.pause(record, sign * last.metrics[self._objectives.metric])
        self._go_on_together()

    def _go_on_together(self) -> None:
        """Where all members of a population have come to the end of an interval: nobody goes on by what isn't saved."""
        population = self._population
        if population is None or self._stop.reason() or not population.is_together:
            return
        population.decide_round()
        if self.save():
            for record in population.go_on():
                self._tell_takeover(record)
                self._waiting.append(record)

    def _tell_takeover(self, record: TrialRecord) -> None:
        if record.lineage and record.lineage[-1].since == record.epoch:
            for watcher in self._watchers:
                watcher.trial_took_over(record)

    def _end_waiting(self, reason: str) -> None:
        """Of the trials that no worker has: what they have reached by now counts."""
        paused = self._population.paused if self._population else []
        waiting, self._waiting = [*self._waiting, *paused], []
        for record in waiting:
            self.close(record.number, Report(record.epoch, {}, False, record.merit, "stopped", reason))

    def _end(self, record: TrialRecord) -> None:
        trial = self._live.pop(record.number)
        if record.status != "failed":
            record.reason = "; ".join([record.reason, *(rule for rule in record.broken if rule not in record.reason)])
        told = {"values": self._objectives.values(record), "violations": self._objectives.violations(record)}
        trial.set_user_attr("record", record.to_dict() | told)
        tell(self._study, trial, record, told)

    def _go_on_from(self, recovered: Recovered) -> None:
        for record in recovered.ended:
            self.records[record.number] = record
            self.best = record if record.beats(self.best) else self.best
            self._is_defined = self._is_defined or record.point is not None
        if self._population:
            self._population.recover(recovered.all, recovered.ended)
        sign = -1 if self._objectives.minimize else 1
        replay(self._scheduler, merits(recovered.curves, sign))
        for trial in recovered.broken_off:
            self._go_on(trial)

    def _go_on(self, broken_off: BrokenOff) -> None:
        record = broken_off.record
        self.records[record.number], self._live[record.number] = record, broken_off.trial
        for watcher in self._watchers:
            watcher.trial_started(record)
        self._catch_up(record, broken_off.reports, broken_off.told)

    def _try_again(self, record: TrialRecord) -> None:
        record.deaths += 1
        self._live[record.number].set_user_attr("deaths", record.deaths)
        unheard = [report for report in healed_reports_of(self._folder, record.number) if report.epoch > record.epoch]
        self._catch_up(record, unheard, frozenset())

    def _catch_up(self, record: TrialRecord, reports: Sequence[Report], told: frozenset[int]) -> None:
        """Takes in what a trial had reported; it is over if its last epoch was, or the scheduler wants it stopped."""
        last, stop = None, False
        for last in reports:
            stop = self._take_in(record, last, told=last.epoch in told)
            if self._population:
                self._population.inherit(record)
                self._tell_takeover(record)
        if last and (stop or last.status != "running"):
            self.close(record.number, last)
        else:
            self._waiting.append(record)

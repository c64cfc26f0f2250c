"""What a search that was broken off had come to: its study is the truth, healed by what its workers wrote last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.search.folders import healed_reports_of
from automl.search.records import Report, TrialRecord

if TYPE_CHECKING:
    from optuna import Study, Trial


@dataclass(frozen=True)
class BrokenOff:
    """A trial that had begun and not ended: it goes on under its number.

    Args:
        reports: Its epochs so far.
        told: Those that the study knows of; with several objectives it isn't told of any.
    """

    trial: Trial
    record: TrialRecord
    reports: list[Report]
    told: frozenset[int]


@dataclass(frozen=True)
class Recovered:
    """The trials of a study.

    Args:
        ended: Those that had ended, by number.
        broken_off: The others.
        curves: (number, epoch, value of the metric) of all that `ended` reported.
    """

    ended: tuple[TrialRecord, ...] = ()
    broken_off: tuple[BrokenOff, ...] = ()
    curves: tuple[tuple[int, int, float], ...] = ()

    @property
    def all(self) -> list[TrialRecord]:
        """By number."""
        records = [*self.ended, *(trial.record for trial in self.broken_off)]
        return sorted(records, key=lambda record: record.number)


def recover(study: Study, folder: Path) -> Recovered:
    """Reads the trials of `study`, and tells it the end of those that were killed just before it was told."""
    from optuna import Trial
    from optuna.trial import TrialState

    ended, broken_off, curves = [], [], []
    for frozen in study.get_trials(deepcopy=False):
        known = frozen.user_attrs
        if "record" in known:
            record = TrialRecord.from_dict(frozen.number, known["configuration"], known["record"])
            ended.append(record)
            curves += [(frozen.number, epoch, value) for epoch, value in frozen.intermediate_values.items()]
            if not frozen.state.is_finished():
                tell(study, Trial(study, frozen._trial_id), record, known["record"])
        elif frozen.state == TrialState.RUNNING and "configuration" not in known:
            study.tell(frozen.number, state=TrialState.FAIL)  # killed while the sampler was asked
        elif frozen.state == TrialState.RUNNING:
            record = TrialRecord(frozen.number, known["configuration"], deaths=known.get("deaths", 0))
            reports = healed_reports_of(folder, frozen.number)
            told = frozenset(frozen.intermediate_values)
            broken_off.append(BrokenOff(Trial(study, frozen._trial_id), record, reports, told))
    return Recovered(tuple(ended), tuple(broken_off), tuple(sorted(curves, key=lambda point: (point[1], point[0]))))


def merits(curves: tuple[tuple[int, int, float], ...], sign: int) -> Iterator[tuple[int, int, float]]:
    """(number, epoch, best value so far, signed so that higher is better), in the order of `curves`."""
    best: dict[int, float] = {}
    for number, epoch, value in curves:
        best[number] = max(best.get(number, float("-inf")), sign * value)
        yield number, epoch, best[number]


def tell(study: Study, trial: Trial, record: TrialRecord, told: Mapping[str, Any]) -> None:
    """Ends a trial in its study: complete with its best values, pruned with its curve, or failed.

    A failure teaches samplers nothing. So what is the configuration's own fault is pruned, and infeasible. What went on
    from another's checkpoint is pruned with the curve that it had before: the rest isn't its proposal's. May be called
    again if it was killed in between.

    Args:
        told: `values`, of each objective at the best epoch, or None; and `violations`, see `Objectives`.
    """
    from optuna.trial import TrialState

    lost = record.status == "failed" and not record.diverged
    undefined = record.status == "finished" and told["values"] is None
    if lost or undefined:
        study.tell(trial, state=TrialState.FAIL)
        return
    if record.lineage:
        study.tell(trial, state=TrialState.PRUNED)
        return
    known = trial.constraints
    for name, violation in told["violations"].items():
        if name not in known:
            trial.set_constraint(name, violation)
    if record.status == "finished":
        study.tell(trial, told["values"])
    else:
        study.tell(trial, state=TrialState.PRUNED)

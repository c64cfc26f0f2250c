"""What trials are judged by besides the metric: further objectives, and constraints that a winner keeps."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from automl.errors import UserError, unknown
from automl.evaluation import METRICS
from automl.evaluation.constraint import COSTS, WORST, Constraint, parse_constraint
from automl.search.records import TrialRecord

if TYPE_CHECKING:
    from automl.config import Experiment
    from automl.evaluation import Metric

Direction = Literal["minimize", "maximize"]

TRAINS = "trains"
"""The constraint that a trial breaks which diverged or ran out of memory."""

EXAMPLE = 'For example --constraint "latency_ms<=5" or --constraint "accuracy>=0.9".'


@dataclass(frozen=True)
class Objectives:
    """What a search looks for.

    Args:
        metric: Key of the metric in a report ("val_auc"): the first objective, which alone decides on the winner.
        minimize: Whether its smallest value is the best.
        also: Further figures to be minimized, named as in `TrialRecord.figure`.
        constraints: What a winner must keep to.
    """

    metric: str
    minimize: bool = False
    also: tuple[str, ...] = ()
    constraints: tuple[Constraint, ...] = ()

    @property
    def directions(self) -> list[Direction]:
        """As Optuna has them."""
        others: list[Direction] = ["minimize"] * len(self.also)
        return ["minimize" if self.minimize else "maximize", *others]

    def judge(self, record: TrialRecord) -> None:
        """Notes on a trial that has ended its further objectives and the constraints that it breaks."""
        values = [record.figure(name) for name in self.also]
        record.others = tuple(-math.inf if value is None or math.isnan(value) else -value for value in values)
        known = [(constraint, value) for constraint, value in self._known(record) if constraint.broken_by(value)]
        record.broken = {constraint.broken_by(value): constraint.violation(value) for constraint, value in known}

    def values(self, record: TrialRecord) -> list[float] | None:
        """All objectives as the study is told them; None where one isn't known or defined."""
        figures = [record.best.get(self.metric), *map(record.figure, self.also)]
        values = [value for value in figures if value is not None and math.isfinite(value)]
        return values if len(values) == len(figures) else None

    def violations(self, record: TrialRecord) -> dict[str, float]:
        """Constraint -> violation as the study is told it (above 0: infeasible), of those whose figure is known."""
        violations = {str(constraint): constraint.violation(value) for constraint, value in self._known(record)}
        return violations | ({TRAINS: WORST} if record.diverged else {})

    def _known(self, record: TrialRecord) -> list[tuple[Constraint, float]]:
        figures = [(constraint, record.figure(constraint.figure)) for constraint in self.constraints]
        return [(constraint, value) for constraint, value in figures if value is not None]


def make_objectives(experiment: Experiment, metric: Metric) -> Objectives:
    """The objectives of an experiment.

    Raises:
        UserError: A constraint or a further objective isn't written right, or names no figure of this task.
    """
    metrics = [known for known in METRICS.values() if known.classification == metric.classification]
    figures = [*COSTS, *(known.name for known in metrics)]
    constraints = [
        parse_constraint(text, figures, what="constraint", example=EXAMPLE) for text in experiment.constraints
    ]
    also = tuple(dict.fromkeys(experiment.minimize))
    for name in also:
        _check_objective(name, metric, metrics)
    return Objectives(f"val_{metric.name}", metric.minimize, also, tuple(dict.fromkeys(constraints)))


def _check_objective(name: str, metric: Metric, metrics: Iterable[Metric]) -> None:
    choices = [*COSTS, *(known.name for known in metrics if known.minimize and known is not metric)]
    if name == metric.name:
        raise UserError(f"--minimize {name}: {name} is the metric, and so the first objective already.")
    if name in {known.name for known in metrics if not known.minimize}:
        raise UserError(f"--minimize {name}: of {name} more is better. Choices: {', '.join(choices)}.")
    if name not in choices:
        raise unknown("figure to minimize", name, choices)


def pareto_front(records: Iterable[TrialRecord]) -> tuple[TrialRecord, ...]:
    """The trials that none is better than in every objective, best metric first; none with a single objective.

    What breaks a constraint isn't among them.
    """
    points = [(record.point, record) for record in records if record.point and record.others and not record.broken]
    front: list[tuple[tuple[float, ...], TrialRecord]] = []
    # In this order nothing is dominated by what comes later.
    for point, record in sorted(points, key=lambda pair: pair[0], reverse=True):
        if not any(_dominates(other, point) for other, _ in front):
            front.append((point, record))
    return tuple(record for _, record in front)


def _dominates(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one != other and all(a >= b for a, b in zip(one, other, strict=True))


def closest(records: Iterable[TrialRecord]) -> TrialRecord | None:
    """Of those that break constraints, the one that breaks them least."""
    return min((record for record in records if record.broken), key=lambda r: sum(r.broken.values()), default=None)

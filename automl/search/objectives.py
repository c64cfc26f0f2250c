"""What trials are judged by besides the metric: further objectives, and constraints that a winner keeps."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from automl.errors import UserError, unknown
from automl.evaluation import METRICS
from automl.search.records import COSTS, TrialRecord

if TYPE_CHECKING:
    from automl.config import Experiment
    from automl.evaluation import Metric

Direction = Literal["minimize", "maximize"]

WORST = 1e9
"""The violation of what can't be measured: more than that of anything that can, and finite, as samplers need it."""

TRAINS = "trains"
"""The constraint that a trial breaks which diverged or ran out of memory."""

_CONSTRAINT = re.compile(r"\s*(?P<figure>[a-z]\w*)\s*(?P<operator>[<>=!]*)\s*(?P<bound>.*?)\s*")


@dataclass(frozen=True)
class Constraint:
    """A bound that is kept by `figure <= bound` (`at_most`), or by `figure >= bound`.

    Args:
        figure: One of `COSTS`, or the name of a metric of validation.
    """

    figure: str
    at_most: bool
    bound: float

    def violation(self, value: float) -> float:
        """By how much `value` is beyond the bound, as a part of it (of 1 where it is 0); up to 0 it is kept."""
        if not math.isfinite(value):
            return WORST
        beyond = value - self.bound if self.at_most else self.bound - value
        return max(-WORST, min(WORST, beyond / (abs(self.bound) or 1.0)))

    def broken_by(self, value: float) -> str:
        """For a person: "latency_ms 7.3, not <= 5"; "" where `value` keeps to it."""
        return f"{self.figure} {value:,.10g}, not {self._rule}" if self.violation(value) > 0 else ""

    @property
    def _rule(self) -> str:
        return f"{'<=' if self.at_most else '>='} {self.bound:,.10g}"

    def __str__(self) -> str:
        return f"{self.figure} {self._rule}"


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
    constraints = [_constraint(text, [*COSTS, *(known.name for known in metrics)]) for text in experiment.constraints]
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


def _constraint(text: str, figures: list[str]) -> Constraint:
    match = _CONSTRAINT.fullmatch(text)
    example = 'For example --constraint "latency_ms<=5" or --constraint "accuracy>=0.9".'
    if not match or match["operator"] not in ("<=", ">="):
        raise UserError(f"A constraint is written FIGURE<=NUMBER or FIGURE>=NUMBER, got {text!r}.", hint=example)
    if match["figure"] not in figures:
        raise unknown(f"figure in the constraint {text!r}:", match["figure"], figures)
    try:
        bound = float(match["bound"])
    except ValueError:
        bound = math.nan
    if not math.isfinite(bound):
        raise UserError(f"The constraint {text!r} needs a number as its bound, got {match['bound']!r}.", hint=example)
    return Constraint(match["figure"], match["operator"] == "<=", bound)


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

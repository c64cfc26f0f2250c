"""What a model is worth that may answer that no class fits: how much it answers, how often rightly, what it finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from automl.evaluation.interval import Estimate, estimates, share_of
from automl.evaluation.rejection import Rejection, fit_scores, inside, outside_of
from automl.evaluation.sample import Array, Labels

SHARES = (0.5, 0.8, 0.9, 0.95, 1.0)
"""Of the rows, that are told of."""
POINTS = 200


@dataclass(frozen=True)
class Point:
    """The rows that fit best, so many of them.

    Args:
        coverage: The share of all rows that is answered.
        accuracy: The share of these answers that is right.
        threshold: The lowest of their scores.
    """

    coverage: float
    accuracy: float
    threshold: float


@dataclass(frozen=True)
class Coverage:
    """A rejection on rows that it wasn't chosen on.

    Args:
        points: From few answers to all, by `rejection`'s score.
        figures: `in_scope_accuracy`: of the rows that a class fits, those that are answered rightly;
            `in_scope_accuracy_of_all`: the same if all were answered; `answered`: the share of all rows that is; and
            where there are rows that none fits, `out_of_scope_recall` and `out_of_scope_precision`.
    """

    rejection: Rejection
    points: tuple[Point, ...]
    figures: dict[str, Estimate]

    def at(self, share: float) -> Point:
        """The point nearest to this coverage."""
        return min(self.points, key=lambda point: abs(point.coverage - share))

    def __str__(self) -> str:
        found = self.figures
        told = f"in-scope accuracy {found['in_scope_accuracy']}, {found['in_scope_accuracy_of_all'].value:.4f} if all "
        told += f"were answered; {found['answered'].value:.1%} are answered"
        if "out_of_scope_recall" in found:
            told += (
                f"; out-of-scope recall {found['out_of_scope_recall']}, precision "
                f"{found['out_of_scope_precision'].value:.4f}"
            )
        return f"{self.rejection}: {told}."

    @property
    def line(self) -> str:
        """ "Answers 80 % of messages at 99 % accuracy, ..."."""
        told = (f"{point.coverage:.0%} at {point.accuracy:.1%} accuracy" for point in map(self.at, SHARES))
        return f"By confidence it answers {', '.join(dict.fromkeys(told))}."


def cover(
    rejection: Rejection,
    class_names: Sequence[str],
    probabilities: Array,
    targets: Labels,
    energies: Array | None = None,
    *,
    seed: int,
) -> Coverage:
    """What `rejection` does on these rows.

    Args:
        probabilities: (N, classes).
        targets: (N,).
        energies: (N,), needed where it goes by them.
    """
    outside = outside_of(class_names, rejection.label)
    scores = fit_scores(rejection.score, probabilities, outside, energies)
    fits = targets != (-1 if outside is None else outside)
    right = fits & (inside(probabilities, outside).argmax(1) == targets)
    rejected = scores < rejection.threshold
    figures = {
        "in_scope_accuracy": share_of(right & ~rejected, fits),
        "in_scope_accuracy_of_all": share_of(right, fits),
        "answered": share_of(~rejected, np.ones(len(fits), bool)),
    }
    if not fits.all():
        figures["out_of_scope_recall"] = share_of(rejected & ~fits, ~fits)
        figures["out_of_scope_precision"] = share_of(rejected & ~fits, rejected)
    return Coverage(rejection, _points(scores, right), estimates(figures, probabilities, targets, seed=seed))


def _points(scores: Array, right: Array) -> tuple[Point, ...]:
    order = np.argsort(-scores, kind="stable")
    rights = np.cumsum(right[order])
    counts = np.unique(np.linspace(1, len(order), min(POINTS, len(order))).round().astype(int))
    return tuple(
        Point(count / len(order), float(rights[count - 1] / count), float(scores[order[count - 1]])) for count in counts
    )

"""From a probability to a decision: a threshold for what mistakes cost, or for how many rows can be flagged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from automl.evaluation.interval import Estimate, estimates, share_of
from automl.evaluation.metrics import Metric
from automl.evaluation.sample import POSITIVE, Array, Labels


@dataclass(frozen=True)
class Cost:
    """What mistakes cost, in one currency.

    Args:
        fp: Of flagging a negative row.
        fn: Of not flagging a positive one.
    """

    fp: float
    fn: float

    def of(self, flagged: Array, positive: Array) -> Array:
        """Of each row, float64 (N,)."""
        return self.fp * (flagged & ~positive) + self.fn * (~flagged & positive)


def flags(probabilities: Array, threshold: float | None) -> Array:
    """Which rows are flagged as positive, bool (N,); without a threshold those where that is likelier."""
    if threshold is None:
        return np.asarray(probabilities.argmax(1) == POSITIVE)
    return np.asarray(probabilities[:, POSITIVE].astype(np.float64) >= threshold)


def threshold_for_cost(probabilities: Array, targets: Labels, cost: Cost) -> float:
    """The threshold of the least cost on these rows.

    Of several it is the one nearest to fp / (fp + fn), which is the best one of calibrated probabilities (Elkan 2001,
    The foundations of cost-sensitive learning, IJCAI).
    """
    ideal = cost.fp / (cost.fp + cost.fn)
    scores, place = np.unique(probabilities[:, POSITIVE].astype(np.float64), return_inverse=True)
    positives, negatives = (np.bincount(place, targets == label) for label in (POSITIVE, 1 - POSITIVE))
    missed = np.append(0, np.cumsum(positives))  # where the lowest 0, 1, ... scores aren't flagged
    alarms = negatives.sum() - np.append(0, np.cumsum(negatives))
    low, high = np.append(0, scores), np.append(scores, 1)  # between them any threshold decides alike
    thresholds = np.where((low < ideal) & (ideal <= high), ideal, (low + high) / 2)
    totals = cost.fp * alarms + cost.fn * missed
    totals[-1] = np.inf if scores[-1] >= 1 else totals[-1]  # no threshold is above it
    best = thresholds[totals <= totals.min() * (1 + 1e-9)]
    return float(best[np.abs(best - ideal).argmin()])


def threshold_for_rate(probabilities: Array, rate: float) -> float:
    """The threshold that flags a share of these rows that is as near to `rate` as ties allow."""
    scores = np.sort(probabilities[:, POSITIVE].astype(np.float64))[::-1]
    last = np.flatnonzero(np.append(np.diff(scores) != 0, True))
    nearest = last[np.abs((last + 1) / len(scores) - rate).argmin()]
    below = scores[nearest + 1] if nearest + 1 < len(scores) else 0.0
    return float((scores[nearest] + below) / 2)


@dataclass(frozen=True)
class Policy:
    """A way to decide, on test.

    Args:
        flagged: The share of rows that it flags.
        precision: The share of the flagged rows that are positive; NaN where none is flagged.
        sensitivity: The share of the positive rows that it flags.
        cost: Per row; None where nobody says what mistakes cost.
    """

    name: str
    flagged: Estimate
    precision: Estimate
    sensitivity: Estimate
    cost: Estimate | None


def policies(
    probabilities: Array, targets: Labels, threshold: float, cost: Cost | None, *, seed: int
) -> tuple[Policy, ...]:
    """The threshold beside 0.5, and flagging none and all."""
    nothing = np.zeros(len(targets), bool)
    ways = {
        f"threshold {threshold:.4g}": flags(probabilities, threshold),
        "threshold 0.5": flags(probabilities, 0.5),
        "flag none": nothing,
        "flag all": ~nothing,
    }
    return tuple(_policy(name, flagged, probabilities, targets, cost, seed) for name, flagged in ways.items())


def _policy(name: str, flagged: Array, probabilities: Array, targets: Labels, cost: Cost | None, seed: int) -> Policy:
    positive = targets == POSITIVE
    figures = {
        "flagged": share_of(flagged, np.ones(len(flagged), bool)),
        "precision": share_of(positive, flagged),
        "sensitivity": share_of(flagged, positive),
    }
    if cost:
        each = cost.of(flagged, positive)
        figures["cost"] = Metric("cost", True, lambda sample: sample.mean(each), bounds=(0, max(cost.fp, cost.fn)))
    known = estimates(figures, probabilities, targets, seed=seed)
    return Policy(name, known["flagged"], known["precision"], known["sensitivity"], known.get("cost"))

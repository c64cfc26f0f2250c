"""How sure the difference between two models is: an interval by paired bootstrap over the rows that both predicted."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from automl.evaluation.metrics import Array, Labels, Metric

RESAMPLES = 2_000
LEVEL = 95
"""Per cent of the resamples that lie within the interval."""

AT_A_TIME = 1_000_000
"""Rows of resamples in memory at a time, in all."""


@dataclass(frozen=True)
class Gain:
    """How much better one model is than another; positive is better, also where the metric is minimized.

    Args:
        value: On the rows as they are.
        low, high: The ends of the interval.
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:+.4f} ({LEVEL} % interval {self.low:.4f} to {self.high:.4f})"


def gain(
    metric: Metric, ours: Array, theirs: Array, targets: Labels, *, seed: int, resamples: int = RESAMPLES
) -> Gain | None:
    """The gain of `ours` over `theirs`, with its interval.

    Rows are drawn with replacement, the same for both models, as often as there are rows; the interval holds the middle
    95 % of the gains on such resamples (the percentile method: Efron and Tibshirani 1993, An Introduction to the
    Bootstrap, chapter 13; on comparing two models: Koehn 2004, Statistical significance tests for machine translation
    evaluation, EMNLP). It says how much hangs on the rows that happened to be in the test set, not on the seed of
    training. A resample on which the metric isn't defined (AUC without one of the classes) is left out.

    Args:
        ours, theirs: Predictions of the same rows, as `Metric.compute` takes them.
        targets: (N,) class indices, or (N, outputs) values.

    Returns:
        None where the metric isn't defined on the rows.
    """
    sign = -1 if metric.minimize else 1
    value = sign * (metric.compute(ours, targets) - metric.compute(theirs, targets))
    rng = np.random.default_rng(seed)
    chunk = max(1, AT_A_TIME // len(targets))
    gains = np.concatenate(
        [
            _differences(metric, ours, theirs, targets, rng.integers(len(targets), size=(rows, len(targets))))
            for rows in (min(chunk, resamples - start) for start in range(0, resamples, chunk))
        ]
    )
    gains = sign * gains[np.isfinite(gains)]
    if not math.isfinite(value) or not len(gains):
        return None
    low, high = np.percentile(gains, [(100 - LEVEL) / 2, (100 + LEVEL) / 2])
    return Gain(value, float(low), float(high))


def _differences(metric: Metric, ours: Array, theirs: Array, targets: Labels, drawn: Array) -> Array:
    """Ours less theirs on each row of `drawn`, int (resamples, N): the rows that a resample has."""
    if metric.name in _BY_COUNTS:
        compute, counts = _BY_COUNTS[metric.name], _counts(drawn)
        difference: Array = compute(counts, ours, targets) - compute(counts, theirs, targets)
        return difference
    return np.array(
        [metric.compute(ours[rows], targets[rows]) - metric.compute(theirs[rows], targets[rows]) for rows in drawn]
    )


def _counts(drawn: Array) -> Array:
    """How often each resample has each row: float (resamples, N)."""
    resamples, rows = drawn.shape
    places = drawn + rows * np.arange(resamples)[:, None]
    return np.bincount(places.ravel(), minlength=drawn.size).reshape(drawn.shape).astype(np.float64)


# The metrics of `metrics.py` on all resamples at once, from the counts of the rows: float (resamples,). Tests compare
# them with the originals; a metric that isn't here is computed on each resample.


def _accuracy(counts: Array, probabilities: Array, targets: Labels) -> Array:
    return _mean(counts, probabilities.argmax(1) == targets)


def _log_loss(counts: Array, probabilities: Array, targets: Labels) -> Array:
    likelihood = probabilities[np.arange(len(targets)), targets].astype(np.float64)
    return _mean(counts, -np.log(np.maximum(likelihood, np.finfo(np.float32).tiny)))


def _mse(counts: Array, values: Array, targets: Labels) -> Array:
    return _mean(counts, ((values - targets) ** 2).mean(1))


def _rmse(counts: Array, values: Array, targets: Labels) -> Array:
    return np.sqrt(_mse(counts, values, targets))


def _mae(counts: Array, values: Array, targets: Labels) -> Array:
    return _mean(counts, np.abs(values - targets).mean(1))


def _mean(counts: Array, row_values: Array) -> Array:
    mean: Array = counts @ row_values.astype(np.float64) / counts.shape[1]
    return mean


def _balanced_accuracy(counts: Array, probabilities: Array, targets: Labels) -> Array:
    hits, actual, _ = _per_class(counts, probabilities, targets)
    return _mean_of_ratios(hits, actual)


def _f1_macro(counts: Array, probabilities: Array, targets: Labels) -> Array:
    hits, actual, predicted = _per_class(counts, probabilities, targets)
    return _mean_of_ratios(2 * hits, actual + predicted)


def _per_class(counts: Array, probabilities: Array, targets: Labels) -> tuple[Array, Array, Array]:
    """Right predictions, rows that are of the class, rows predicted as it: (resamples, classes) each."""
    classes = np.arange(probabilities.shape[1])
    actual, predicted = targets[:, None] == classes, probabilities.argmax(1)[:, None] == classes
    return counts @ (actual & predicted), counts @ actual, counts @ predicted


def _mean_of_ratios(above: Array, below: Array) -> Array:
    """Over the classes that a resample has."""
    present = below > 0
    mean: Array = np.where(present, above / np.maximum(below, 1), 0).sum(1) / present.sum(1)
    return mean


def _auc(counts: Array, probabilities: Array, targets: Labels) -> Array:
    width = probabilities.shape[1]
    classes = [1] if width == 2 else range(width)
    of_each = [_binary_auc(counts, probabilities[:, label], targets == label) for label in classes]
    mean: Array = np.mean(of_each, axis=0)
    return mean


def _binary_auc(counts: Array, scores: Array, positive: Array) -> Array:
    """For each positive row, the negatives below it, a tie counting half; NaN where a resample has one class only."""
    negative = np.flatnonzero(~positive)[np.argsort(scores[~positive])]
    below = np.zeros((len(counts), len(negative) + 1))  # how many of the first 0, 1, ... negatives a resample has
    np.cumsum(counts[:, negative], axis=1, out=below[:, 1:])
    first, last = (np.searchsorted(scores[negative], scores[positive], side=side) for side in ("left", "right"))
    drawn = counts[:, positive]
    won = (drawn * (below[:, first] + below[:, last])).sum(1) / 2
    pairs = drawn.sum(1) * below[:, -1]
    share: Array = np.where(pairs > 0, won / np.maximum(pairs, 1), np.nan)
    return share


_BY_COUNTS: dict[str, Callable[[Array, Array, Labels], Array]] = {
    "accuracy": _accuracy,
    "balanced_accuracy": _balanced_accuracy,
    "auc": _auc,
    "f1_macro": _f1_macro,
    "log_loss": _log_loss,
    "mse": _mse,
    "rmse": _rmse,
    "mae": _mae,
}

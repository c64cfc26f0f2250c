"""How sure a figure is: intervals by bootstrap over the rows that were predicted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from automl.evaluation.metrics import Metric
from automl.evaluation.sample import Array, Labels, Sample

RESAMPLES = 2_000
LEVEL = 95
"""Per cent of the resamples that lie within the interval."""

AT_A_TIME = 100_000
"""Rows of resamples at a time, in all: so many that a processor's cache holds them, which is twice as fast. But 8
resamples at least: of one alone, products of matrices are slow."""

ROWS = 12_000_000
"""Rows of resamples in all: where there are more rows and classes than `RESAMPLES` are needed for, fewer are drawn."""

FEWEST = 200


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval.

    Args:
        value: On the rows as they are.
        low, high: The ends of the interval; NaN where no resample has the figure.
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.4f} ({LEVEL} % interval {self.low:.4f} to {self.high:.4f})"

    @classmethod
    def of(cls, value: float, resampled: Array, bounds: tuple[float, float] = (-math.inf, math.inf)) -> Estimate:
        """From the figure's values on resamples, (resamples,).

        The interval holds the middle 95 % of them (the percentile method: Efron and Tibshirani 1993, An Introduction to
        the Bootstrap, chapter 13), moved by their bias (chapter 10), the mean less the value: of a distance, as the
        calibration error is one, resamples show more than the rows themselves. No end goes beyond the figure's bounds.
        """
        known = resampled[np.isfinite(resampled)]
        if not math.isfinite(value) or not len(known):
            return cls(value, math.nan, math.nan)
        ends = np.percentile(known, [(100 - LEVEL) / 2, (100 + LEVEL) / 2]) - (known.mean() - value)
        low, high = np.clip(ends, *bounds)
        return cls(value, min(float(low), value), max(float(high), value))


def estimates(
    metrics: Mapping[str, Metric], predictions: Array, targets: Labels, *, seed: int, resamples: int = RESAMPLES
) -> dict[str, Estimate]:
    """Metrics, each with its interval: how much hangs on the rows that happened to be in the test set, not on
    the seed of training.

    Rows are drawn with replacement, as often as there are rows; of words whole sentences are. A resample on which a
    metric isn't defined (AUC without one of the classes) is left out.

    Args:
        predictions: As a `Metric` takes them.
        targets: (N,) class indices, or (N, outputs) values; of words see `labels_of`.
        resamples: With 0 the intervals' ends are NaN.
    """
    whole = Sample.as_it_is(predictions, targets)
    samples = map(whole.drawn, _draws(whole, seed, resamples))
    parts = [[metric.measure(sample) for metric in metrics.values()] for sample in samples]
    return {
        name: Estimate.of(float(metric.measure(whole)[0]), np.concatenate([np.zeros(0), *values]), metric.bounds)
        for (name, metric), *values in zip(metrics.items(), *parts, strict=True)
    }


def share_of(hits: Array, rows: Array) -> Metric:
    """The share of `rows` that are `hits`, bool (N,) each; NaN where there are none. Whatever is predicted."""
    above, below = (hits & rows).astype(np.float64), rows.astype(np.float64)

    def measure(sample: Sample) -> Array:
        count = sample.mean(below)
        share: Array = np.where(count > 0, sample.mean(above) / np.where(count > 0, count, 1), np.nan)
        return share

    return Metric("share", False, measure)


def gain(
    metric: Metric, ours: Array, theirs: Array, targets: Labels, *, seed: int, resamples: int = RESAMPLES
) -> Estimate | None:
    """How much better `ours` is than `theirs`: positive is better, also where the metric is minimized.

    Resamples have the same rows of both (on comparing two models: Koehn 2004, Statistical significance tests for
    machine translation evaluation, EMNLP); what both get wrong makes no difference.

    Args:
        ours, theirs: Predictions of the same rows.

    Returns:
        None where the metric isn't defined on the rows.
    """
    sign = -1 if metric.minimize else 1
    one, other = (Sample.as_it_is(predictions, targets) for predictions in (ours, theirs))

    def gains(counts: Array | None = None) -> Array:
        pair = (one, other) if counts is None else (one.drawn(counts), other.drawn(counts))
        return sign * (metric.measure(pair[0]) - metric.measure(pair[1]))

    value = float(gains()[0])
    found = Estimate.of(value, np.concatenate([gains(counts) for counts in _draws(one, seed, resamples)]))
    return found if math.isfinite(found.low) else None


def _draws(sample: Sample, seed: int, resamples: int) -> Iterator[Array]:
    """How often each of so many resamples has each row, a few resamples at a time: float64 (resamples, N)."""
    rng, (rows, width) = np.random.default_rng(seed), sample.predictions.shape
    drawn = rows if sample.sentences is None else int(sample.sentences[-1]) + 1
    left = min(resamples, max(FEWEST, ROWS // (rows * max(1, width - 1))))
    while left:
        now = min(left, max(8, AT_A_TIME // rows))
        places = rng.integers(drawn, size=(now, drawn)) + drawn * np.arange(now)[:, None]
        counts = np.bincount(places.ravel(), minlength=places.size).reshape(places.shape).astype(np.float64)
        yield counts if sample.sentences is None else counts[:, sample.sentences]
        left -= now

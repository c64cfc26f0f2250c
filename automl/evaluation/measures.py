"""What metrics measure, on all resamples of a `Sample` at once: each gives float64 (resamples,).

In numpy, not by scikit-learn: importing `sklearn.metrics` takes 3 s, which each worker would spend before its first
epoch. Tests compare them with scikit-learn's. NaN is where a measure isn't defined.
"""

from __future__ import annotations

import numpy as np

from automl.evaluation.sample import POSITIVE, Array, Curve, Labels, Sample

BINS = 10
"""Of the expected calibration error, with as many rows each."""

TWENTIETH = 20
"""What is held at 95 % may be missed by one in so many rows; in whole numbers, a share of rows is compared exactly."""


def accuracy(sample: Sample) -> Array:
    return sample.mean(sample.once(_hits))


def _hits(probabilities: Array, targets: Labels) -> Array:
    return np.asarray(probabilities.argmax(1) == targets, np.float64)


def top3_accuracy(sample: Sample) -> Array:
    return sample.mean(sample.once(_among_three))


def _among_three(probabilities: Array, targets: Labels) -> Array:
    """Whether fewer than 3 classes are likelier than the right one; of those alike the first ones count."""
    rows = np.arange(len(targets))
    own = probabilities[rows, targets][:, None]
    before = np.arange(probabilities.shape[1]) < targets[:, None]
    likelier = (probabilities > own) | ((probabilities == own) & before)
    return np.asarray(likelier.sum(1) < 3, np.float64)


def balanced_accuracy(sample: Sample) -> Array:
    """The mean of the classes' recalls; of the classes that a resample has."""
    hits, actual, _ = sample.per_class
    return _mean_of_ratios(hits, actual)


def f1_macro(sample: Sample) -> Array:
    hits, actual, predicted = sample.per_class
    return _mean_of_ratios(2 * hits, actual + predicted)


def log_loss(sample: Sample) -> Array:
    return sample.mean(sample.once(log_losses))


def log_losses(probabilities: Array, targets: Labels) -> Array:
    """Of each row, (N,)."""
    likelihood = probabilities[np.arange(len(targets)), targets].astype(np.float64)
    losses: Array = -np.log(np.maximum(likelihood, np.finfo(np.float32).tiny))
    return losses


def brier(sample: Sample) -> Array:
    """The mean squared difference of probability and outcome: of the positive class, or summed over several classes."""
    return sample.mean(sample.once(_squared_differences))


def _squared_differences(probabilities: Array, targets: Labels) -> Array:
    outcomes = np.eye(probabilities.shape[1])[targets]
    squares: Array = (probabilities.astype(np.float64) - outcomes) ** 2
    return squares[:, POSITIVE] if squares.shape[1] == 2 else squares.sum(1)


def calibration_error(sample: Sample) -> Array:
    """Expected calibration error (Naeini et al. 2015, Obtaining well calibrated probabilities using Bayesian binning):
    how far the mean probability of a bin is from the share of rows where it came true, the bins' mean.

    Of two classes it is the positive one's probability, of several the likeliest one's (Guo et al. 2017, On calibration
    of modern neural networks). The bins hold equally many rows of the sample: bins of equal width would hold next to
    none where probabilities are small (Nixon et al. 2019, Measuring calibration in deep learning).
    """
    gaps: Array = np.abs(sample.mean(sample.once(_bin_gaps))).sum(1)
    return gaps


def _bin_gaps(probabilities: Array, targets: Labels) -> Array:
    """In the column of its bin, by how much a row's probability is more than what came true: (N, BINS)."""
    shares, true = judged(probabilities, targets)
    return np.asarray((bins_of(shares)[:, None] == np.arange(BINS)) * (shares - true)[:, None])


def judged(probabilities: Array, targets: Labels) -> tuple[Array, Array]:
    """The probability that calibration looks at, float64 (N,), and whether it came true."""
    if probabilities.shape[1] == 2:
        return probabilities[:, POSITIVE].astype(np.float64), targets == POSITIVE
    return probabilities.max(1).astype(np.float64), probabilities.argmax(1) == targets


def bins_of(shares: Array) -> Array:
    """Each row's bin, int (N,) from 0 on: `BINS` of equally many rows, where ties allow."""
    edges = np.quantile(shares, np.arange(1, BINS) / BINS)
    bins: Array = np.searchsorted(edges, shares)
    return bins


def auc(sample: Sample) -> Array:
    """Area under the ROC curve; for several classes the mean over one against the rest."""
    return _mean_over(np.transpose([_area(curve) for curve in sample.curves()]))


def _area(curve: Curve) -> Array:
    """The probability that a positive scores above a negative, a tie counting half (Mann and Whitney 1947)."""
    positives, negatives = curve.positives, curve.negatives
    won = (np.diff(negatives) * (positives[:, 1:] + positives[:, :-1])).sum(1) / 2
    return _ratio(won, positives[:, -1] * negatives[:, -1])


def gini(sample: Sample) -> Array:
    """The accuracy ratio of credit scoring: 2 AUC - 1."""
    return 2 * auc(sample) - 1


def average_precision(sample: Sample) -> Array:
    """The mean precision over the positives, each at its own threshold; for several classes the mean over one against
    the rest."""
    return _mean_over(np.transpose([_precision(curve) for curve in sample.curves()]))


def _precision(curve: Curve) -> Array:
    flagged = curve.positives + curve.negatives
    precision = curve.positives[:, 1:] / np.maximum(flagged[:, 1:], 1)
    return _where_both(curve, _ratio((np.diff(curve.positives) * precision).sum(1), curve.positives[:, -1]))


def ks(sample: Sample) -> Array:
    """The Kolmogorov-Smirnov distance of the positives' scores from the negatives': how far the two shares that are
    above a threshold are apart at most."""
    sensitivity, false_alarms = _shares(sample.curve)
    return _largest(np.abs(sensitivity - false_alarms))


def sensitivity_at_95_specificity(sample: Sample) -> Array:
    """The most positives that a threshold finds which flags at most 5 % of the negatives."""
    negatives = sample.curve.negatives
    allowed = TWENTIETH * negatives <= negatives[:, -1:]
    return _largest(np.where(allowed, _shares(sample.curve)[0], 0))


def specificity_at_95_sensitivity(sample: Sample) -> Array:
    """The most negatives that a threshold leaves which finds at least 95 % of the positives."""
    positives = sample.curve.positives
    allowed = TWENTIETH * (positives[:, -1:] - positives) <= positives[:, -1:]
    return _largest(np.where(allowed, 1 - _shares(sample.curve)[1], 0))


def _shares(curve: Curve) -> tuple[Array, Array]:
    """Sensitivity and the share of false alarms at each threshold: (resamples, thresholds)."""
    positives, negatives = curve.positives[:, -1:], curve.negatives[:, -1:]
    undefined = np.where((positives > 0) & (negatives > 0), 0, np.nan)
    sensitivity, false_alarms = (
        passed / np.maximum(total, 1) + undefined
        for passed, total in ((curve.positives, positives), (curve.negatives, negatives))
    )
    return sensitivity, false_alarms


def mse(sample: Sample) -> Array:
    return _mean_over(sample.mean(sample.once(_squares)))


def rmse(sample: Sample) -> Array:
    return np.sqrt(mse(sample))


def mae(sample: Sample) -> Array:
    return _mean_over(sample.mean(sample.once(_distances)))


def r2(sample: Sample) -> Array:
    """The part of the targets' variance that is explained; the mean of the outputs."""
    squares, targets = sample.once(_squares), sample.once(_centred)
    size = sample.mean(targets**2)
    variance = size - sample.mean(targets) ** 2
    constant = variance <= 1e-12 * size
    return _mean_over(np.where(constant, np.nan, 1 - sample.mean(squares) / np.where(constant, 1, variance)))


def _squares(values: Array, targets: Labels) -> Array:
    return _distances(values, targets) ** 2


def _distances(values: Array, targets: Labels) -> Array:
    distances: Array = np.abs(values.astype(np.float64) - targets)
    return distances


def _centred(_: Array, targets: Labels) -> Array:
    """The variance is a difference: of numbers around 0 it is exact."""
    centred: Array = targets.astype(np.float64) - targets.mean(0, dtype=np.float64)
    return centred


def _mean_of_ratios(above: Array, below: Array) -> Array:
    """Over the classes that a resample has."""
    present = below > 0
    mean: Array = np.where(present, above / np.maximum(below, 1), 0).sum(1) / present.sum(1)
    return mean


def _mean_over(columns: Array) -> Array:
    """(resamples, K) -> (resamples,)."""
    mean: Array = columns.mean(1)
    return mean


def _largest(columns: Array) -> Array:
    """(resamples, K) -> (resamples,)."""
    largest: Array = columns.max(1)
    return largest


def _where_both(curve: Curve, values: Array) -> Array:
    """The values of the resamples that have positives and negatives."""
    return np.where((curve.positives[:, -1] > 0) & (curve.negatives[:, -1] > 0), values, np.nan)


def _ratio(above: Array, below: Array) -> Array:
    ratio: Array = np.where(below > 0, above / np.maximum(below, 1), np.nan)
    return ratio

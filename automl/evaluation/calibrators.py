"""Fitting a `Calibration`, and which one is used."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from automl.evaluation.calibration import AS_IT_IS, Calibration, log_odds
from automl.evaluation.measures import log_losses
from automl.evaluation.metrics import Metric
from automl.evaluation.sample import POSITIVE, Array, Labels, labels_of

Fit = Callable[[Array, Labels], Calibration | None]

FOLDS = 5
ROWS = 100
"""Fewer tell nothing about probabilities."""

CLASS_ROWS = 2 * FOLDS
"""Of each of two classes."""

ISOTONIC_ROWS = 1_000
"""Fewer are overfitted by it."""

TOLERANCE = 1e-4
"""The search's metric may be worse by so much: of several classes a temperature changes AUC in the last digits."""


@dataclass(frozen=True)
class Choice:
    """What became of calibration.

    Args:
        crossed: What the calibrated model predicts on validation, each row by a map that was fitted without it; the
            predictions as they were where nothing is calibrated.
        reason: Why nothing is, in a few words; "" where something is.
    """

    calibration: Calibration
    crossed: Array
    reason: str = ""


def calibrate(probabilities: Array, targets: Labels, metric: Metric, *, seed: int, shifts: bool = True) -> Choice:
    """The calibration of a model by what it predicts on rows that it wasn't trained on.

    From the simplest on (none, temperature, of two classes Platt's and isotonic), the next is taken where its log loss
    is better by more than one standard error, on rows that it wasn't fitted on: `FOLDS` parts of the rows are each
    mapped by a fit on the others. None is taken that makes the search's `metric` worse: a decision for the likeliest
    class may change with the probabilities.

    Args:
        probabilities: (N, classes).
        targets: int64 (N,), or of words as in `labels_of`.
        shifts: Whether a map may also shift probabilities, as Platt's and isotonic do, towards the frequencies of the
            classes in these rows. Where the model is used they may be others.
    """
    labels = labels_of(targets)
    counts = np.bincount(labels, minlength=probabilities.shape[1])
    if reason := _too_few(counts):
        return Choice(AS_IT_IS, probabilities, reason)
    best = Choice(AS_IT_IS, probabilities, "none was clearly better")
    losses = log_losses(probabilities, labels)
    before = metric.compute(probabilities, targets)
    for fit in _fits(counts, shifts):
        whole = fit(probabilities, labels)
        crossed = _crossed(fit, probabilities, labels, seed)
        if whole is None or crossed is None:
            continue
        after = metric.compute(whole.apply(probabilities), targets)
        if metric.better(before, than=after + (TOLERANCE if not metric.minimize else -TOLERANCE)):
            continue
        gains = losses - log_losses(crossed, labels)
        if gains.mean() > gains.std() / math.sqrt(len(gains)):
            best, losses = Choice(whole, crossed), losses - gains
    return best


def _too_few(counts: Array) -> str:
    rows = int(counts.sum())
    if rows < ROWS:
        return f"validation has {rows} rows, and {ROWS} are needed"
    if len(counts) == 2 and counts.min() < CLASS_ROWS:
        return f"validation has {counts.min()} rows of one class, and {CLASS_ROWS} are needed"
    return ""


def _fits(counts: Array, shifts: bool) -> Iterator[Fit]:
    yield fit_temperature
    if len(counts) == 2 and shifts:
        yield fit_platt
        if counts.sum() >= ISOTONIC_ROWS:
            yield fit_isotonic


def _crossed(fit: Fit, probabilities: Array, targets: Labels, seed: int) -> Array | None:
    """Each row mapped by a fit without it; None where one of the fits is none."""
    order = np.random.default_rng(seed).permutation(len(targets))
    order = order[np.argsort(targets[order], kind="stable")]  # classes dealt out evenly
    mapped = np.empty_like(probabilities, dtype=np.float32)
    for fold in range(FOLDS):
        out = np.zeros(len(targets), bool)
        out[order[fold::FOLDS]] = True
        found = fit(probabilities[~out], targets[~out])
        if found is None:
            return None
        mapped[out] = found.apply(probabilities[out])
    return mapped


def fit_temperature(probabilities: Array, targets: Labels) -> Calibration:
    """The temperature of the least log loss, from 0.05 to 20."""
    from scipy.optimize import minimize_scalar

    def loss(log_temperature: float) -> float:
        mapped = Calibration("temperature", (math.exp(log_temperature),)).apply(probabilities)
        return float(log_losses(mapped, targets).mean())

    found = minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded", options={"xatol": 1e-4})
    return Calibration("temperature", (math.exp(float(found.x)),))


def fit_platt(probabilities: Array, targets: Labels) -> Calibration | None:
    """The line of the least log loss; None where it falls, as the model is no better than chance.

    Targets are drawn in a little from 0 and 1, as Platt has it, so that classes that are apart give no infinite slope.
    """
    from scipy.optimize import minimize

    odds, positive = log_odds(probabilities), targets == POSITIVE
    counts = positive.sum(), (~positive).sum()
    drawn_in = np.where(positive, (counts[0] + 1) / (counts[0] + 2), 1 / (counts[1] + 2))

    def loss(line: Array) -> tuple[float, Array]:
        values = line[0] * odds + line[1]
        wrong = 1 / (1 + np.exp(-values)) - drawn_in
        return float((np.logaddexp(0, values) - drawn_in * values).mean()), np.array(
            [(wrong * odds).mean(), wrong.mean()]
        )

    slope, intercept = minimize(loss, np.array([1.0, 0.0]), jac=True, method="BFGS").x
    return Calibration("platt", (float(slope), float(intercept))) if slope > 0 else None


def fit_isotonic(probabilities: Array, targets: Labels) -> Calibration | None:
    """Points through the centres of the steps of isotonic regression, and (0, 0) and (1, 1): strictly rising, so that
    it makes no ties, which would cost AUC. None where all is one step."""
    from scipy.optimize import isotonic_regression

    scores, place, counts = np.unique(
        probabilities[:, POSITIVE].astype(np.float64), return_inverse=True, return_counts=True
    )
    shares = np.bincount(place, targets == POSITIVE) / counts
    ends = isotonic_regression(shares, weights=counts).blocks
    if len(ends) == 2:
        return None
    starts = ends[:-1]
    sizes = np.add.reduceat(counts, starts)
    centres = np.add.reduceat(scores * counts, starts) / sizes
    values = np.add.reduceat(shares * counts, starts) / sizes
    # The first step may be at 0 and the last at 1: half a row less sure, and still below (above) the next one.
    values[0] = max(values[0], min(0.5 / sizes[0], values[1] / 2))
    values[-1] = min(values[-1], max(1 - 0.5 / sizes[-1], (1 + values[-2]) / 2))
    first, last = [0.0] * int(centres[0] > 0), [1.0] * int(centres[-1] < 1)
    return Calibration("isotonic", tuple(map(float, (*first, *centres, *last, *first, *values, *last))))

"""Which models predict better together, and by what shares."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from automl.components import Task
from automl.evaluation.baseline import baseline_predictions
from automl.evaluation.metrics import Metric, loss_metric
from automl.evaluation.sample import Array, Labels

STEPS = 40
"""Models that are added, one after the other, at most; one may be added again."""

PATIENCE = 8
"""Additions in a row without a better value after which it ends."""

COUNTS = ("accuracy", "balanced_accuracy", "entity_f1", "f1_macro", "top3_accuracy")
USEFUL = 0.75
"""Of the best model's gain over the trivial baseline: by a metric that counts right answers, a model that gains less by
itself takes no part. Its noise moves a few answers, which looks like a gain on these rows."""


def select(predictions: Sequence[Array], targets: Labels, metric: Metric, task: Task) -> Array:
    """Greedy selection with replacement (Caruana et al. 2004, Ensemble Selection from Libraries of Models, ICML).

    Begins with the best model, and adds the one with which the mean of all predictions is best, again and again. Equal
    values are decided by the smooth loss.

    Args:
        predictions: Of each model on the rows of validation, which it was not trained on, as `Metric.compute` takes
            them.
        targets: Of the same rows.

    Returns:
        Shares (models,), float64, which add up to 1: of the best of the means that came up.
    """

    def merit(mean: Array) -> tuple[float, float]:
        loss = loss_metric(task)
        value = metric.compute(mean, targets)
        return (-value if metric.minimize else value), -loss.compute(mean, targets)

    useful = _useful(predictions, targets, metric, task)
    total = np.zeros_like(predictions[0], dtype=np.float64)
    counts = np.zeros(len(predictions))
    best, shares, waited = (-np.inf, -np.inf), counts, 0
    for size in range(1, STEPS + 1):
        merits = {index: merit((total + predictions[index]) / size) for index in useful}
        chosen = max(useful, key=lambda index: merits[index])
        total += predictions[chosen]
        counts[chosen] += 1
        waited += 1
        if merits[chosen] > best:
            best, shares, waited = merits[chosen], counts / size, 0
        if waited >= PATIENCE or len(useful) == 1:
            break
    return shares


def _useful(predictions: Sequence[Array], targets: Labels, metric: Metric, task: Task) -> list[int]:
    """The places of the models that may take part: all, where none gains anything."""
    if metric.name not in COUNTS:
        return list(range(len(predictions)))
    trivial = metric.compute(baseline_predictions(task, targets, len(predictions[0])), targets)
    gains = [metric.compute(one, targets) - trivial for one in predictions]
    best = max(gains)
    return [index for index, gain in enumerate(gains) if not best > 0 or gain >= USEFUL * best]

"""Which models predict better together, and by what shares."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from automl.components import Task
from automl.evaluation.metrics import Metric, loss_metric
from automl.evaluation.sample import Array, Labels

STEPS = 40
"""Models that are added, one after the other, at most; one may be added again."""

PATIENCE = 8
"""Additions in a row without a better value after which it ends."""


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

    total = np.zeros_like(predictions[0], dtype=np.float64)
    counts = np.zeros(len(predictions))
    best, shares, waited = (-np.inf, -np.inf), counts, 0
    for size in range(1, STEPS + 1):
        merits = [merit((total + one) / size) for one in predictions]
        chosen = max(range(len(predictions)), key=lambda index: merits[index])
        total += predictions[chosen]
        counts[chosen] += 1
        waited += 1
        if merits[chosen] > best:
            best, shares, waited = merits[chosen], counts / size, 0
        if waited >= PATIENCE or len(predictions) == 1:
            break
    return shares

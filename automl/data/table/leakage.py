"""One column that nearly decides the target: it may hold what isn't known yet when one predicts."""

from __future__ import annotations

import numpy as np

from automl.components.task import Task
from automl.data.dataset import Split
from automl.data.table.preparation import TablePreparation

SUSPICIOUS = 0.98
"""Of the area under the ROC curve, or of the variance, that one column reaches alone."""
ROWS = 20_000
BINS = 32


def leakage(train: Split, preparation: TablePreparation, task: Task, target: str) -> list[str]:
    """A warning for each column that decides the target alone."""
    rows = np.random.default_rng(0).permutation(len(train))[:ROWS]
    warnings = {}
    for place, origin in enumerate(preparation.origins):
        strength = _strength(_bins(train.inputs[rows, place], place < task.num_numeric), train.targets[rows], task)
        if strength >= SUSPICIOUS:
            figure = "AUC" if task.is_classification else "R2"
            warnings[origin] = (
                f"{origin} alone tells {target} nearly always ({figure} {strength:.3f} on rows it wasn't fitted to). "
                f"Is it known when one predicts? If not: --column {origin}=ignore."
            )
    return list(warnings.values())


def _bins(values: np.ndarray, is_number: bool) -> np.ndarray:
    """int64 (N,): quantiles of a number, codes of a category; missing numbers have a bin of their own."""
    if not is_number:
        return values.astype(np.int64)
    known = values[~np.isnan(values)]
    if not len(known):
        return np.zeros(len(values), np.int64)
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1]))
    return np.where(np.isnan(values), BINS + 1, np.searchsorted(edges, values, side="right"))


def _strength(bins: np.ndarray, targets: np.ndarray, task: Task) -> float:
    """How well the mean target of a bin in the one half of the rows predicts the other half, and the reverse."""
    wanted = np.eye(task.num_classes)[targets] if task.is_classification else targets.astype(np.float64)
    predicted = np.empty_like(wanted)
    halves = np.arange(len(bins)) % 2
    for half in (0, 1):
        fitted = halves != half
        own, known = bins[fitted], wanted[fitted]
        sums = np.stack([np.bincount(own, column, minlength=bins.max() + 1) for column in known.T], axis=1)
        mean, counts = known.mean(axis=0), np.bincount(own, minlength=len(sums))[:, None]
        predicted[~fitted] = ((sums + mean) / (counts + 1))[bins[~fitted]]
    if not task.is_classification:
        return float(1 - ((wanted - predicted) ** 2).sum() / max(((wanted - wanted.mean(0)) ** 2).sum(), 1e-12))
    present = [label for label in range(task.num_classes) if 0 < wanted[:, label].sum() < len(wanted)]
    areas = [_auc(predicted[:, label], wanted[:, label] > 0) for label in present]
    return float(np.average(areas, weights=wanted[:, present].sum(axis=0))) if present else 0.0


def _auc(scores: np.ndarray, positive: np.ndarray) -> float:
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    positives = int(positive.sum())
    return float((ranks[positive].sum() - positives * (positives + 1) / 2) / (positives * (len(scores) - positives)))

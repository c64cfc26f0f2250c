"""Which classes are taken for each other most, and rows that show it; labels that the model contradicts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from automl.evaluation.sample import Array, Labels

PAIRS = 30
ROWS = 5
"""Of a pair that are shown."""
FEWEST = 100
"""Rows from which on labels can be doubted."""


@dataclass(frozen=True)
class Confusion:
    """Rows of one class that are taken for another.

    Args:
        actual, predicted: Class indices.
        count: How many there are. share: of the class's rows.
        rows: Numbers of those that the model is surest of, the surest first.
    """

    actual: int
    predicted: int
    count: int
    share: float
    rows: tuple[int, ...]


def confusions(probabilities: Array, targets: Labels, predicted: Array | None = None) -> tuple[Confusion, ...]:
    """The pairs of the most rows first, `PAIRS` at most; of each `ROWS` rows at most.

    Args:
        predicted: The class decided for, (N,), -1 where none is; None: the likeliest one.
    """
    predicted, sure = probabilities.argmax(1) if predicted is None else predicted, probabilities.max(1)
    totals = np.bincount(targets, minlength=probabilities.shape[1])
    wrong = np.flatnonzero((predicted != targets) & (predicted >= 0))
    pairs, place, counts = np.unique(
        np.stack([targets[wrong], predicted[wrong]], axis=1), axis=0, return_inverse=True, return_counts=True
    )
    found = []
    for number in np.argsort(-counts, kind="stable")[:PAIRS]:
        own = wrong[place.ravel() == number]
        actual, taken_for = pairs[number].tolist()
        rows = own[np.argsort(-sure[own], kind="stable")][:ROWS]
        share = float(counts[number] / totals[actual])
        found.append(Confusion(actual, taken_for, int(counts[number]), share, tuple(rows.tolist())))
    return tuple(found)


def doubtful(probabilities: Array, targets: Labels) -> Array:
    """Numbers of rows whose label the model, which hasn't seen them, contradicts; the most doubtful first (confident
    learning: Northcutt et al. 2021)."""
    if len(targets) < FEWEST:
        return np.zeros(0, np.int64)
    from cleanlab.filter import find_label_issues

    present = np.unique(targets)  # cleanlab wants a row of each class
    labels = np.searchsorted(present, targets)
    known = probabilities[:, present].astype(np.float64)
    known /= np.maximum(known.sum(1, keepdims=True), 1e-30)
    found: Array = find_label_issues(labels, known, return_indices_ranked_by="self_confidence", n_jobs=1)
    return found.astype(np.int64)

"""Crossed validation in the place of a split: where rows are few, which of them validate shouldn't decide."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from automl.data.dataset import Dataset, Split

FOLDS = 5
MOST_ROWS = 50_000
"""Of train and validation together: beyond, one part of them says enough, and more models would only take longer."""

MOST_BINS = 10
"""Of a regression's targets: each fold has rows of each bin."""


def crossed(data: Dataset, folds: int, seed: int) -> Dataset:
    """The data with train and validation joined, each row in one of `folds` folds.

    Each fold has its share of each class, or of each tenth of the values; rows of one group are in one fold.
    """
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    rows = _joined(data.train, data.val)
    labels = rows.targets if data.task.is_classification else _bins(rows.targets[:, 0])
    kind = StratifiedKFold if rows.groups is None else StratifiedGroupKFold
    parts = kind(folds, shuffle=True, random_state=seed).split(np.zeros(len(rows)), labels, rows.groups)
    numbers = np.empty(len(rows), np.int8)
    for number, (_, out) in enumerate(parts):
        numbers[out] = number
    return replace(data, train=rows, val=rows, folds=numbers)


def folds_for(data: Dataset, wanted: int | None) -> int:
    """How many folds: as many as are wanted, else `FOLDS` where rows are few; 0 for none.

    No more than a class has rows, or there are groups. None where rows are ordered in time: a model would be judged on
    what was before the rows that it was trained on.
    """
    rows = len(data.train) + len(data.val)
    if wanted == 0 or data.train.times is not None or (wanted is None and rows > MOST_ROWS):
        return 0
    targets = np.concatenate([data.train.targets, data.val.targets])
    least = int(np.bincount(targets).min()) if data.task.is_classification else rows // 2
    if data.train.groups is not None and data.val.groups is not None:
        least = min(least, len(np.unique(np.concatenate([data.train.groups, data.val.groups]))))
    folds = min(wanted or FOLDS, least)
    return folds if folds > 1 else 0


def _joined(one: Split, other: Split) -> Split:
    def both(first: np.ndarray | None, second: np.ndarray | None) -> np.ndarray | None:
        return None if first is None or second is None else np.concatenate([first, second])

    return Split(
        np.concatenate([one.inputs, other.inputs]),
        np.concatenate([one.targets, other.targets]),
        (*one.ids, *other.ids),
        {name: np.concatenate([cells, other.columns[name]]) for name, cells in one.columns.items()},
        both(one.groups, other.groups),
        both(one.times, other.times),
    )


def _bins(values: np.ndarray) -> np.ndarray:
    order = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    bins: np.ndarray = order * min(MOST_BINS, max(1, len(values) // (2 * FOLDS))) // len(values)
    return bins
